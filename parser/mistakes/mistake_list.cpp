// SPDX-License-Identifier: Apache-2.0
//
// Spaces, tabs, commas and equals signs in the wrong place.
#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

char byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? text[at] : '\n';
}

mistake_finding spaces(mistake kind, const mistaken_line& line, std::size_t at) {
  return {kind, at, std::max<std::size_t>(1, skip_spaces(line.text, at) - at)};
}

maybe_mistake missing_tag_key(const mistaken_line& line) {
  switch (byte_at(line.text, line.at)) {
    case ' ':
      return spaces(mistake::space_after_comma, line, line.at);
    case ',':
      return mistake_finding{mistake::double_comma, line.at};
    case '\n':
      return mistake_finding{mistake::trailing_comma, line.at - std::min<std::size_t>(line.at, 1)};
    default:
      return std::nullopt;
  }
}

// host= without a value: the tag is left out.
maybe_mistake empty_tag(const mistaken_line& line) {
  const std::size_t end = line.at;
  const char next = byte_at(line.text, end);
  if (end == 0 || line.text[end - 1] != '=' || (next != ' ' && next != ',')) {
    return std::nullopt;
  }
  const std::size_t comma = line.text.rfind(',', end - 1);
  if (comma == std::string_view::npos || comma == 0 || line.text[comma - 1] == '\\') {
    return std::nullopt;
  }
  mistake_finding finding{mistake::empty_tag, comma + 1, end - comma - 1,
                          line.text.substr(comma + 1, end - comma - 2)};
  finding.readings.push_back({{}, {{comma, end - comma, ""}}});
  return finding;
}

