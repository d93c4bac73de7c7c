// SPDX-License-Identifier: Apache-2.0
//
// A spin lock for sections of some nanoseconds that are hardly ever contended: there it costs half
// of what std::mutex costs. It is not fair, and a thread that waits long burns time before it
// yields.
#pragma once

#include <atomic>
#include <thread>

namespace weir {

/// BasicLockable, as std::lock_guard wants it.
class brief_mutex {
 public:
  void lock() noexcept {
    while (taken_.exchange(true, std::memory_order_acquire)) {
      wait();
    }
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }
  /// Of this moment: for tests and assertions alone.
  [[nodiscard]] bool is_locked() const noexcept { return taken_.load(std::memory_order_relaxed); }

 private:
  void wait() const noexcept {
    constexpr int looks_max = 200;
    for (int looks = 0; taken_.load(std::memory_order_relaxed); ++looks) {
      if (looks == looks_max) {
        std::this_thread::yield();  // its holder may not be running
        looks = 0;
      }
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  }

  std::atomic<bool> taken_{false};
};

}  // namespace weir
