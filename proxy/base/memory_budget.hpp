// SPDX-License-Identifier: Apache-2.0
//
// One budget in bytes, taken from before memory is used and given back after. It allocates nothing
// itself: it is the number that decides whether a request may grow or is answered 503.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "base/assert.hpp"

namespace weir {

/// Thread-safe.
class memory_budget {
 public:
  explicit memory_budget(std::size_t bytes) noexcept : limit_(bytes) {}
  memory_budget(const memory_budget&) = delete;
  memory_budget& operator=(const memory_budget&) = delete;

  /// Takes `bytes`, or nothing at all when fewer are left.
  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ || used > limit_ - bytes) {
        return false;
      }
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::size_t bytes) noexcept {
    const std::size_t before = used_.fetch_sub(bytes, std::memory_order_relaxed);
    WEIR_ASSERT(before >= bytes);
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

/// A share of a budget that gives itself back. The budget must outlive it. Not thread-safe.
class [[nodiscard]] memory_lease {
 public:
  memory_lease() = default;
  explicit memory_lease(memory_budget& budget) noexcept : budget_(&budget) {}
  memory_lease(memory_lease&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  memory_lease& operator=(memory_lease&& other) noexcept {
    if (this != &other) {
      release();
      budget_ = other.budget_;
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~memory_lease() { release(); }

  /// Makes the lease at least `bytes` large; false (and unchanged) when the budget has no more.
  [[nodiscard]] bool grow_to(std::size_t bytes) noexcept {
    if (bytes <= bytes_) {
      return true;
    }
    if (budget_ != nullptr && !budget_->take(bytes - bytes_)) {
      return false;
    }
    bytes_ = bytes;
    return true;
  }
  void release() noexcept {
    if (budget_ != nullptr && bytes_ > 0) {
      budget_->give_back(bytes_);
    }
    bytes_ = 0;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  memory_budget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace weir
