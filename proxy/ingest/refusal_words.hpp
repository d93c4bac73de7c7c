// SPDX-License-Identifier: Apache-2.0
//
// What a refused line's answer and letter say: InfluxDB's words where it has some. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/verdict.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Of a refused line, what an answer quotes.
inline constexpr std::size_t quoted_bytes_max = std::size_t{16} << 10;

/// A line as an answer quotes it: whole as InfluxDB does, unless it is too long to be read.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t bytes_max = quoted_bytes_max);

/// A line that does not parse, for a plain answer: in InfluxDB's words.
[[nodiscard]] rejected_line quoting(const parse_error& error);

/// The same for a verbose answer, which holds `before` others already. The first of them are told
/// how to write the line, too.
[[nodiscard]] rejected_line explained(const parse_error& error, std::int64_t unit_ns,
                                      std::size_t before);

/// Verbose answers repair so many lines: each costs some readings of it.
inline constexpr std::size_t repaired_lines_max = 100;

/// What a plain answer adds for a person on a line that does not parse: the mistake, and the line
/// as it was meant or else what to do. One line without anything that clients or weir match, and
/// not longer than `write_verdict::hint_bytes_max`. Empty where the mistake is none of the known
/// ones.
[[nodiscard]] line_hint hint_for(const parse_error& error, std::int64_t unit_ns);

/// The same on points beyond retention: how long points are kept, and when the first one was.
[[nodiscard]] std::string retention_hint(std::uint64_t line, std::int64_t time_ns,
                                         std::int64_t kept_ns);

/// What is left of `words` where the line that they quote stands beside them: the reason alone.
[[nodiscard]] std::string without_line(std::string words, std::string_view line);

}  // namespace weir
