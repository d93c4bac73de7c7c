// SPDX-License-Identifier: Apache-2.0
//
// The texts about a refused line in answers and letters: InfluxDB's own where it has some, because
// clients match them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/verdict.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// An answer quotes so much of a refused line.
inline constexpr std::size_t quoted_bytes_max = std::size_t{16} << 10;

/// A line as an answer quotes it: whole as InfluxDB does, unless it is too long to be read.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t bytes_max = quoted_bytes_max);

/// A line that does not parse, for a plain answer: in InfluxDB's words.
[[nodiscard]] rejected_line quoting(const parse_error& error);

/// The same for a verbose answer, which lists `before` lines already. Its first lines say how to
/// write the line, too (see `repaired_lines_max`).
[[nodiscard]] rejected_line explained(const parse_error& error, std::int64_t unit_ns,
                                      std::size_t before);

/// A verbose answer has repairs for so many lines: each costs some readings of the line.
inline constexpr std::size_t repaired_lines_max = 100;

/// What a plain answer adds for a person on a line that does not parse: the mistake, and the line
/// as it was meant or else what to do. One line without anything that clients or weir match, and
/// not longer than `write_verdict::hint_bytes_max`. Empty where the mistake is none of the known
/// ones.
[[nodiscard]] line_hint hint_for(const parse_error& error, std::int64_t unit_ns);

/// The same on points beyond retention: how long points are kept, and when the first one was.
[[nodiscard]] std::string retention_hint(std::uint64_t line, std::int64_t time_ns,
                                         std::int64_t kept_ns);

/// The reason alone: `message` without the line that it quotes, for where the line stands beside
/// it.
[[nodiscard]] std::string without_line(std::string message, std::string_view line);

}  // namespace weir
