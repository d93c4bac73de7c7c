// SPDX-License-Identifier: Apache-2.0
//
// One immutable value that many threads read and one replaces now and then: readers keep a pointer
// of their own and look at a number to see whether there is a newer value. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "base/assert.hpp"

namespace weir {

template <class T>
class published {
 public:
  explicit published(std::shared_ptr<const T> first) : value_(std::move(first)) {
    WEIR_ASSERT(value_ != nullptr);
  }

  /// Takes a brief lock.
  [[nodiscard]] std::shared_ptr<const T> current() const {
    const std::lock_guard hold(lock_);
    return value_;
  }
  /// Another number once there is another value. Without a lock.
  [[nodiscard]] std::uint64_t version() const noexcept {
    return version_.load(std::memory_order_acquire);
  }
  /// Returns the value before: it lives as long as somebody holds it.
  std::shared_ptr<const T> publish(std::shared_ptr<const T> next) {
    WEIR_ASSERT(next != nullptr);
    const std::lock_guard hold(lock_);
    value_.swap(next);
    version_.fetch_add(1, std::memory_order_release);
    return next;
  }

 private:
  mutable std::mutex lock_;
  std::shared_ptr<const T> value_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace weir
