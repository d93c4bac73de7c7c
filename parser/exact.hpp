// SPDX-License-Identifier: Apache-2.0
//
// The exact reader of one line: InfluxDB 1.x's scanners, one function each, in 1.x's order, so that
// verdict, message and values are 1.x's. It is the cold path; kernels hand over every line of which
// they are not sure.
#pragma once

#include <cstddef>
#include <string_view>

#include "parser/kernels/line_marks.hpp"
#include "parser/kernels/scratch.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Whether a line is accepted, or why not.
struct line_verdict {
  parse_code code = parse_code::none;
  std::size_t at = 0;     // offset in the text at which the mistake was noticed
  std::string_view span;  // the offending bytes
};

/// `text` begins with a byte that is neither white space nor '#' and holds neither the line feed
/// nor the carriage return that end it. `point` is filled but for `line` when the code is none.
/// `progress` says which part of the line `scratch` and `point` hold already.
[[nodiscard]] line_verdict read_exact(std::string_view text, const parse_options& options,
                                      const line_progress& progress, line_scratch& scratch,
                                      point_view& point);

/// Whether the word is one of the ten spellings of a boolean.
[[nodiscard]] bool is_boolean(std::string_view word) noexcept;

/// Length of the series of a text whose series has no error.
[[nodiscard]] std::size_t series_length(std::string_view text) noexcept;

/// Where the first '=' lies that no backslash precedes (or the end): 1.x's way to find a key.
[[nodiscard]] std::size_t find_key_end(std::string_view text) noexcept;

/// The length of the field value at the beginning of `text`, as 1.x's field walk finds it.
[[nodiscard]] std::size_t find_value_end(std::string_view text) noexcept;

/// The verdict on a line that is not UTF-8 but has no other mistake.
[[nodiscard]] line_verdict utf8_verdict(std::string_view text) noexcept;

/// Rejects lines about which 1.x's scanners disagree. Requires: 1.x accepts the line.
[[nodiscard]] line_verdict check_shields(const point_view& point, const parse_options& options);

}  // namespace weir
