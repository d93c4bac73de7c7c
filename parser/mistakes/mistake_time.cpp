// SPDX-License-Identifier: Apache-2.0
//
// Mistakes where the timestamp belongs, and behind it.
#include <algorithm>
#include <array>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"
#include "parser/mistakes/time_units.hpp"
#include "parser/number.hpp"

namespace weir {
namespace {

constexpr std::string_view digits = "0123456789";

std::size_t count_digits(std::string_view word) noexcept {
  return std::min(word.find_first_not_of(digits), word.size());
}

bool is_comment(std::string_view text) noexcept {
  return text.starts_with('#') || text.starts_with("//");
}

// A pair that is neither timestamp nor comment: of tags or of fields?
mistake_finding pair_behind_fields(const mistaken_line& line, std::string_view word) {
  const std::string_view item = item_at(word, 0);
  const std::string_view pair = is_pair(item) ? item : word;
  const std::string_view value = pair.substr(find_bare(pair, "=", 0) + 1);
  mistake_finding finding{mistake::tag_after_fields, line.offset(word), word.size(), pair,
                          line.text.substr(0, line.series_end)};
  if (is_field_value(value)) {
    finding.kind = mistake::space_in_fields;
    finding.at = line.text.find_last_not_of(' ', finding.at - 1) + 1;
    finding.length = line.offset(word) - finding.at;
  }
  return finding;
}

// How programs spell a time that is missing.
bool is_null(std::string_view word) noexcept {
  constexpr std::array<std::string_view, 10> nulls = {"null", "nil", "None", "NaN", "nan",
                                                      "NULL", "-",   "NaT",  "NA",  "undefined"};
  return std::find(nulls.begin(), nulls.end(), word) != nulls.end();
}

// 1586844081000000000mem v=2: the next point begins where the digits end.
maybe_mistake glued_point(const mistaken_line& line, std::string_view word) {
  const std::size_t length =
      count_digits(word.substr(word.starts_with('-') ? 1 : 0)) + (word.starts_with('-') ? 1 : 0);
  const std::string_view rest = word.substr(length);
  const std::string_view next =
      word_at(line.text, skip_spaces(line.text, line.offset(word) + word.size()));
  const bool is_name = !rest.empty() && rest.find_first_of(".:'\"+") != 0 &&
                       !is_pair(rest.substr(0, rest.find(',')));
  if (!is_timestamp_like(word.substr(0, length)) || !is_name || !is_pair(next)) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::second_point, line.offset(rest), rest.size(), rest};
  finding.readings.push_back({{}, {{finding.at, 0, "\n"}}});
  return finding;
}

// The unit of a number, behind a space: v=5 ms.
maybe_mistake unit_apart(const mistaken_line& line, std::string_view word) {
  constexpr std::array<std::string_view, 33> units = {"percent",
                                                      "USD",
                                                      "EUR",
                                                      "\xE2\x82\xAC",
                                                      "$",
                                                      "seconds",
                                                      "degrees",
                                                      "ppm",
                                                      "rpm",
                                                      "%",
                                                      "ms",
                                                      "s",
                                                      "us",
                                                      "ns",
                                                      "B",
                                                      "KB",
                                                      "MB",
                                                      "GB",
                                                      "TB",
                                                      "MiB",
                                                      "GiB",
                                                      "KiB",
                                                      "C",
                                                      "F",
                                                      "V",
                                                      "W",
                                                      "kW",
                                                      "Hz",
                                                      "Pa",
                                                      "hPa",
                                                      "\xC2\xB0"
                                                      "C",
                                                      "\xC2\xB0",
                                                      "bytes"};
  const std::size_t begin = line.offset(word);
  const std::size_t end =
      line.text.find_last_not_of(' ', begin - std::min<std::size_t>(begin, 1)) + 1;
  const std::size_t value = line.text.find_last_of("= ", end - 1) + 1;
  const bool is_unit =
      std::find(units.begin(), units.end(), word) != units.end() || is_known_unit(word);
  if (!is_unit || value > end || !is_field_number(line.text.substr(value, end - value))) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::number_with_unit, value, begin + word.size() - value,
                          line.text.substr(value, begin + word.size() - value),
                          line.text.substr(value, end - value)};
  finding.readings.push_back({{}, {{end, begin + word.size() - end, ""}}});
  return finding;
}

