// SPDX-License-Identifier: Apache-2.0
//
// Numbers as InfluxDB 1.x reads them, one by one and exactly. The hot path of a kernel decodes
// common spellings itself and comes here for the rest.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "weir/line_protocol.hpp"

namespace weir {

/// 1.x reserves three values of a time's 64 bits. In nanoseconds.
inline constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max() - 1;
inline constexpr std::int64_t time_min = std::numeric_limits<std::int64_t>::min() + 2;

/// The powers of ten that a double holds exactly, and the number up to which it holds all integers.
inline constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr std::uint64_t exact_integer_max = std::uint64_t{1} << 53;

enum class number_error : std::uint8_t { none, syntax, out_of_range };

/// An optional minus and digits, nothing else.
[[nodiscard]] number_error parse_int64(std::string_view digits, std::int64_t& value) noexcept;
[[nodiscard]] number_error parse_uint64(std::string_view digits, std::uint64_t& value) noexcept;

/// Correctly rounded. A number that rounds to infinity is out of range; one that rounds to zero is
/// zero.
[[nodiscard]] number_error parse_double(std::string_view text, double& value) noexcept;

/// digits / 10^decimals, correctly rounded. Requires: decimals <= 32, and at most 19 digits. False:
/// the library cannot decide, and parse_double can.
[[nodiscard]] bool scale_digits(std::uint64_t digits, unsigned decimals, double& value) noexcept;

/// 1.x's scan of a number that begins at `begin` and ends before a comma, a space or the end.
struct number_scan {
  std::size_t end = 0;  // where the scan ended, or where the mistake was noticed
  parse_code code = parse_code::none;
};
[[nodiscard]] number_scan scan_number(std::string_view text, std::size_t begin) noexcept;

/// Decodes a value that the scanners have accepted.
void decode_value(std::string_view text, field_view& field) noexcept;

/// Whether an accepted number is in a spelling that every server reads.
[[nodiscard]] bool is_portable_number(std::string_view text) noexcept;

}  // namespace weir
