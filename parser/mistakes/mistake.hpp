// SPDX-License-Identifier: Apache-2.0
//
// The mistakes that are known to happen in line protocol, with the texts for each. Which of them a
// line has is decided in diagnose.cpp and mistake_*.cpp (rejected lines) and advise.cpp (accepted
// ones).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/exact.hpp"
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
  arrow_for_equals,
  colon_for_equals,
  comma_before_timestamp,
  semicolon_for_comma,
  escaped_comma,
  escaped_tab,
  backslash_at_end,
  duplicate_tag,
  equals_in_tag,
  empty_tag,
  empty_field,
  measurement_missing,
  fields_missing,
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
  unicode_minus,
  not_a_number,
  infinity,
  replacement_character,
  null_value,
  placeholder,
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
  timestamp_null,
  timestamp_named,
  timestamp_first,
  comment_after_point,
  second_point,
  semicolon,
  escaped_line_feed,
  // Not line protocol, or not quite.
  json,
  csv,
  prometheus_text,
  opentsdb,
  graphite,
  statsd,
  logfmt,
  query,
  shell_command,
  insert_keyword,
  prompt,
  quoted_line,
  invisible_character,
  wide_punctuation,
  utf16,
  compressed,
  byte_order_mark,
  carriage_return,
  nul_byte,
  windows_line_end,
  time_as_name,
};

inline constexpr std::size_t mistake_count = static_cast<std::size_t>(mistake::time_as_name) + 1;

/// What is said of a mistake. "{1}", "{2}" and "{3}" are replaced by the parts of a line that its
/// `mistake_finding` has.
struct mistake_texts {
  std::string_view kind;
  std::string_view title;
  std::string_view explanation;
  std::string_view remedy;
};

[[nodiscard]] const mistake_texts& texts_of(mistake kind) noexcept;

/// For an error that is none of the known mistakes.
[[nodiscard]] const mistake_texts& texts_of(parse_code code) noexcept;

/// A change of a line's text: `length` bytes at `at` become `text`. A line feed in `text` ends the
/// line: what follows is a line of its own.
struct line_edit {
  std::size_t at = 0;
  std::size_t length = 0;
  std::string text{};
};
using line_edits = std::vector<line_edit>;  // in ascending order, apart from each other

/// One way to understand a wrong line, and the edits that make the line say so.
struct line_reading {
  /// Continues "If ": "the space belongs to the tag's value". Empty: nothing else can be meant.
  std::string condition{};
  line_edits edits{};
};

/// A mistake that was recognised in a line. Views lie in the line's text.
struct mistake_finding {
  mistake kind = mistake::json;
  std::size_t at = 0;  // offset in the line's text
  std::size_t length = 1;
  std::string_view first{};   // "{1}"
  std::string_view second{};  // "{2}"
  std::string detail{};       // "{3}": a text of ours, not of the line
  /// The likeliest first; none where the meaning cannot be guessed.
  std::vector<line_reading> readings{};
};

/// A rejected line, as the functions that recognise mistakes need it.
struct mistaken_line {
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
  /// Nanoseconds in one unit of the line's timestamp, as the reader took it.
  std::int64_t unit_ns = 1;

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
/// The text from `from` up to a space that no backslash precedes; `item_at`: or up to such a comma.
[[nodiscard]] std::string_view word_at(std::string_view text, std::size_t from) noexcept;
[[nodiscard]] std::string_view item_at(std::string_view text, std::size_t from) noexcept;
/// The offset behind the spaces (not tabs) that begin at `from`.
[[nodiscard]] std::size_t skip_spaces(std::string_view text, std::size_t from) noexcept;
/// Whether `word` holds an equals sign that no backslash precedes, not as its first byte.
[[nodiscard]] bool is_pair(std::string_view word) noexcept;
/// Whether `value` can stand behind a field's equals sign.
[[nodiscard]] bool is_field_value(std::string_view value) noexcept;
/// A decimal number with or without point, exponent and minus, and without a suffix.
[[nodiscard]] bool is_plain_number(std::string_view value) noexcept;

/// A number as a field has it: with or without the suffix `i` or `u`.
[[nodiscard]] bool is_field_number(std::string_view value) noexcept;
/// At least ten digits and nothing else: a timestamp rather than a value.
[[nodiscard]] bool is_timestamp_like(std::string_view word) noexcept;
/// A unit or currency that people write behind numbers, in any case of letters.
[[nodiscard]] bool is_known_unit(std::string_view unit);
/// `number` without what groups its digits: `_`, `'`, apostrophes and spaces that are not ASCII.
/// Other bytes stay.
[[nodiscard]] std::string without_groups(std::string_view number);
/// `text` with its ASCII letters in lower case.
[[nodiscard]] std::string lower(std::string_view text);
/// `text` as a field's string: in quotes, with quotes and backslashes escaped.
[[nodiscard]] std::string quoted_string(std::string_view text);
/// `text` with a backslash before each bare byte of `set`.
[[nodiscard]] std::string escaped(std::string_view text, std::string_view set);
/// Where the string that begins at the quote at `open` ends: its closing quote, or the text's end.
[[nodiscard]] std::size_t find_closing_quote(std::string_view text, std::size_t open) noexcept;
/// Where a value that begins at `from` ends, taken as text that may hold spaces and commas: before
/// the next `,name=`, before the timestamp, or at the end.
[[nodiscard]] std::size_t find_text_end(std::string_view text, std::size_t from) noexcept;
/// Whether the exact reader accepts the line.
[[nodiscard]] bool reads(std::string_view text, std::int64_t unit_ns);

/// One item of a word: between commas.
struct line_item {
  std::string_view text;
  std::string_view key;    // of a pair
  std::string_view value;  // of a pair
  bool is_pair = false;