// a=b=c: the second equals sign belongs to the value.
maybe_mistake equals_in_tag(const mistaken_line& line) {
  const std::string_view text = line.text;
  const std::size_t comma = text.rfind(',', line.at);
  if (comma == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view item = item_at(text, comma + 1);
  const std::size_t equals = find_bare(item, "=", 0);
  const std::size_t second = find_bare(item, "=", equals + 1);
  if (second >= item.size() || equals == 0) {
    return std::nullopt;
  }
  const std::size_t value = comma + 1 + equals + 1;
  const std::string_view rest = item.substr(equals + 1);
  mistake_finding finding{mistake::equals_in_tag, comma + 1 + second};
  finding.readings.push_back({{}, {{value, rest.size(), escaped(rest, "=")}}});
  return finding;
}

maybe_mistake missing_tag_value(const mistaken_line& line) {
  const std::string_view text = line.text;
  if (auto finding = empty_tag(line)) {
    return finding;
  }
  if (byte_at(text, line.at) != ' ') {
    return std::nullopt;
  }
  const std::size_t next = skip_spaces(text, line.at);
  if (byte_at(text, next) == '=') {
    return spaces(mistake::space_before_equals, line, line.at);
  }
  if (line.span.starts_with('"')) {
    return mistake_finding{mistake::quoted_name, line.offset(line.span), line.span.size(),
                           line.span};
  }
  return std::nullopt;
}

maybe_mistake missing_fields(const mistaken_line& line) {
  const std::size_t last_comma = line.text.rfind(',');
  if (line.has_tags() && is_field_value(line.text.substr(line.text.rfind('=') + 1))) {
    return mistake_finding{mistake::space_missing, last_comma};
  }
  return std::nullopt;
}

maybe_mistake missing_field_value(const mistaken_line& line) {
  const std::vector<line_word> words = split_words(line.text);
  if (words.size() < 2) {
    return std::nullopt;
  }
  for (const line_item& item : words[1].items) {
    if (item.is_pair && item.value.empty()) {
      mistake_finding finding{mistake::empty_field, line.offset(item.text), item.text.size(),
                              item.key};
      add_value_readings(finding, item.value, line);
      return finding;
    }
  }
  return std::nullopt;
}

// The first item of the field set that is no pair. `begin`: where it begins in the line, or where
// the field set ends if all are pairs.
std::string_view find_bad_item(const mistaken_line& line, std::string_view fields,
                               std::size_t& begin) noexcept {
  std::size_t at = 0;
  while (at < fields.size()) {
    const std::size_t length = find_value_end(fields.substr(at));
    const std::string_view item = fields.substr(at, length);
    begin = line.fields_begin + at;
    if (!is_pair(item)) {
      return item;
    }
    at += length + 1;
  }
  begin = line.fields_begin + fields.size();
  return {};
}

maybe_mistake empty_item(const mistaken_line& line, std::size_t begin, std::size_t fields_end) {
  const std::string_view text = line.text;
  if (begin == line.fields_begin && byte_at(text, begin) == ',') {
    return spaces(mistake::space_before_comma, line, line.series_end);
  }
  if (begin < fields_end) {
    return mistake_finding{mistake::double_comma, begin};
  }
  if (begin == 0 || text[begin - 1] != ',') {
    return std::nullopt;
  }
  const std::string_view next = word_at(text, skip_spaces(text, fields_end));
  if (is_pair(next)) {
    return spaces(mistake::space_after_comma, line, fields_end);
  }
  return mistake_finding{mistake::trailing_comma, begin - 1};
}

// A field set of one item that is no pair.
maybe_mistake lone_item(const mistaken_line& line, std::string_view item, std::string_view next) {
  const std::size_t begin = line.offset(item);
  if (is_field_value(item)) {
    return mistake_finding{mistake::field_without_name, begin, item.size(), item,
                           line.text.substr(0, line.series_end)};
  }
  if (item.find(':') != std::string_view::npos) {
    return mistake_finding{mistake::colon_for_equals, begin + item.find(':')};
  }
  const std::size_t value = line.text.substr(0, line.series_end).rfind('=') + 1;
  if (byte_at(line.text, line.has_tags() ? value : 0) == '"') {
    const std::size_t quote = line.has_tags() ? value : 0;
    const std::size_t close = std::min(line.text.find('"', quote + 1), line.text.size() - 1);
    const std::string_view quoted = line.text.substr(quote, close + 1 - quote);
    return mistake_finding{mistake::quoted_name, quote, quoted.size(), quoted};
  }
  if (is_pair(next)) {
    mistake_finding finding = spaces(mistake::space_in_name, line, line.series_end);
    finding.first = item;
    return finding;
  }
  if (is_field_value(next)) {
    return mistake_finding{mistake::space_for_equals, begin + item.size(), 1, item, next};
  }
  return std::nullopt;
}

// Whether the item is what stands behind a decimal comma: 5, 5i, 5%.
bool is_number_part(std::string_view item) noexcept {
  constexpr std::size_t unit_bytes_max = 8;
  const std::size_t length = std::min(item.find_first_not_of("0123456789"), item.size());
  const std::string_view unit = item.substr(length);
  return length > 0 &&
         (is_field_value(item) || (unit.size() <= unit_bytes_max &&
                                   unit.find_first_of("0123456789:-_=") == std::string_view::npos));
}

// The comma before `item` cuts a number in two: what the number was, decimal or with grouped
// digits.
mistake_finding decimal_comma(const mistaken_line& line, std::string_view item) {
  constexpr std::string_view decimals = "0123456789";
  const std::size_t comma = line.offset(item) - 1;
  mistake_finding finding{mistake::decimal_comma, comma, 1, item};
  const std::size_t begin = line.text.find_last_of("= ", comma) + 1;
  const std::string_view head = line.text.substr(begin, comma - begin);
  // Further groups of three digits.
  std::vector<std::string_view> groups{item};
  std::size_t end = comma + 1 + item.size();
  while (byte_at(line.text, end) == ',' && groups.size() < 8) {
    const std::string_view next = item_at(line.text, end + 1);
    if (next.empty() || decimals.find(next[0]) == decimals.npos || is_pair(next)) {
      break;
    }
    groups.push_back(next);
    end += 1 + next.size();
  }
  std::string joined{head};
  bool are_groups = head.size() <= 4 && head.find_first_not_of("-0123456789") == head.npos &&
                    head != "0" && head != "-0" && !head.empty();
  for (const std::string_view group : groups) {
    const std::size_t length = std::min(group.find_first_not_of(decimals), group.size());
    are_groups = are_groups && length == 3;
    joined += group;
  }
  const line_edit whole{begin, end - begin, joined};
  if (are_groups && (groups.size() > 1 || item.find('.') != item.npos)) {
    finding.readings.push_back({{}, {whole}});
    return finding;
  }
  const line_edit decimal{comma, 1, "."};
  const std::size_t point = head.find('.');
  if (are_groups && (item.ends_with('i') || item.ends_with('u'))) {
    finding.readings.push_back({{}, {whole}});
  } else if (are_groups) {
    finding.readings = {{"the comma groups thousands", {whole}},
                        {"the comma is a decimal sign", {decimal}}};
  } else if (groups.size() == 1 && point == head.npos) {
    finding.readings.push_back({{}, {decimal}});
  } else if (groups.size() == 1 && (head.size() - point) % 4 == 0) {
    std::string bare{head};  // 1.234,5
    bare.erase(std::remove(bare.begin(), bare.end(), '.'), bare.end());
    finding.readings.push_back({{}, {{begin, end - begin, bare.append(".").append(item)}}});
  }
  return finding;
}

maybe_mistake invalid_field_format(const mistaken_line& line) {
  const std::string_view text = line.text;
  const std::string_view fields = line.span;
  const std::size_t fields_end = line.fields_begin + fields.size();
  std::size_t begin = 0;
  const std::string_view item = find_bad_item(line, fields, begin);
  if (item.empty()) {
    return empty_item(line, begin, fields_end);
  }
  const std::size_t next_begin = skip_spaces(text, begin + item.size());
  const std::string_view next = word_at(text, next_begin);
  const bool is_last = begin + item.size() == fields_end;
  if (is_last && next.starts_with('=')) {
    return spaces(mistake::space_before_equals, line, fields_end);
  }
  if (begin > line.fields_begin) {
    const char before = byte_at(text, begin - 2);
    if (is_number_part(item) && is_decimal(before)) {
      return decimal_comma(line, item);
    }
  } else if (is_last) {
    return lone_item(line, item, next);
  }
  if (is_last && is_pair(next)) {
    mistake_finding finding = spaces(mistake::space_in_field_name, line, fields_end);
    finding.first = item;
    return finding;
  }
  const std::size_t colon = item.find(':');
  if (colon != std::string_view::npos) {
    return mistake_finding{mistake::colon_for_equals, begin + colon};
  }
  return std::nullopt;
}

}  // namespace

