// SPDX-License-Identifier: Apache-2.0
//
// Reads the clocks. Decisions do not call this: they are given a `moment`, or a `clock_source`
// when they are made.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/times.hpp"

namespace weir {

/// Nanoseconds since the Unix epoch. Any thread.
[[nodiscard]] inline std::int64_t wall_clock_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Any thread.
[[nodiscard]] inline steady_time steady_now() noexcept {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::steady_clock::now().time_since_epoch())
              .count()};
}

/// Milliseconds of the steady clock, as those have it who are given the time as a number. Any
/// thread.
[[nodiscard]] inline std::int64_t steady_ms() noexcept {
  return steady_now().ns / 1'000'000;
}

/// Both clocks, one right after the other. Any thread.
[[nodiscard]] inline moment read_clocks() noexcept {
  return {.steady = steady_now(), .wall = {wall_clock_ns()}};
}

}  // namespace weir
