// SPDX-License-Identifier: Apache-2.0
//
// The wall clock: the one place that reads it. Decisions get its reading as a parameter.
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

}  // namespace weir
