// SPDX-License-Identifier: Apache-2.0
#include "server/page/tap_stream.hpp"

#include <memory>
#include <string>
#include <utility>

#include "api/context.hpp"
#include "facts/tap/tap_desk.hpp"
#include "server/exchanges/woken_body.hpp"
#include "server/page/asset_answers.hpp"

namespace weir {
namespace {

class tap_stream final : public woken_body<tap> {
 public:
  tap_stream(exchange_home& home, http::connection& on, tap_desk& desk, std::shared_ptr<tap> from)
      : woken_body(home, on, std::move(from)), desk_(desk) {}
  ~tap_stream() override { desk_.close(from_); }

  [[nodiscard]] bool next(std::string& out) override { return from_->take(out); }
  [[nodiscard]] std::size_t held_bytes() const noexcept override { return from_->held_bytes(); }
  [[nodiscard]] bool waits() const noexcept override { return from_->waits(); }

 private:
  tap_desk& desk_;
};

}  // namespace

http::response tap_answer(exchange_home& home, http::connection& on, tap_desk& desk,
                          std::string_view query) {
  const auto form = http::decode_form(query);
  const auto value = [&form](std::string_view name) {
    return http::find_value(form, name).value_or("");
  };
  auto filter = read_tap_filter({.database = value("db"),
                                 .measurement = value("measurement"),
                                 .rejected = value("rejected"),
                                 .per_second = value("per_second")});
  if (!filter) {
    return api::error_response(400, filter.error().message);
  }
  auto opened = desk.open(std::move(filter).value(), home.wake(), home.services().clock().wall.ns);
  if (opened == nullptr) {
    return busy_answer("weir is ending, or " + std::to_string(tap_desk::taps_max) +
                       " taps are open, and no more may be at once");
  }
  http::response reply = stream_answer("application/x-ndjson");
  reply.source = std::make_shared<tap_stream>(home, on, desk, std::move(opened));
  return reply;
}

}  // namespace weir
