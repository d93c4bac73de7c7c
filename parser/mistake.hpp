// SPDX-License-Identifier: Apache-2.0
//
// The mistakes that people and programs are known to make in line protocol, with the words for
// each. Which of them stands on a line is decided in diagnose.cpp and mistake_*.cpp (refused lines)
// and advise.cpp (accepted ones).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
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
  space_in_field_name,
  space_in_fields,
  space_for_equals,
  space_missing,
  two_spaces,
  extra_space,
  tab_for_space,
  double_comma,
  trailing_comma,
  tag_after_fields,
  field_without_name,
  double_equals,
  colon_for_equals,
  // Strings.
  missing_closing_quote,
  missing_opening_quote,
  quote_in_string,
  quoted_name,
  single_quotes,
  escaped_quotes,
  typographic_quotes,
  unquoted_string,
  misspelt_boolean,
  // Numbers.
  decimal_comma,
  not_a_number,
  infinity,
  replacement_character,
  null_value,
  java_long,
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
  second_point,
  // Not line protocol, or not quite.
  json,
  csv,
  prometheus_text,
  insert_keyword,
  utf16,
  compressed,
  byte_order_mark,
  carriage_return,
  nul_byte,
  windows_line_end,
  time_as_name,
};

inline constexpr std::size_t mistake_count = static_cast<std::size_t>(mistake::time_as_name) + 1;

/// "{1}", "{2}" and "{3}" in the texts stand for what is special to the line (`mistake_found`).
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
  std::string made{};         // "{3}": words of ours, not the line's
};

/// A refused line as the functions that recognise mistakes look at it.
struct refused_line {
  std::string_view text;
  parse_code code = parse_code::none;
  std::size_t at = 0;     // offset in `text` at which the error was noticed
  std::string_view span;  // the error's, inside `text`
  /// Where the measurement ends, and where measurement and tags end: at a byte that no backslash
  /// precedes, or at the end of the text.
  std::size_t measurement_end = 0;
  std::size_t series_end = 0;
  /// Behind the white space there: where the fields begin.
  std::size_t fields_begin = 0;

  [[nodiscard]] std::size_t offset(std::string_view part) const noexcept {
    return static_cast<std::size_t>(part.data() - text.data());
  }
  [[nodiscard]] std::string_view measurement() const noexcept {
    return text.substr(0, measurement_end);
  }
  [[nodiscard]] bool has_tags() const noexcept { return measurement_end < series_end; }
};

/// The first byte of `set` at or behind `from` that no backslash precedes, or the end.
[[nodiscard]] std::size_t find_bare(std::string_view text, std::string_view set,
                                    std::size_t from) noexcept;
/// What stands at `from` up to a bare space; and up to a bare space or comma.
[[nodiscard]] std::string_view word_at(std::string_view text, std::size_t from) noexcept;
[[nodiscard]] std::string_view item_at(std::string_view text, std::size_t from) noexcept;
/// Behind the spaces (not tabs) at `from`.
[[nodiscard]] std::size_t skip_spaces(std::string_view text, std::size_t from) noexcept;
/// Whether `word` holds an equals sign that no backslash precedes, not as its first byte.
[[nodiscard]] bool is_pair(std::string_view word) noexcept;
/// Whether `value` can stand behind a field's equals sign.
[[nodiscard]] bool is_field_value(std::string_view value) noexcept;
/// A decimal number with or without point, exponent and minus, and without a suffix.
[[nodiscard]] bool is_plain_number(std::string_view value) noexcept;

using maybe_mistake = std::optional<mistake_found>;
/// It is not line protocol at all, or begins with bytes that do not belong to it.
[[nodiscard]] maybe_mistake find_format_mistake(const refused_line& line);
/// Spaces, tabs, commas and equals signs in the wrong place.
[[nodiscard]] maybe_mistake find_list_mistake(const refused_line& line);
/// Strings that close too early, too late or never.
[[nodiscard]] maybe_mistake find_string_mistake(const refused_line& line);
/// The value of a field.
[[nodiscard]] maybe_mistake find_value_mistake(const refused_line& line);
/// The timestamp and what follows it.
[[nodiscard]] maybe_mistake find_time_mistake(const refused_line& line);

/// Fills in the texts. `first_column` is the column of the text's first byte.
[[nodiscard]] diagnosis make_diagnosis(const mistake_words& words, const mistake_found& found,
                                       std::string_view text, std::uint64_t first_column);

}  // namespace weir
