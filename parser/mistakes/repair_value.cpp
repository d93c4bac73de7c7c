// SPDX-License-Identifier: Apache-2.0
//
// Writes wrong values of fields as they were probably meant. Numbers are converted: 0x1F becomes
// 31i.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "parser/mistakes/mistake.hpp"
#include "parser/number.hpp"

namespace weir {
namespace {

constexpr std::string_view digits = "0123456789";

bool is_whole(std::string_view number) noexcept {
  const std::string_view bare = number.substr(number.starts_with('-') ? 1 : 0);
  return !bare.empty() && bare.find_first_not_of(digits) == std::string_view::npos;
}

// "1.0" and "1e3" as integers; empty for numbers that are not whole or that a float may not hold.
std::string integer_of(std::string_view number) {
  if (is_whole(number)) {
    return std::string{number};
  }
  double value = 0;
  if (parse_double(number, value) != number_error::none || std::floor(value) != value ||
      std::abs(value) > static_cast<double>(exact_integer_max)) {
    return {};
  }
  return std::to_string(static_cast<std::int64_t>(value));
}

// The number with the suffix that line protocol has for a suffix of another language.
std::string suffixed(std::string_view number, std::string_view suffix) {
  const std::string kind = lower(suffix);
  const bool is_float = kind == "f" || kind == "d" || kind == "m";
  const std::string integer = is_float ? std::string{} : integer_of(number);
  if (integer.empty()) {
    return std::string{number};
  }
  const bool is_unsigned = kind.find('u') != std::string::npos && !integer.starts_with('-');
  return integer + (is_unsigned ? 'u' : 'i');
}

std::string decimal_of(std::string_view value) {
  const bool has_minus = value.starts_with('-');
  value.remove_prefix(has_minus ? 1 : 0);
  const std::string prefix = lower(value.substr(0, 2));
  const int base = prefix == "0x" ? 16 : prefix == "0b" ? 2 : 8;
  value.remove_prefix(std::min<std::size_t>(2, value.size()));
  while (!value.empty() && (value.back() == 'i' || value.back() == 'u' || value.back() == 'L' ||
                            value.back() == 'U')) {
    value.remove_suffix(1);
  }
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), number, base);
  if (error != std::errc{} || end != value.data() + value.size()) {
    return {};
  }
  constexpr std::uint64_t integer_max = std::uint64_t{1} << 63U;
  if (number >= integer_max) {
    return has_minus ? std::string{} : std::to_string(number) + 'u';
  }
  return (has_minus ? "-" : "") + std::to_string(number) + 'i';
}

// The number without the signs between its groups of digits, such as the points of 1.000.000.
std::string ungrouped(std::string_view value) {
  std::string joined = without_groups(value);
  if (std::count(joined.begin(), joined.end(), '.') > 1) {
    joined.erase(std::remove(joined.begin(), joined.end(), '.'), joined.end());
  }
  return joined;
}

struct quote_kind {
  std::string_view open;
  std::array<std::string_view, 3> close;
};
constexpr std::array<quote_kind, 9> quote_kinds = {
    {{"'", {"'", "'", "'"}},
     {"`", {"`", "'", "`"}},
     {"\\\"", {"\\\"", "\"", "\\\""}},
     {"\xE2\x80\x9C", {"\xE2\x80\x9D", "\xE2\x80\x9C", "\""}},
     {"\xE2\x80\x9D", {"\xE2\x80\x9D", "\xE2\x80\x9C", "\""}},
     {"\xE2\x80\x9E", {"\xE2\x80\x9C", "\xE2\x80\x9D", "\""}},
     {"\xE2\x80\x98", {"\xE2\x80\x99", "\xE2\x80\x98", "'"}},
     {"\xE2\x80\x99", {"\xE2\x80\x99", "\xE2\x80\x98", "'"}},
     {"\xC2\xAB", {"\xC2\xBB", "\xC2\xBB", "\xC2\xBB"}}}};

// The value that begins at `begin` in quotes of another kind, as a string in double quotes.
void read_quotes(const mistaken_line& line, std::size_t begin, mistake_finding& finding) {
  const std::string_view text = line.text;
  for (const quote_kind& kind : quote_kinds) {
    if (!text.substr(begin).starts_with(kind.open)) {
      continue;
    }
    const std::size_t from = begin + kind.open.size();
    std::size_t close = std::string_view::npos;
    std::size_t close_size = 0;
    for (const std::string_view sign : kind.close) {
      std::size_t at = text.find(sign, from);
      // Of several closing quotes, the first one behind which the value can end: 'it's'.
      while (at != std::string_view::npos && at + sign.size() < text.size() &&
             text[at + sign.size()] != ',' && text[at + sign.size()] != ' ') {
        at = text.find(sign, at + sign.size());
      }
      if (at < close) {
        close = at;
        close_size = sign.size();
      }
    }
    if (close == std::string_view::npos) {
      return;
    }
    std::string inner{text.substr(from, close - from)};
    if (kind.open == "\\\"") {
      inner = inner.ends_with('\\') ? inner.substr(0, inner.size() - 1) : inner;
    }
    finding.readings.push_back({{}, {{begin, close + close_size - begin, quoted_string(inner)}}});
    return;
  }
}

