// SPDX-License-Identifier: Apache-2.0
#include "server/page/tap_stream.hpp"

#include <memory>
#include <string>
#include <utility>

#include "api/context.hpp"
#include "facts/tap/tap_desk.hpp"
#include "server/page/asset_answers.hpp"

namespace weir {
namespace {

class tap_stream final : public http::body_source, public waiting_for_thread {
 public:
  tap_stream(exchange_home& home, http::connection& on, tap_desk& desk, std::shared_ptr<tap> from)
      : home_(home), on_(on), desk_(desk), from_(std::move(from)) {
    home_.wait_for(*this);
  }
  ~tap_stream() override {
    desk_.close(from_);
    home_.forget(*this);
  }
  tap_stream(const tap_stream&) = delete;
  tap_stream& operator=(const tap_stream&) = delete;

  [[nodiscard]] bool next(std::string& out) override { return from_->take(out); }
  [[nodiscard]] std::size_t held_bytes() const noexcept override { return from_->held_bytes(); }
  [[nodiscard]] bool waits() const noexcept override { return from_->waits(); }
  [[nodiscard]] bool ends_with_peer() const noexcept override { return true; }

  [[nodiscard]] bool settled() const noexcept override { return from_->has_news(); }
  void go_on() override {
    if (from_->take_news()) {
      on_.more_to_answer();
    }
  }

 private:
  exchange_home& home_;
  http::connection& on_;
  tap_desk& desk_;
  const std::shared_ptr<tap> from_;
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
    http::response refused =
        api::error_response(503, "weir is ending, or " + std::to_string(tap_desk::taps_max) +
                                     " taps are open, and no more may be at once");
    refused.headers.emplace_back("Retry-After", "10");
    return refused;
  }
  http::response reply;
  reply.status = 200;
  reply.content_type = "application/x-ndjson";
  reply.headers.emplace_back("Cache-Control", "no-store");
  // For nginx, which would gather what it passes on.
  reply.headers.emplace_back("X-Accel-Buffering", "no");
  add_browser_headers(reply);
  reply.source = std::make_shared<tap_stream>(home, on, desk, std::move(opened));
  return reply;
}

}  // namespace weir
