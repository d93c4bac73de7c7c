// SPDX-License-Identifier: Apache-2.0
//
// All chance of a simulation: one seed, one sequence (splitmix64). Who draws, and in which order,
// decides what happens, so nothing here may depend on addresses, threads or the real clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::simulation {

class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
  }
  /// In [0, count). Requires: count > 0.
  std::uint64_t below(std::uint64_t count) noexcept { return next() % count; }
  /// In [least, most].
  std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
    return least + below(most - least + 1);
  }
  bool one_in(std::uint64_t count) noexcept { return below(count) == 0; }

  template <class T>
  const T& pick(std::span<const T> from) noexcept {
    return from[static_cast<std::size_t>(below(from.size()))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace weir::simulation
