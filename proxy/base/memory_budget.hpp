// SPDX-License-Identifier: Apache-2.0
//
// A budget in bytes: users lease from it before they use memory and give back afterwards. It
// allocates nothing itself; it decides whether a request may grow or is answered 503.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "base/assert.hpp"

namespace weir {

/// How much of a budget one client holds, over all of its connections. Thread-safe.
struct memory_share {
  std::atomic<std::size_t> held{0};
};

/// How a budget is shared out while little is left. By default the first to ask gets it.
struct budget_rules {
  /// Leases of up to this many bytes may use the reserve too.
  std::size_t small_bytes = 0;
  /// What larger leases leave free.
  std::size_t reserve_bytes = 0;
  /// A client that would hold more than this ...
  std::size_t client_bytes = std::numeric_limits<std::size_t>::max();
  /// ... gets no more while less than this would be free.
  std::size_t client_reserve_bytes = 0;
  /// The same for small leases.
  std::size_t client_small_reserve_bytes = 0;
};

/// Thread-safe.
class memory_budget {
 public:
  explicit memory_budget(std::size_t bytes, const budget_rules& rules = {}) noexcept
      : limit_(bytes), rules_(rules) {}
  memory_budget(const memory_budget&) = delete;
  memory_budget& operator=(const memory_budget&) = delete;

  /// Takes `bytes`, or nothing at all when fewer are left.
  [[nodiscard]] bool take(std::size_t bytes) noexcept { return take(bytes, limit()); }
  /// The same for a lease that will be `lease_bytes` large, of a client (or of none).
  [[nodiscard]] bool take_for(std::size_t bytes, std::size_t lease_bytes,
                              memory_share* client) noexcept {
    if (client == nullptr) {
      return take(bytes, ceiling(lease_bytes));
    }
    const std::size_t held = client->held.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (take(bytes, ceiling(lease_bytes, held))) {
      return true;
    }
    client->held.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::size_t bytes) noexcept {
    const std::size_t before = used_.fetch_sub(bytes, std::memory_order_relaxed);
    WEIR_ASSERT(before >= bytes);
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const noexcept {
    return limit_.load(std::memory_order_relaxed);
  }
  /// From now on. What is leased stays leased: where it is more than `bytes`, nobody gets any
  /// before enough was given back. Any thread.
  void set_limit(std::size_t bytes, const budget_rules& rules = {}) noexcept {
    rules_.assign(rules);
    limit_.store(bytes, std::memory_order_relaxed);
  }

 private:
  [[nodiscard]] std::size_t ceiling(std::size_t lease_bytes,
                                    std::size_t client_held = 0) const noexcept {
    const std::size_t all = limit();
    const auto without = [all](std::size_t reserve) { return all - std::min(all, reserve); };
    const bool is_small = lease_bytes <= rules_.small_bytes;
    std::size_t most = is_small ? all : without(rules_.reserve_bytes);
    if (client_held > rules_.client_bytes) {
      most = std::min(most, without(is_small ? rules_.client_small_reserve_bytes
                                             : rules_.client_reserve_bytes));
    }
    return most;
  }
  [[nodiscard]] bool take(std::size_t bytes, std::size_t most) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > most || used > most - bytes) {
        return false;
      }
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }

  /// The rules, each replaced by itself: for a moment some may be of before and some of after.
  struct atomic_rules {
    explicit atomic_rules(const budget_rules& rules) noexcept { assign(rules); }
    void assign(const budget_rules& rules) noexcept {
      small_bytes = rules.small_bytes;
      reserve_bytes = rules.reserve_bytes;
      client_bytes = rules.client_bytes;
      client_reserve_bytes = rules.client_reserve_bytes;
      client_small_reserve_bytes = rules.client_small_reserve_bytes;
    }
    struct number {
      std::atomic<std::size_t> is{0};
      // NOLINTNEXTLINE(google-explicit-constructor): reads as the number that it is
      operator std::size_t() const noexcept { return is.load(std::memory_order_relaxed); }
      number& operator=(std::size_t to) noexcept {
        is.store(to, std::memory_order_relaxed);
        return *this;
      }
    };
    number small_bytes;
    number reserve_bytes;
    number client_bytes;
    number client_reserve_bytes;
    number client_small_reserve_bytes;
  };

  std::atomic<std::size_t> limit_;
  atomic_rules rules_;
  std::atomic<std::size_t> used_{0};
};

/// A part of a budget, given back by the destructor. The budget must outlive it. Not thread-safe.
class [[nodiscard]] memory_lease {
 public:
  memory_lease() = default;
  explicit memory_lease(memory_budget& budget,
                        std::shared_ptr<memory_share> client = nullptr) noexcept
      : budget_(&budget), client_(std::move(client)) {}
  memory_lease(memory_lease&& other) noexcept
      : budget_(other.budget_),
        client_(std::move(other.client_)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  memory_lease& operator=(memory_lease&& other) noexcept {
    if (this != &other) {
      release();
      budget_ = other.budget_;
      client_ = std::move(other.client_);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~memory_lease() { release(); }

  /// Makes the lease at least `bytes` large; false (and unchanged) when the budget has no more.
  /// Without `reserve` it does not count as small, whatever its size.
  [[nodiscard]] bool grow_to(std::size_t bytes, bool reserve = true) noexcept {
    if (bytes <= bytes_) {
      return true;
    }
    const std::size_t counts_as = reserve ? bytes : std::numeric_limits<std::size_t>::max();
    if (budget_ != nullptr && !budget_->take_for(bytes - bytes_, counts_as, client_.get())) {
      return false;
    }
    bytes_ = bytes;
    return true;
  }
  void shrink_to(std::size_t bytes) noexcept {
    if (bytes >= bytes_) {
      return;
    }
    if (budget_ != nullptr) {
      budget_->give_back(bytes_ - bytes);
      if (client_ != nullptr) {
        client_->held.fetch_sub(bytes_ - bytes, std::memory_order_relaxed);
      }
    }
    bytes_ = bytes;
  }
  void release() noexcept { shrink_to(0); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Whether all other leases together are so small that this one itself is why it cannot grow.
  /// `also`: bytes that its request holds in other leases.
  [[nodiscard]] bool alone(std::size_t also = 0) const noexcept {
    constexpr std::size_t little = 8;  // of the budget, one part in so many
    return budget_ != nullptr &&
           budget_->used() - std::min(bytes_ + also, budget_->used()) <= budget_->limit() / little;
  }

 private:
  memory_budget* budget_ = nullptr;
  std::shared_ptr<memory_share> client_;
  std::size_t bytes_ = 0;
};

}  // namespace weir
