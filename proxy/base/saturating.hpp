// SPDX-License-Identifier: Apache-2.0
//
// Sums of times that stop at the ends of the range instead of wrapping around. Pure.
#pragma once

#include <cstdint>
#include <limits>

namespace weir {

[[nodiscard]] constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) {
    return sum;
  }
  return b < 0 ? std::numeric_limits<std::int64_t>::min()
               : std::numeric_limits<std::int64_t>::max();
}

}  // namespace weir