// Removes the field whose value this is, with one comma beside it; empty if it is the only field.
line_edits without_field(const mistaken_line& line, std::string_view value) {
  const std::size_t behind = line.offset(value) + value.size();
  const std::size_t equals = line.offset(value) - std::min<std::size_t>(1, line.offset(value));
  const std::size_t key = line.text.find_last_of(" ,", equals) + 1;
  if (key > line.fields_begin && line.text[key - 1] == ',') {
    return {{key - 1, behind - key + 1, ""}};
  }
  if (behind < line.text.size() && line.text[behind] == ',') {
    return {{key, behind + 1 - key, ""}};
  }
  return {};
}

// Text without quotes: a string or, moved before the first space, a tag.
void read_text(std::string_view value, const mistaken_line& line, mistake_finding& finding) {
  const std::size_t begin = line.offset(value);
  const std::size_t end = find_text_end(line.text, begin);
  const std::string_view text = line.text.substr(begin, end - begin);
  const bool ends_in_quote = text.find('"') + 1 == text.size();
  finding.readings.push_back(
      {{},
       {{begin, text.size(),
         quoted_string(text.substr(0, text.size() - (ends_in_quote ? 1 : 0)))}}});
  const line_edits removed = without_field(line, text);
  const std::size_t key = line.text.find_last_of(" ,", begin) + 1;
  const bool is_simple = text.find_first_of(" ,=\"\\") == std::string_view::npos;
  if (removed.empty() || !is_simple || key >= begin || line.series_end >= removed.front().at) {
    return;
  }
  const std::string pair{line.text.substr(key, end - key)};
  finding.readings[0].condition =
      "`" + std::string{finding.second} + "` is a field that holds text";
  finding.readings.push_back({"it is a tag", {{line.series_end, 0, "," + pair}, removed.front()}});
}

}  // namespace

bool is_known_unit(std::string_view unit) {
  constexpr std::array<std::string_view, 60> units = {"%",
                                                      "ms",
                                                      "s",
                                                      "sec",
                                                      "us",
                                                      "\xC2\xB5s",
                                                      "ns",
                                                      "min",
                                                      "h",
                                                      "hr",
                                                      "d",
                                                      "days",
                                                      "b",
                                                      "kb",
                                                      "mb",
                                                      "gb",
                                                      "tb",
                                                      "kib",
                                                      "mib",
                                                      "gib",
                                                      "tib",
                                                      "k",
                                                      "g",
                                                      "t",
                                                      "c",
                                                      "\xC2\xB0"
                                                      "c",
                                                      "\xC2\xB0"
                                                      "f",
                                                      "\xC2\xB0",
                                                      "w",
                                                      "kw",
                                                      "kwh",
                                                      "wh",
                                                      "v",
                                                      "mv",
                                                      "a",
                                                      "ma",
                                                      "hz",
                                                      "khz",
                                                      "mhz",
                                                      "ghz",
                                                      "pa",
                                                      "hpa",
                                                      "kpa",
                                                      "bar",
                                                      "mbar",
                                                      "rpm",
                                                      "kg",
                                                      "mm",
                                                      "cm",
                                                      "km",
                                                      "km/h",
                                                      "m/s",
                                                      "bps",
                                                      "kbps",
                                                      "mbps",
                                                      "gbps",
                                                      "bytes",
                                                      "ppm",
                                                      "\xE2\x82\xAC",
                                                      "db"};
  const std::string word = lower(unit);
  return std::find(units.begin(), units.end(), word) != units.end();
}

namespace {

void read_unit(std::string_view value, std::string_view number, const mistaken_line& line,
               mistake_finding& finding) {
  const std::size_t at = line.offset(value);
  const std::size_t begin = line.offset(number);
  const std::string_view unit =
      begin > at ? value.substr(0, begin - at) : value.substr(number.size());
  const std::string sign = begin > at && value.starts_with('-') ? "-" : "";
  const line_reading bare{{}, {{at, value.size(), sign + std::string{number}}}};
  const line_reading text{{}, {{at, value.size(), quoted_string(value)}}};
  if (begin > at || is_known_unit(unit)) {
    finding.readings = {bare};
    return;
  }
  finding.readings = {text, bare};
  finding.readings[0].condition = "the value is text";
  finding.readings[1].condition = "it is a number with a unit";
}

void read_boolean(std::string_view value, const mistaken_line& line, mistake_finding& finding) {
  const std::string word = lower(value);
  constexpr std::array<std::string_view, 6> yes = {"true", "yes", "on", "t", "y", "enabled"};
  const bool is_true = std::find(yes.begin(), yes.end(), word) != yes.end();
  const std::size_t at = line.offset(value);
  finding.readings.push_back({{}, {{at, value.size(), is_true ? "true" : "false"}}});
  if (word != "true" && word != "false") {
    finding.readings[0].condition = "the value is a boolean";
    finding.readings.push_back({"it is text", {{at, value.size(), quoted_string(value)}}});
  }
}

void replace(std::string_view value, std::string with, const mistaken_line& line,
             mistake_finding& finding) {
  if (is_field_value(with)) {
    finding.readings.push_back({{}, {{line.offset(value), value.size(), std::move(with)}}});
  }
}

std::string without_minus_sign(std::string_view value) {
  const std::size_t sign = value.find_first_of("0123456789.");
  return sign == std::string_view::npos ? std::string{} : "-" + std::string{value.substr(sign)};
}

}  // namespace

