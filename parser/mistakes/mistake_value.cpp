// SPDX-License-Identifier: Apache-2.0
//
// Values that no field can have: numbers, booleans and text as other languages, other countries and
// other formats spell them.
#include <algorithm>
#include <array>
#include <string>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

constexpr std::string_view digits = "0123456789";

template <std::size_t count>
bool is_one_of(const std::array<std::string_view, count>& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 4> not_numbers = {"nan", "nan(ind)", "1.#ind", "1.#qnan"};
constexpr std::array<std::string_view, 4> infinities = {"inf", "infinity", "1.#inf",
                                                        "\xE2\x88\x9E"};
constexpr std::array<std::string_view, 13> nulls = {
    "null", "nil",     "none",  "undefined", "n/a",    "na",  "-",
    "--",   "missing", "<nil>", "<null>",    "<none>", "#n/a"};
constexpr std::array<std::string_view, 11> booleans = {
    "true", "false", "yes", "no", "on", "off", "t", "f", "y", "enabled", "disabled"};
constexpr std::array<std::string_view, 8> quotes = {"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E",
                                                    "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9A",
                                                    "\xC2\xAB",     "\xC2\xBB"};
constexpr std::array<std::string_view, 13> suffixes = {"l", "f", "d",   "m", "ll",  "ul", "lu",
                                                       "u", "i", "ull", "n", "i32", "i64"};

// Words that stand for a missing or impossible value.
maybe_mistake find_word(std::string_view value) {
  const std::string word = lower(value);
  const bool has_sign = word.starts_with('-') || word.starts_with('+');
  const std::string_view bare = std::string_view{word}.substr(has_sign ? 1 : 0);
  if (bare.find(replacement_character_utf8) != std::string_view::npos) {
    return mistake_finding{mistake::replacement_character};
  }
  if (is_one_of(not_numbers, bare)) {
    return mistake_finding{mistake::not_a_number};
  }
  if (is_one_of(infinities, bare)) {
    return mistake_finding{mistake::infinity};
  }
  if (is_one_of(nulls, word)) {
    return mistake_finding{mistake::null_value};
  }
  if (is_one_of(booleans, word)) {
    return mistake_finding{mistake::misspelt_boolean};
  }
  if (is_placeholder(value)) {
    return mistake_finding{mistake::placeholder};
  }
  return std::nullopt;
}

maybe_mistake find_quotes(std::string_view value) {
  if (value.starts_with('\'') || value.starts_with('`')) {
    return mistake_finding{mistake::single_quotes};
  }
  if (value.starts_with("\\\"")) {
    return mistake_finding{mistake::escaped_quotes};
  }
  const auto begins_value = [&](std::string_view quote) { return value.starts_with(quote); };
  if (std::any_of(quotes.begin(), quotes.end(), begins_value)) {
    return mistake_finding{mistake::typographic_quotes};
  }
  if (value.ends_with('"')) {
    return mistake_finding{mistake::missing_opening_quote};
  }
  return std::nullopt;
}

// The longest beginning that is a number without a suffix.
std::size_t number_length(std::string_view value) noexcept {
  std::size_t end = value.find_first_not_of("-.0123456789");
  end = std::min(end, value.size());
  return is_plain_number(value.substr(0, end)) ? end : 0;
}

bool is_unit(std::string_view text) noexcept {
  constexpr std::size_t unit_bytes_max = 8;
  return text.size() <= unit_bytes_max &&
         text.find_first_of("0123456789.:-_\"=+") == std::string_view::npos;
}

bool has_grouped_digits(std::string_view value) noexcept {
  const std::string joined = without_groups(value);
  const std::string_view number = value.substr(0, value.find_last_not_of("iu") + 1);
  return joined.size() < value.size() && value[0] != '_' && is_decimal(number.back()) &&
         is_field_value(joined) && joined.find_first_of(digits) != std::string::npos;
}

// The length of a character that looks like a minus: minus sign, dashes, the wide hyphen.
std::size_t minus_sign_length(std::string_view value) noexcept {
  constexpr std::array<std::string_view, 5> signs = {"\xE2\x88\x92", "\xE2\x80\x93", "\xE2\x80\x94",
                                                     "\xEF\xB9\xA3", "\xEF\xBC\x8D"};
  for (const std::string_view sign : signs) {
    if (value.starts_with(sign)) {
      return sign.size();
    }
  }
  return 0;
}

// The length of a currency sign before a number, and of a minus before that sign.
std::size_t currency_length(std::string_view value) noexcept {
  constexpr std::array<std::string_view, 7> signs = {
      "$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5", "\xE2\x82\xB9", "US$", "\xE2\x82\xBF"};
  const std::size_t minus = value.starts_with('-') ? 1 : 0;
  for (const std::string_view sign : signs) {
    if (value.substr(minus).starts_with(sign)) {
      return minus + sign.size();
    }
  }
  return 0;
}

// 1.234.567
bool is_grouped_by_points(std::string_view value) noexcept {
  const std::string_view number = value.substr(value.starts_with('-') ? 1 : 0);
  const std::size_t first = std::min(number.find('.'), number.size());
  if (first == 0 || first > 3 || number[0] == '0' || (number.size() - first) % 4 != 0 ||
      number.size() < first + 8 || number.find_first_not_of("0123456789.") != number.npos) {
    return false;
  }
  for (std::size_t at = first; at < number.size(); at += 4) {
    if (number[at] != '.' || number.substr(at + 1, 3).find('.') != number.npos) {
      return false;
    }
  }
  return true;
}

maybe_mistake find_number(std::string_view value) {
  const bool has_minus = value.starts_with('-');
  if (const std::size_t sign = minus_sign_length(value);
      sign > 0 && sign < value.size() &&
      (value[sign] == '.' || digits.find(value[sign]) != digits.npos)) {
    return mistake_finding{mistake::unicode_minus};
  }
  if (const std::size_t sign = currency_length(value);
      sign > 0 && is_field_number(value.substr(sign))) {
    mistake_finding finding{mistake::number_with_unit};
    finding.second = value.substr(sign);
    return finding;
  }
  if (is_grouped_by_points(value)) {
    return mistake_finding{mistake::grouped_digits};
  }
  const std::string word = lower(value.substr(has_minus ? 1 : 0));
  if (value.starts_with('+') && is_field_value(value.substr(1))) {
    return mistake_finding{mistake::number_with_plus};
  }
  if (word.starts_with("0x") || word.starts_with("0b") || word.starts_with("0o")) {
    return mistake_finding{mistake::number_in_hexadecimal};
  }
  const char last = value.back();
  if ((last == 'i' || last == 'u') && is_plain_number(value.substr(0, value.size() - 1))) {
    const bool is_whole = word.find_first_of(".e") == std::string::npos;
    return mistake_finding{is_whole ? mistake::negative_unsigned : mistake::integer_with_fraction};
  }
  const std::size_t length = number_length(value);
  const std::string_view rest = value.substr(length);
  if (length == 0 || rest.empty()) {
    return std::nullopt;
  }
  mistake_finding finding;
  finding.second = value.substr(0, length);
  if (rest == "L" || rest == "l") {
    finding.kind = mistake::java_long;
  } else if (is_one_of(suffixes, lower(rest))) {
    finding.kind = mistake::number_suffix;
  } else if (has_grouped_digits(value)) {
    finding.kind = mistake::grouped_digits;
  } else if (is_unit(rest)) {
    finding.kind = mistake::number_with_unit;
  } else {
    return std::nullopt;
  }
  return finding;
}

maybe_mistake find_bytes(std::string_view value) {
  const std::size_t carriage_return = value.find('\r');
  if (carriage_return != std::string_view::npos) {
    return mistake_finding{mistake::carriage_return, carriage_return};
  }
  const std::size_t nul = value.find('\0');
  if (nul != std::string_view::npos) {
    return mistake_finding{mistake::nul_byte, nul};
  }
  const std::size_t tab = value.find('\t');
  if (tab != std::string_view::npos) {
    return mistake_finding{mistake::tab_for_space, tab};
  }
  return std::nullopt;
}

// The key of the field whose value begins at `value`.
std::string_view key_before(const mistaken_line& line, std::size_t value) noexcept {
  std::size_t begin = value - std::min<std::size_t>(value, 1);
  while (begin > line.fields_begin &&
         (line.text[begin - 1] != ',' || (begin > 1 && line.text[begin - 2] == '\\'))) {
    --begin;
  }
  return line.text.substr(begin, value - std::min<std::size_t>(value, 1) - begin);
}

// For a string that is not closed: it ends before the timestamp, or at the end of the line.
void add_string_readings(mistake_finding& finding, const mistaken_line& line) {
  const std::string_view text = line.text.substr(0, line.text.find('\n'));
  if (finding.at >= text.size() || finding.at == 0 || text[finding.at - 1] != '=') {
    return;
  }
  const std::size_t end = find_text_end(text, finding.at);
  const std::string_view string = text.substr(finding.at + 1, end - finding.at - 1);
  if (text.size() < line.text.size() || string.empty()) {
    return;
  }
  if (finding.kind == mistake::quote_in_string && string.ends_with('"') &&
      !string.ends_with("\\\"")) {
    const std::string inner = escaped(string.substr(0, string.size() - 1), "\"");
    finding.readings.push_back({{}, {{finding.at + 1, string.size() - 1, inner}}});
  } else if (finding.kind == mistake::missing_closing_quote && string.ends_with("\\\"")) {
    // "C:\" escapes its own closing quote.
    finding.readings.push_back({{}, {{end - 1, 0, "\\"}}});
  } else if (finding.kind == mistake::missing_closing_quote) {
    const bool ends_so = end == text.find_last_not_of(' ') + 1 && string.find(' ') == string.npos;
    finding.readings.push_back({ends_so ? "" : "the text ends there", {{end, 0, "\""}}});
  }
}

}  // namespace

