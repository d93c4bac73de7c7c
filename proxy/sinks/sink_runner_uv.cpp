// SPDX-License-Identifier: Apache-2.0
//
// The sink's thread.
#include "sinks/sink_runner_uv.hpp"

#include <uv.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>
#include <utility>

#include "base/assert.hpp"

namespace weir {
namespace {

// After a wake-up, how long further appends gather before they are looked at.
constexpr std::uint64_t rest_ms = 10;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

}  // namespace

struct sink_runner::state {
  std::promise<void> opened;
  std::future<void> is_opened = opened.get_future();
  uv_loop_t loop{};
  uv_async_t async{};
  uv_timer_t timer{};
  uv_timer_t rest{};
  std::shared_ptr<notifier> appends;
  /// When it ends at the latest (monotonic), once it was asked to.
  std::atomic<std::int64_t> end_by_ms{never};
  std::atomic<std::uint64_t> drains_asked{0};
  std::uint64_t drains_begun = 0;
  std::mutex posted_lock;
  std::vector<std::function<void(sink&)>> posted;
  parts owned;
  std::function<void()> on_progress;

  void take_turn();
  void woken();
  void rested();
  void close_handles();
  [[nodiscard]] std::vector<std::function<void(sink&)>> take_posted() {
    const std::lock_guard hold(posted_lock);
    return std::exchange(posted, {});
  }
};

std::int64_t monotonic_ms() {
  return static_cast<std::int64_t>(uv_hrtime() / 1'000'000);
}

void sink_runner::notifier::notify() {
  const std::lock_guard hold(lock_);
  if (async_ != nullptr) {
    uv_async_send(static_cast<uv_async_t*>(async_));
  }
}

void sink_runner::notifier::notify_of_append() {
  // Relaxed: appending and looking at the log's end go through the log's mutex, so that the one
  // that comes second sees what the first did.
  if (listening_.load(std::memory_order_relaxed) && listening_.exchange(false)) {
    notify();
  }
}

void sink_runner::state::woken() {
  take_turn();
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&rest)) == 0) {
    uv_update_time(&loop);
    uv_timer_start(
        &rest, [](uv_timer_t* handle) { static_cast<state*>(handle->data)->rested(); }, rest_ms, 0);
  }
}

void sink_runner::state::rested() {
  // First listen, then look: what is appended in between wakes the loop, what was appended before
  // is seen.
  appends->listening_.store(true);
  take_turn();
}

void sink_runner::state::take_turn() {
  const std::int64_t now = monotonic_ms();
  const std::int64_t end_by = end_by_ms.load(std::memory_order_acquire);
  if (now >= end_by) {
    uv_stop(&loop);
    return;
  }
  if (end_by != never) {
    owned.worker->finish();
  }
  for (; drains_begun < drains_asked.load(std::memory_order_acquire); ++drains_begun) {
    owned.worker->drain(now);
  }
  for (const auto& what : take_posted()) {
    what(*owned.worker);
  }
  std::optional<std::int64_t> due = owned.worker->turn(now);
  on_progress();
  if (end_by != never) {
    if (!owned.worker->under_way()) {
      uv_stop(&loop);
      return;
    }
    due = std::min(due.value_or(end_by), end_by);
  }
  if (!due) {
    uv_timer_stop(&timer);
    return;
  }
  uv_update_time(&loop);
  const std::int64_t wait = std::max<std::int64_t>(0, *due - monotonic_ms());
  uv_timer_start(
      &timer, [](uv_timer_t* handle) { static_cast<state*>(handle->data)->take_turn(); },
      static_cast<std::uint64_t>(wait), 0);
}

void sink_runner::state::close_handles() {
  uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&rest), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&async), nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);
  const int closed = uv_loop_close(&loop);
  WEIR_ASSERT(closed == 0);
}

sink_runner::sink_runner(std::unique_ptr<state> initial)
    : state_(std::move(initial)), notifier_(std::make_shared<notifier>()) {
  notifier_->async_ = &state_->async;
  state_->appends = notifier_;
}

result<std::unique_ptr<sink_runner>> sink_runner::make() {
  auto fresh = std::make_unique<state>();
  if (const int error = uv_loop_init(&fresh->loop); error != 0) {
    return failure{std::string("no event loop for a sink: ") + uv_strerror(error)};
  }
  const int error = uv_async_init(&fresh->loop, &fresh->async, [](uv_async_t* handle) {
    static_cast<state*>(handle->data)->woken();
  });
  if (error != 0) {
    uv_loop_close(&fresh->loop);
    return failure{std::string("no wake-up for a sink: ") + uv_strerror(error)};
  }
  fresh->async.data = fresh.get();
  uv_timer_init(&fresh->loop, &fresh->timer);
  fresh->timer.data = fresh.get();
  uv_timer_init(&fresh->loop, &fresh->rest);
  fresh->rest.data = fresh.get();
  return std::unique_ptr<sink_runner>(new sink_runner(std::move(fresh)));
}

sink_runner::~sink_runner() {
  if (thread_.joinable()) {
    stop();
  } else if (notifier_->async_ != nullptr) {
    // Never started: its handles close here.
    {
      const std::lock_guard hold(notifier_->lock_);
      notifier_->async_ = nullptr;
    }
    state_->owned.http.reset();
    state_->close_handles();
  }
}

uv_loop_s* sink_runner::loop() noexcept {
  return &state_->loop;
}

void sink_runner::start(parts owned, std::function<void()> on_progress) {
  WEIR_ASSERT(!thread_.joinable());
  state_->owned = std::move(owned);
  state_->on_progress = std::move(on_progress);
  thread_ = std::thread([this] { run(); });
}

void sink_runner::run() {
  state_->owned.worker->open(monotonic_ms());
  state_->opened.set_value();
  state_->take_turn();
  uv_run(&state_->loop, UV_RUN_DEFAULT);
  state_->owned.target->abort();
  state_->owned.worker->close(monotonic_ms());
  state_->owned.target->close();
  state_->owned.http.reset();
  {
    const std::lock_guard hold(notifier_->lock_);
    notifier_->async_ = nullptr;
  }
  state_->close_handles();
}

bool sink_runner::await_opened(std::chrono::steady_clock::time_point deadline) {
  return state_->is_opened.wait_until(deadline) == std::future_status::ready;
}

void sink_runner::drain() {
  state_->drains_asked.fetch_add(1, std::memory_order_acq_rel);
  notifier_->notify();
}

void sink_runner::post(std::function<void(sink&)> what) {
  {
    const std::lock_guard hold(state_->posted_lock);
    state_->posted.push_back(std::move(what));
  }
  notifier_->notify();
}

void sink_runner::finish(std::chrono::milliseconds at_most) {
  std::int64_t unset = never;
  if (state_->end_by_ms.compare_exchange_strong(unset, monotonic_ms() + at_most.count(),
                                                std::memory_order_acq_rel)) {
    notifier_->notify();
  }
}

void sink_runner::stop() {
  if (!thread_.joinable()) {
    return;
  }
  finish(std::chrono::milliseconds(0));
  thread_.join();
}

cursor_state sink_runner::standing() const {
  return state_->owned.worker->standing();
}

const sink_counters& sink_runner::counters() const noexcept {
  return state_->owned.worker->counters();
}

}  // namespace weir