namespace {

using value_repair = void (*)(std::string_view, const mistaken_line&, mistake_finding&);

void read_integer(std::string_view value, const mistaken_line& line, mistake_finding& finding) {
  const std::string_view number = value.substr(0, value.size() - 1);
  const std::string integer = integer_of(number);
  const bool is_negative = integer.starts_with('-') && value.back() == 'u';
  const char last = is_negative ? 'i' : value.back();
  replace(value, integer.empty() ? std::string{number} : integer + last, line, finding);
}

void read_suffix(std::string_view value, const mistaken_line& line, mistake_finding& finding) {
  const std::size_t suffix = std::min(value.find_first_not_of("-.0123456789"), value.size());
  replace(value, suffixed(value.substr(0, suffix), value.substr(suffix)), line, finding);
}

void leave_out(std::string_view value, const mistaken_line& line, mistake_finding& finding) {
  if (line_edits removed = without_field(line, value); !removed.empty()) {
    finding.readings.push_back({{}, std::move(removed)});
  }
}

void read_half_quoted(std::string_view value, const mistaken_line& line, mistake_finding& finding) {
  const std::string_view bare = value.substr(0, value.size() - 1);
  const std::size_t at = line.offset(value);
  if (is_field_value(bare)) {
    finding.readings.push_back({"the value is no text", {{at, value.size(), std::string{bare}}}});
    finding.readings.push_back({"it is text", {{at, 0, "\""}}});
  } else {
    finding.readings.push_back({{}, {{at, 0, "\""}}});
  }
}

void read_other_quotes(std::string_view value, const mistaken_line& line,
                       mistake_finding& finding) {
  read_quotes(line, line.offset(value), finding);
}

struct repair_row {
  mistake kind;
  value_repair add;
};
constexpr std::array<repair_row, 20> repairs = {{
    {mistake::number_in_hexadecimal,
     [](std::string_view value, const mistaken_line& line, mistake_finding& finding) {
       replace(value, decimal_of(value), line, finding);
     }},
    {mistake::number_suffix, read_suffix},
    {mistake::java_long, read_suffix},
    {mistake::number_with_plus,
     [](std::string_view value, const mistaken_line& line, mistake_finding& finding) {
       replace(value, std::string{value.substr(1)}, line, finding);
     }},
    {mistake::unicode_minus,
     [](std::string_view value, const mistaken_line& line, mistake_finding& finding) {
       // Anything wrong behind the number is a mistake of its own.
       finding.readings.push_back(
           {{}, {{line.offset(value), value.size(), without_minus_sign(value)}}});
     }},
    {mistake::grouped_digits,
     [](std::string_view value, const mistaken_line& line, mistake_finding& finding) {
       replace(value, ungrouped(value), line, finding);
     }},
    {mistake::negative_unsigned,
     [](std::string_view value, const mistaken_line& line, mistake_finding& finding) {
       replace(value, std::string{value.substr(0, value.size() - 1)} + 'i', line, finding);
     }},
    {mistake::integer_with_fraction, read_integer},
    {mistake::number_with_unit,
     [](std::string_view value, const mistaken_line& line, mistake_finding& finding) {
       read_unit(value, finding.second, line, finding);
     }},
    {mistake::misspelt_boolean, read_boolean},
    {mistake::not_a_number, leave_out},
    {mistake::infinity, leave_out},
    {mistake::empty_field, leave_out},
    {mistake::null_value, leave_out},
    {mistake::replacement_character, leave_out},
    {mistake::single_quotes, read_other_quotes},
    {mistake::escaped_quotes, read_other_quotes},
    {mistake::typographic_quotes, read_other_quotes},
    {mistake::missing_opening_quote, read_half_quoted},
    {mistake::unquoted_string, read_text},
}};

}  // namespace

void add_value_readings(mistake_finding& finding, std::string_view value,
                        const mistaken_line& line) {
  for (const repair_row& row : repairs) {
    if (row.kind == finding.kind) {
      row.add(value, line, finding);
    }
  }
}

}  // namespace weir
