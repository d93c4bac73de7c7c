// SPDX-License-Identifier: Apache-2.0
//
// The mistakes that people and programs are known to make in line protocol, with the words for
// each. Which of them stands on a line is decided in diagnose.cpp and mistake_*.cpp (refused lines)
// and advise.cpp (accepted ones).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "exact.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

enum class mistake : std::uint8_t {
  // Spaces, tabs and commas.
  space_after_comma,
  space_before_comma,
  space_before_equals,
  space_after_equals,
  space_after_measurement,
  space_in_tags,
  space_in_name,
  space_in_fields,
  two_spaces,
  tab_for_space,
  double_comma,
  trailing_comma,
  tag_after_fields,
  field_without_name,
  double_equals,
  // Strings.
  missing_closing_quote,
  missing_opening_quote,
  quote_in_string,
  quoted_name,
  single_quotes,
  typographic_quotes,
  unquoted_string,
  misspelt_boolean,
  // Numbers.
  decimal_comma,
  not_a_number,
  infinity,
  replacement_character,
  null_value,
  number_suffix,
  number_with_plus,
  number_with_unit,
  number_in_hexadecimal,
  grouped_digits,
  integer_with_fraction,
  negative_unsigned,
  // Timestamps.
  timestamp_fraction,
  timestamp_date,
  timestamp_exponent,
  timestamp_suffix,
  timestamp_quoted,
  timestamp_unit,
  comment_after_point,
  // Not line protocol, or not quite.
  json,
  csv,
  prometheus_text,
  insert_keyword,
  utf16,
  byte_order_mark,
  carriage_return,
  windows_line_end,
  time_as_name,
};

inline constexpr std::size_t mistake_count = static_cast<std::size_t>(mistake::time_as_name) + 1;

/// "{1}" and "{2}" in the texts stand for what the line says there (`mistake_found`).
struct mistake_words {
  std::string_view kind;
  std::string_view title;
  std::string_view explanation;
  std::string_view remedy;
};

[[nodiscard]] const mistake_words& words_of(mistake what) noexcept;

/// For an error that is none of the known mistakes. The title is empty: InfluxDB's words serve.
[[nodiscard]] const mistake_words& words_of(parse_code code) noexcept;

struct mistake_found {
  mistake what = mistake::json;
  std::size_t at = 0;  // offset in the line's text
  std::size_t length = 1;
  std::string_view first{};   // "{1}"
  std::string_view second{};  // "{2}"
};

/// Fills in the texts. `first_column` is the column of the text's first byte.
[[nodiscard]] diagnosis make_diagnosis(const mistake_words& words, const mistake_found& found,
                                       std::string_view text, std::uint64_t first_column);

}  // namespace weir