// 31.12.2024
bool is_dotted_date(std::string_view word) noexcept {
  const std::size_t first = count_digits(word);
  const std::string_view rest = word.substr(std::min(first + 1, word.size()));
  const std::size_t second = count_digits(rest);
  return first > 0 && first <= 2 && second > 0 && second <= 2 && word[first] == '.' &&
         second + 1 < rest.size() && rest[second] == '.' &&
         count_digits(rest.substr(second + 1)) >= 2;
}

bool is_date(std::string_view word) noexcept {
  const std::size_t first = count_digits(word);
  if (is_dotted_date(word)) {
    return true;
  }
  if (first == 0 || first == word.size()) {
    return word.starts_with("now");
  }
  const bool has_second = first + 1 < word.size() && is_decimal(word[first + 1]);
  const char next = word[first];
  return has_second && (next == '-' || next == '/' || next == ':' || (next == 'T' && first >= 8));
}

// A mistake that begins with digits, recognised by the bytes that follow them.
maybe_mistake bad_digits(std::string_view word) {
  const std::string_view number = word.substr(word.starts_with('-') ? 1 : 0);
  const std::size_t length = count_digits(number);
  if (length == 0 || length == number.size()) {
    return std::nullopt;
  }
  const char next = number[length];
  const bool has_digit = count_digits(number.substr(length + 1)) > 0;
  if (next == ',' && std::count(number.begin(), number.end(), ',') > 1) {
    return mistake_finding{mistake::grouped_digits};
  }
  if ((next == '.' || next == ',') && (has_digit || length + 1 == number.size())) {
    const bool has_exponent = number.find_first_of("eE") != std::string_view::npos;
    return mistake_finding{has_exponent ? mistake::timestamp_exponent
                                        : mistake::timestamp_fraction};
  }
  if ((next == 'e' || next == 'E') &&
      number.find_first_not_of("+-0123456789", length + 1) == std::string_view::npos) {
    return mistake_finding{mistake::timestamp_exponent};
  }
  return mistake_finding{mistake::timestamp_suffix};
}

// [1586844081], (1586844081) and <1586844081>.
maybe_mistake bracketed_number(std::string_view word, std::size_t begin) {
  const bool has_brackets = word.size() > 2 && ((word.front() == '[' && word.back() == ']') ||
                                                (word.front() == '(' && word.back() == ')') ||
                                                (word.front() == '<' && word.back() == '>'));
  if (!has_brackets || !is_timestamp_like(word.substr(1, word.size() - 2))) {
    return std::nullopt;
  }
  return mistake_finding{mistake::timestamp_quoted, begin, word.size(), word};
}

// time:1586844081
maybe_mistake time_with_colon(std::string_view word, std::size_t begin) {
  for (const std::string_view name : {"time:", "timestamp:", "ts:"}) {
    if (word.starts_with(name) && is_timestamp_like(word.substr(name.size()))) {
      mistake_finding finding{mistake::timestamp_named, begin, name.size(),
                              word.substr(0, name.size() - 1)};
      finding.readings.push_back({{}, {{begin, name.size(), ""}}});
      return finding;
    }
  }
  return std::nullopt;
}

// A number or a date in quotes; a date may hold a space.
maybe_mistake quoted_time(const mistaken_line& line, std::string_view word) {
  const std::size_t begin = line.offset(word);
  const bool is_number =
      word.size() > 2 && word.back() == word.front() &&
      count_digits(word.substr(word[1] == '-' ? 2 : 1)) + (word[1] == '-' ? 3 : 2) == word.size();
  const std::string_view rest =
      line.text.substr(begin, line.text.find_last_not_of(' ') + 1 - begin);
  const bool is_quoted_date = rest.size() > 2 && rest.back() == rest.front() &&
                              rest.find(rest.front(), 1) == rest.size() - 1 &&
                              is_date(rest.substr(1, rest.size() - 2));
  if (!is_number && !is_quoted_date) {
    return std::nullopt;
  }
  return mistake_finding{mistake::timestamp_quoted, begin,
                         is_quoted_date ? rest.size() : word.size(), word};
}

