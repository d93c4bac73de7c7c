// SPDX-License-Identifier: Apache-2.0
//
// Sizes and durations as an operator writes them ("25MB", "4GiB", "1h30m", "inf") and back again.
// Pure: no allocation beyond the answer, no clock. Whoever reads a setting checks its range.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

/// Bytes. "25MB" is 25 * 10^6, "4GiB" is 4 * 2^30, a plain whole number is bytes.
[[nodiscard]] result<std::uint64_t> parse_size(std::string_view text);

/// The same without words: nothing where `text` is no size.
[[nodiscard]] std::optional<std::uint64_t> plain_size(std::string_view text);

/// The shortest spelling that parse_size reads back as the same number.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// One or more of ns, us, ms, s, m, h, d (24h), w (7d), largest first by habit but in any order.
/// "inf" is no limit at all and comes back as an empty optional.
[[nodiscard]] result<std::optional<std::chrono::nanoseconds>> parse_duration(std::string_view text);

/// The same without words: nothing where `text` is no duration, or "inf".
[[nodiscard]] std::optional<std::chrono::nanoseconds> plain_duration(std::string_view text);

/// A spelling that parse_duration reads back as the same duration.
/// Requires: not negative.
[[nodiscard]] std::string format_duration(std::optional<std::chrono::nanoseconds> duration);

/// A distance from now: "-10y" (a year is 365 days), "+1d", "90s"; "-inf" and "inf" are the ends of
/// the range.
[[nodiscard]] result<std::chrono::nanoseconds> parse_offset(std::string_view text);

/// A spelling that parse_offset reads back as the same distance, with its sign.
[[nodiscard]] std::string format_offset(std::chrono::nanoseconds offset);

}  // namespace weir
