// SPDX-License-Identifier: Apache-2.0
#include "server/page/event_stream.hpp"

#include <memory>
#include <string>
#include <utility>

#include "http/outbox.hpp"
#include "server/exchanges/woken_body.hpp"
#include "server/page/asset_answers.hpp"
#include "server/page/page_service.hpp"

namespace weir {
namespace {

/// A browser whose stream ended asks again after so many milliseconds.
constexpr std::string_view come_back = "retry: 2000\n";

class event_stream final : public woken_body<event_watcher> {
 public:
  event_stream(exchange_home& home, http::connection& on, event_hub& hub,
               std::shared_ptr<event_watcher> watcher, event_watcher::event first)
      : woken_body(home, on, std::move(watcher)), hub_(hub), current_(std::move(first)) {}
  ~event_stream() override { hub_.forget(from_); }

  [[nodiscard]] bool next(std::string& out) override {
    if (current_ == nullptr) {
      current_ = from_->take();
    }
    if (current_ != nullptr) {
      const std::string_view rest = std::string_view(*current_).substr(sent_);
      const std::string_view piece = rest.substr(0, http::outbox::piece_bytes);
      out.append(piece);
      sent_ += piece.size();
      if (piece.size() == rest.size()) {
        current_ = nullptr;
        sent_ = 0;
      }
    }
    return current_ != nullptr || !from_->ended();
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept override {
    return current_ == nullptr ? 0 : current_->size() - sent_;
  }
  [[nodiscard]] bool waits() const noexcept override {
    return current_ == nullptr && !from_->has_event() && !from_->ended();
  }

 private:
  event_hub& hub_;
  /// What is being sent, and how far.
  event_watcher::event current_;
  std::size_t sent_ = 0;
};

}  // namespace

http::response event_stream_answer(exchange_home& home, http::connection& on,
                                   page_service& service) {
  event_hub& hub = service.events();
  auto watcher = hub.watch(home.wake());
  if (watcher == nullptr) {
    return busy_answer(
        hub.closed()
            ? "weir is ending"
            : "too many clients watch already: " + std::to_string(event_hub::watchers_max) +
                  " may at once; GET /api/weir/v1/status says the same once");
  }
  http::response reply = stream_answer("text/event-stream");
  auto first = std::make_shared<std::string>(come_back);
  first->append(page_service::event_of(service.status()));
  reply.source =
      std::make_shared<event_stream>(home, on, hub, std::move(watcher), std::move(first));
  return reply;
}

}  // namespace weir
