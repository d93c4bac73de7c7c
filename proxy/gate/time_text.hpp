// SPDX-License-Identifier: Apache-2.0
//
// Writes a point's time behind its fields. Every line has one, of 19 digits as a rule: they are
// made eight at a time, in one register each. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

/// What `write_time` may write: a space, a sign and 19 digits, and some beyond its end.
inline constexpr std::size_t time_text_bytes = 32;

/// Writes a space and the number; returns their end.
[[nodiscard]] char* write_time(std::int64_t time, char* to) noexcept;

}  // namespace weir