maybe_mistake bad_timestamp(const mistaken_line& line) {
  const std::size_t begin = line.offset(line.span);
  const std::string_view word = word_at(line.text, begin);
  if (word.empty()) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::comment_after_point, begin, word.size(), word};
  const std::size_t carriage_return = word.find('\r');
  const std::size_t tab = word.find('\t');
  if (carriage_return != std::string_view::npos) {
    return mistake_finding{mistake::carriage_return, begin + carriage_return};
  }
  const std::size_t nul = word.find('\0');
  if (nul != std::string_view::npos) {
    return mistake_finding{mistake::nul_byte, begin + nul};
  }
  if (tab != std::string_view::npos) {
    return mistake_finding{mistake::tab_for_space, begin + tab};
  }
  if (is_comment(word)) {
    return finding;
  }
  if (word.starts_with(',')) {
    const std::size_t space = line.text.find_last_not_of(' ', begin - 1) + 1;
    return mistake_finding{mistake::space_before_comma, space, begin - space};
  }
  if (auto glued = glued_point(line, word)) {
    return glued;
  }
  if (auto unit = unit_apart(line, item_at(word, 0)); unit && word.find(',') != word.npos) {
    return unit;
  }
  if (is_pair(word)) {
    return pair_behind_fields(line, word);
  }
  if (word.starts_with('"') || word.starts_with('\'')) {
    return quoted_time(line, word);
  }
  if (word.starts_with('+') && count_digits(word.substr(1)) + 1 == word.size()) {
    finding.kind = mistake::number_with_plus;
    return finding;
  }
  if (is_date(word)) {
    finding.kind = mistake::timestamp_date;
    return finding;
  }
  if (is_null(word)) {
    finding.kind = mistake::timestamp_null;
    return finding;
  }
  if (auto unit = unit_apart(line, word)) {
    return unit;
  }
  if (is_placeholder(word)) {
    finding.kind = mistake::placeholder;
    return finding;
  }
  if (auto number = bracketed_number(word, begin)) {
    return number;
  }
  if (auto named = time_with_colon(word, begin)) {
    return named;
  }
  if (const auto number = bad_digits(word)) {
    finding.kind = number->kind;
    return finding;
  }
  return std::nullopt;
}

maybe_mistake text_after_timestamp(const mistaken_line& line) {
  const std::size_t begin = line.at;
  const std::string_view word = word_at(line.text, begin);
  if (is_comment(word)) {
    return mistake_finding{mistake::comment_after_point, begin, line.text.size() - begin};
  }
  const std::string_view next = word_at(line.text, skip_spaces(line.text, begin + word.size()));
  if (is_pair(next)) {
    mistake_finding finding{mistake::second_point, begin, word.size(), word};
    finding.readings.push_back({{}, {{begin, 0, "\n"}}});
    return finding;
  }
  if (is_pair(word)) {
    return mistake_finding{mistake::tag_after_fields, begin, word.size(), item_at(word, 0),
                           line.text.substr(0, line.series_end)};
  }
  return std::nullopt;
}

maybe_mistake wrong_unit(const mistaken_line& line) {
  std::int64_t number = 0;
  if (parse_int64(line.span, number) != number_error::none) {
    return std::nullopt;
  }
  const std::int64_t better = find_plausible_unit(number, 0);
  if (better == 0) {
    return std::nullopt;
  }
  return mistake_finding{mistake::timestamp_unit,
                         line.offset(line.span),
                         line.span.size(),
                         {},
                         {},
                         "Read as the request's precision says, this timestamp lies outside the "
                         "years 1677 to 2262. " +
                             describe_plausible(number, better)};
}

}  // namespace

maybe_mistake find_time_mistake(const mistaken_line& line) {
  maybe_mistake finding;
  if (line.code == parse_code::bad_timestamp) {
    finding = bad_timestamp(line);
  } else if (line.code == parse_code::point_is_invalid) {
    finding = text_after_timestamp(line);
  } else if (line.code == parse_code::time_outside_range) {
    finding = wrong_unit(line);
  } else if (line.code == parse_code::timestamp_syntax) {
    finding = mistake_finding{mistake::timestamp_null, line.offset(line.span), line.span.size(),
                              line.span};
  }
  if (finding && finding->readings.empty()) {
    add_time_readings(*finding, line);
  }
  return finding;
}

}  // namespace weir