  [[nodiscard]] bool is_field() const noexcept { return is_pair && is_field_value(value); }
};
/// A word of the line: between spaces that stand neither behind a backslash nor in a string.
struct line_word {
  std::string_view text;
  std::vector<line_item> items;

  [[nodiscard]] bool begins_with_pair() const noexcept { return items.front().is_pair; }
  [[nodiscard]] bool are_fields() const noexcept;
};
/// Lines of more words or items are not taken apart.
inline constexpr std::size_t line_words_max = 64;
inline constexpr std::size_t line_items_max = 1024;
/// The words of a line; none for a line that has more than that. Every word has at least one item.
[[nodiscard]] std::vector<line_word> split_words(std::string_view text);

using maybe_mistake = std::optional<mistake_finding>;
// Each of the following recognises one family of mistakes; nothing: the line has none of them.

/// The whole line stands in quotes or behind a prompt; or it holds bytes that are invisible or look
/// like others.
[[nodiscard]] maybe_mistake find_wrapping_mistake(const mistaken_line& line);
/// Other signs where commas and spaces belong between pairs; a tag twice; a timestamp with a name.
[[nodiscard]] maybe_mistake find_separator_mistake(const mistaken_line& line);
/// `%s`, `${name}`, `{{name}}`: a place that a program should have filled in.
[[nodiscard]] bool is_placeholder(std::string_view word) noexcept;
/// For JSON with the members that clients of InfluxDB use: its points as lines.
void add_json_readings(mistake_finding& finding, const mistaken_line& line);
/// Formats of other systems.
[[nodiscard]] maybe_mistake find_foreign_format(const mistaken_line& line);
/// Quotes around names and tags' values that hold spaces, commas or equals signs.
[[nodiscard]] maybe_mistake find_quoted_names(const mistaken_line& line);
/// Words in the wrong places, recognised by what each word looks like.
[[nodiscard]] maybe_mistake find_shape_mistake(const mistaken_line& line);
/// Not line protocol at all, or a line behind bytes that do not belong to it.
[[nodiscard]] maybe_mistake find_format_mistake(const mistaken_line& line);
/// Spaces, tabs, commas and equals signs in the wrong place.
[[nodiscard]] maybe_mistake find_list_mistake(const mistaken_line& line);
/// Strings that close too early, too late or never.
[[nodiscard]] maybe_mistake find_string_mistake(const mistaken_line& line);
/// The value of a field.
[[nodiscard]] maybe_mistake find_value_mistake(const mistaken_line& line);
/// The timestamp and what follows it.
[[nodiscard]] maybe_mistake find_time_mistake(const mistaken_line& line);

// Each of the following adds readings: what the line should say instead.

/// For the value of a field, by the kind of its mistake.
void add_value_readings(mistake_finding& finding, std::string_view value,
                        const mistaken_line& line);
/// For mistakes whose repair follows from where they lie.
void add_plain_readings(mistake_finding& finding, const mistaken_line& line);
/// For a timestamp of another form at `finding.at`: the same time in the reader's unit.
void add_time_readings(mistake_finding& finding, const mistaken_line& line);
/// Invisible characters outside strings, all of them in one finding. `accepted`: of an accepted
/// line, where those that scripts and emoji need are no mistake.
[[nodiscard]] maybe_mistake find_invisible(std::string_view text, bool accepted);

/// The mistake of a rejected line, if it is a known one.
[[nodiscard]] maybe_mistake recognise(const mistaken_line& line);
[[nodiscard]] mistaken_line take_apart(const parse_error& error, std::int64_t unit_ns);

/// The mistakes that `advise` reports.
[[nodiscard]] std::vector<mistake_finding> find_doubts(const point_view& point,
                                                       const line_circumstances& circumstances);

/// Fills in the texts. `first_column` is the 1-based column of the first byte of `text`.
[[nodiscard]] diagnosis make_diagnosis(const mistake_texts& texts, const mistake_finding& finding,
                                       std::string_view text, std::uint64_t first_column);

}  // namespace weir
