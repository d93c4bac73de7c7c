// SPDX-License-Identifier: Apache-2.0
#include "server/passing/passed_query.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/one_line.hpp"
#include "server/exchanges/woken_body.hpp"
#include "server/passing/passed_headers.hpp"

namespace weir {
namespace {

constexpr std::size_t reason_bytes_max = 300;

/// The body of an answer that is passed on.
class passed_body final : public woken_body<relayed> {
 public:
  using woken_body::woken_body;
  ~passed_body() override { from_->abandon(); }

  [[nodiscard]] bool next(std::string& out) override { return from_->take(out); }
  [[nodiscard]] std::size_t held_bytes() const noexcept override { return from_->held_bytes(); }
  [[nodiscard]] bool waits() const noexcept override { return from_->waits(); }
  [[nodiscard]] bool broken() const noexcept override { return from_->broken(); }
};

}  // namespace

passed_query::passed_query(exchange_home& home, http::connection& on, std::string sink,
                           error_form error, std::function<void(http::response)> then)
    : home_(home), on_(on), sink_(std::move(sink)), error_(error), then_(std::move(then)) {}

passed_query::~passed_query() {
  if (under_way_ != nullptr) {
    under_way_->abandon();
    home_.forget(*this);
  }
}

void passed_query::begin(relay_request request) {
  under_way_ = home_.services().queries->send(std::move(request), home_.wake());
  if (under_way_ == nullptr) {
    then_(error_(503, "too many queries are under way"));
    return;
  }
  home_.wait_for(*this);
}

void passed_query::go_on() {
  if (!under_way_->take_news() || !under_way_->begun()) {
    return;
  }
  const std::shared_ptr<relayed> from = std::exchange(under_way_, nullptr);
  home_.forget(*this);
  http::response reply;
  if (const auto head = from->take_head()) {
    reply = passed_answer(*head);
    if (may_have_body(reply.status)) {
      reply.source = std::make_shared<passed_body>(home_, on_, from);
    } else {
      from->abandon();
    }
  } else {
    reply = error_(503, fmt::format("sink {}: the server does not answer: {}", sink_,
                                    one_line(from->why(), reason_bytes_max)));
  }
  then_(std::move(reply));
}

}  // namespace weir