maybe_mistake find_string_mistake(const mistaken_line& line) {
  const std::size_t first_feed = line.text.find('\n');
  if (line.code == parse_code::unbalanced_quotes) {
    mistake_finding finding{mistake::missing_closing_quote, line.at};
    add_string_readings(finding, line);
    return finding;
  }
  if (line.code == parse_code::shield_text_after_quote) {
    const std::size_t close = find_closing_quote(line.text, line.at);
    if (close + 1 < line.text.size() && line.text[close + 1] == '\0') {
      return mistake_finding{mistake::nul_byte, close + 1};
    }
    if (first_feed > line.at && first_feed < close) {
      return mistake_finding{mistake::missing_closing_quote, line.at};
    }
    mistake_finding finding{mistake::quote_in_string, line.at};
    add_string_readings(finding, line);
    finding.at = close;
    return finding;
  }
  // A string that is not closed and goes on over a line feed, so that the rest makes no sense.
  const bool is_structure = line.code == parse_code::invalid_field_format ||
                            line.code == parse_code::bad_timestamp ||
                            line.code == parse_code::point_is_invalid;
  const std::size_t quote = line.text.substr(0, first_feed).rfind("=\"");
  if (is_structure && first_feed < line.at && quote != std::string_view::npos) {
    return mistake_finding{mistake::missing_closing_quote, quote + 1};
  }
  return std::nullopt;
}

maybe_mistake find_value_mistake(const mistaken_line& line) {
  const std::string_view value = line.span;
  const std::size_t begin = line.offset(value);
  if (line.code != parse_code::invalid_boolean && line.code != parse_code::invalid_number) {
    return std::nullopt;
  }
  if (value.empty()) {
    return std::nullopt;
  }
  if (auto finding = find_bytes(value)) {
    finding->at += begin;
    return finding;
  }
  mistake_finding finding;
  if (value.starts_with('=')) {
    finding.kind = mistake::double_equals;
  } else if (const auto quote = find_quotes(value)) {
    finding = *quote;
  } else if (const auto word = find_word(value)) {
    finding = *word;
  } else if (const auto number = find_number(value)) {
    finding = *number;
  } else {
    finding.kind = mistake::unquoted_string;
  }
  finding.at = begin;
  finding.length = value.size();
  finding.first = value;
  if (finding.second.empty()) {
    finding.second = key_before(line, begin);
  }
  add_value_readings(finding, value, line);
  return finding;
}

}  // namespace weir
