// SPDX-License-Identifier: Apache-2.0
//
// What became of all lines of all databases, as sums that are read at once however many databases
// there are. Each thread adds to one of a few stripes, so that loops do not wait for each other.
// received = accepted + rejected + dropped whenever it is read. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/brief_mutex.hpp"

namespace weir {

struct line_account;

/// Lines, since the start.
struct line_sums {
  std::uint64_t received = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  /// Of the accepted ones.
  std::uint64_t mended = 0;
  std::uint64_t noted = 0;

  void add(const line_sums& more) noexcept;
};
[[nodiscard]] line_sums sums_of(const line_account& account) noexcept;

class running_totals {
 public:
  void add(const line_sums& more) noexcept {
    stripe& mine = stripes_[stripe_of_thread()];
    const std::lock_guard lock(mine.mutex);
    mine.sums.add(more);
  }
  [[nodiscard]] line_sums read() const noexcept;

 private:
  static constexpr std::size_t stripe_count = 16;
  static constexpr std::size_t cache_line_bytes = 64;
  struct alignas(cache_line_bytes) stripe {
    mutable brief_mutex mutex;
    line_sums sums;
  };
  [[nodiscard]] static std::size_t stripe_of_thread() noexcept;

  std::array<stripe, stripe_count> stripes_;
};

}  // namespace weir
