// SPDX-License-Identifier: Apache-2.0
//
// Offsets of a partition as positions of a log, which begin with 1, and back. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "log/position.hpp"

namespace weir {

/// An offset that is none (negative) is that of the first record.
[[nodiscard]] constexpr log_position position_of(std::int64_t offset) noexcept {
  return log_position(static_cast<std::uint64_t>(std::max<std::int64_t>(0, offset)) + 1);
}
/// No position (0) is that of the first record.
[[nodiscard]] constexpr std::int64_t offset_of(log_position position) noexcept {
  return static_cast<std::int64_t>(std::max<std::uint64_t>(1, position.number())) - 1;
}

}  // namespace weir
