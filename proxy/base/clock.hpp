// SPDX-License-Identifier: Apache-2.0
//
// The clocks: the one place that reads them. Decisions get their reading as a parameter.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

/// Nanoseconds since the Unix epoch.
[[nodiscard]] inline std::int64_t wall_clock_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Nanoseconds since some moment in the past; never set back. For durations.
[[nodiscard]] inline std::int64_t monotonic_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace weir
