// SPDX-License-Identifier: Apache-2.0
//
// What one thread waits for and another gives: the asking thread holds the ticket and looks at it
// when it is woken. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

namespace weir {

template <class T>
class answer_ticket {
 public:
  /// `wake` is called, on the giving thread, once the ticket is settled.
  explicit answer_ticket(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Whether `answer` may be read.
  [[nodiscard]] bool settled() const noexcept { return settled_.load(std::memory_order_acquire); }
  /// Requires: settled().
  [[nodiscard]] const T& answer() const noexcept { return answer_; }
  /// Nobody waits any more: when it returns, `wake` is not running and will not be called.
  void abandon() {
    const std::lock_guard hold(lock_);
    wake_ = nullptr;
  }
  /// Once.
  void settle(T answer) {
    answer_ = std::move(answer);
    settled_.store(true, std::memory_order_release);
    const std::lock_guard hold(lock_);
    if (wake_) {
      wake_();
    }
  }

 private:
  std::mutex lock_;
  std::function<void()> wake_;
  T answer_{};
  std::atomic<bool> settled_{false};
};

}  // namespace weir