maybe_mistake find_list_mistake(const mistaken_line& line) {
  switch (line.code) {
    case parse_code::missing_tag_key:
      return missing_tag_key(line);
    case parse_code::missing_tag_value:
      return missing_tag_value(line);
    case parse_code::missing_fields:
      return missing_fields(line);
    case parse_code::missing_field_value:
      return missing_field_value(line);
    case parse_code::invalid_field_format:
      return invalid_field_format(line);
    case parse_code::invalid_tag_format:
      return equals_in_tag(line);
    case parse_code::invalid_boolean:
    case parse_code::invalid_number:
    case parse_code::none:
    case parse_code::missing_measurement:
    case parse_code::missing_field_key:
    case parse_code::duplicate_tags:
    case parse_code::key_too_long:
    case parse_code::unbalanced_quotes:
    case parse_code::invalid_float:
    case parse_code::integer_out_of_range:
    case parse_code::unsigned_out_of_range:
    case parse_code::invalid_field_value:
    case parse_code::bad_timestamp:
    case parse_code::timestamp_syntax:
    case parse_code::timestamp_out_of_range:
    case parse_code::time_outside_range:
    case parse_code::point_is_invalid:
    case parse_code::shield_empty_field_key:
    case parse_code::shield_ambiguous_backslash:
    case parse_code::shield_text_after_quote:
    case parse_code::shield_invalid_utf8:
    case parse_code::shield_line_too_long:
    case parse_code::shield_tag_count:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace weir
