// SPDX-License-Identifier: Apache-2.0
#include "server/page/event_stream.hpp"

#include <memory>
#include <string>
#include <utility>

#include "api/context.hpp"
#include "http/outbox.hpp"
#include "server/page/asset_answers.hpp"
#include "server/page/page_service.hpp"

namespace weir {
namespace {

/// A browser whose stream ended asks again after so many milliseconds.
constexpr std::string_view come_back = "retry: 2000\n";

class event_stream final : public http::body_source, public waiting_for_thread {
 public:
  event_stream(exchange_home& home, http::connection& on, event_hub& hub,
               std::shared_ptr<event_watcher> watcher, event_watcher::event first)
      : home_(home), on_(on), hub_(hub), watcher_(std::move(watcher)), current_(std::move(first)) {
    home_.wait_for(*this);
  }
  ~event_stream() override {
    hub_.forget(watcher_);
    home_.forget(*this);
  }
  event_stream(const event_stream&) = delete;
  event_stream& operator=(const event_stream&) = delete;

  [[nodiscard]] bool next(std::string& out) override {
    if (current_ == nullptr) {
      current_ = watcher_->take();
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
    return current_ != nullptr || !watcher_->ended();
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept override {
    return current_ == nullptr ? 0 : current_->size() - sent_;
  }
  [[nodiscard]] bool waits() const noexcept override {
    return current_ == nullptr && !watcher_->has_event() && !watcher_->ended();
  }
  [[nodiscard]] bool ends_with_peer() const noexcept override { return true; }

  [[nodiscard]] bool settled() const noexcept override { return watcher_->has_news(); }
  void go_on() override {
    if (watcher_->take_news()) {
      on_.more_to_answer();
    }
  }

 private:
  exchange_home& home_;
  http::connection& on_;
  event_hub& hub_;
  const std::shared_ptr<event_watcher> watcher_;
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
    http::response refused = api::error_response(
        503, hub.closed()
                 ? "weir is ending"
                 : "too many clients watch already: " + std::to_string(event_hub::watchers_max) +
                       " may at once; GET /api/weir/v1/status says the same once");
    refused.headers.emplace_back("Retry-After", "10");
    return refused;
  }
  http::response reply;
  reply.status = 200;
  reply.content_type = "text/event-stream";
  reply.headers.emplace_back("Cache-Control", "no-store");
  // For nginx, which would gather what it passes on.
  reply.headers.emplace_back("X-Accel-Buffering", "no");
  add_browser_headers(reply);
  auto first = std::make_shared<std::string>(come_back);
  first->append(page_service::event_of(service.status()));
  reply.source =
      std::make_shared<event_stream>(home, on, hub, std::move(watcher), std::move(first));
  return reply;
}

}  // namespace weir
