// SPDX-License-Identifier: Apache-2.0
//
// From records to lines: what of a record's lines a person asked for. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Length of the first canonical line, its line feed included: in a string a line feed is part of
/// the line.
[[nodiscard]] std::size_t first_line_bytes(std::string_view lines);

/// The measurement of a canonical line, without escapes.
[[nodiscard]] std::string measurement_of(std::string_view line);

/// Appends the lines of `lines`, each ended by a line feed, whose measurement matches `pattern`
/// (all, where it is empty); how many.
std::size_t append_matching_lines(std::string_view lines, std::string_view pattern,
                                  std::string& out);

/// What `influx -import` reads before lines of a database and retention policy.
[[nodiscard]] std::string import_heading(std::string_view database,
                                         std::string_view retention_policy);

}  // namespace weir
