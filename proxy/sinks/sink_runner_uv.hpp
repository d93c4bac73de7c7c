// SPDX-License-Identifier: Apache-2.0
//
// A thread with a libuv loop that gives one sink its turns: when frames were appended, when a
// request ended, when a lane is due. It decides nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "net/transfer.hpp"
#include "sinks/sink.hpp"

struct uv_loop_s;

namespace weir {

class sink_runner {
 public:
  /// Wakes a runner's loop from any thread; does nothing after its end.
  class notifier {
   public:
    void notify();
    /// For every append: wakes once, and then not again before the runner listens anew. A thread
    /// woken for each small frame would cost more than all else that is done for it.
    void notify_of_append();

   private:
    friend class sink_runner;
    std::mutex lock_;
    void* async_ = nullptr;
    std::atomic<bool> listening_{true};
  };

  /// What is made for the sink on the loop, and ended on its thread before the loop is.
  struct parts {
    std::unique_ptr<transfer> http;
    std::unique_ptr<class target> target;
    std::unique_ptr<cursor_store> cursors;
    std::unique_ptr<refused_store> refused;
    std::unique_ptr<parking> parked;
    std::unique_ptr<sink> worker;
  };

  static result<std::unique_ptr<sink_runner>> make();
  ~sink_runner();
  sink_runner(const sink_runner&) = delete;
  sink_runner& operator=(const sink_runner&) = delete;

  /// For making the parts; only before `start`.
  [[nodiscard]] uv_loop_s* loop() noexcept;
  [[nodiscard]] std::shared_ptr<notifier> wake() const noexcept { return notifier_; }

  /// Begins the thread. `on_progress` is called on it after each turn.
  void start(parts owned, std::function<void()> on_progress);
  /// Waits until what is pending was counted, as far as sink::open does, or until `deadline`.
  /// Whether it was. Requires: started.
  bool await_opened(std::chrono::steady_clock::time_point deadline);
  /// Any thread: see sink::drain.
  void drain();
  /// Any thread: calls `what` on the sink's thread, before its next turn; not after `stop`.
  void post(std::function<void(sink&)> what);
  /// Any thread: begins no attempt any more, and ends when those under way have, or after so long.
  /// Does not wait. Nothing after the first call.
  void finish(std::chrono::milliseconds at_most);
  /// Ends requests under way (after `finish`: waits for its end), closes the loop and joins the
  /// thread. Nothing if it was not started.
  void stop();

  /// Where the sink stood at its end. Requires: stopped.
  [[nodiscard]] cursor_state standing() const;

  /// The sink's numbers. Requires: started. Any thread; they stay readable after `stop`.
  [[nodiscard]] const sink_counters& counters() const noexcept;

 private:
  struct state;
  explicit sink_runner(std::unique_ptr<state> made);
  void run();

  std::unique_ptr<state> state_;
  std::shared_ptr<notifier> notifier_;
  std::thread thread_;
};

/// Notified by each sink after its turns; whoever drains waits on it.
struct progress_notifier {
  std::mutex lock;
  std::condition_variable moved;
  bool waited_for = false;

  void notify() {
    const std::lock_guard hold(lock);
    if (waited_for) {
      moved.notify_all();
    }
  }
};

/// Monotonic milliseconds: the clock of all turns.
[[nodiscard]] std::int64_t monotonic_ms();

}  // namespace weir
