// SPDX-License-Identifier: Apache-2.0
//
// Spaces, tabs, commas and equals signs in the wrong place.
#include <algorithm>

#include "mistake.hpp"

namespace weir {
namespace {

char byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? text[at] : '\n';
}

mistake_found spaces(mistake what, const refused_line& line, std::size_t at) {
  return {what, at, std::max<std::size_t>(1, skip_spaces(line.text, at) - at)};
}

maybe_mistake missing_tag_key(const refused_line& line) {
  switch (byte_at(line.text, line.at)) {
    case ' ':
      return spaces(mistake::space_after_comma, line, line.at);
    case ',':
      return mistake_found{mistake::double_comma, line.at};
    case '\n':
      return mistake_found{mistake::trailing_comma, line.at - std::min<std::size_t>(line.at, 1)};
    default:
      return std::nullopt;
  }
}

maybe_mistake missing_tag_value(const refused_line& line) {
  const std::string_view text = line.text;
  if (byte_at(text, line.at) != ' ') {
    return std::nullopt;
  }
  const std::size_t next = skip_spaces(text, line.at);
  if (byte_at(text, next) == '=') {
    return spaces(mistake::space_before_equals, line, line.at);
  }
  if (line.span.starts_with('"')) {
    return mistake_found{mistake::quoted_name, line.offset(line.span), line.span.size(), line.span};
  }
  // The value behind the space, and a field behind that.
  const bool after_equals = line.at > 0 && text[line.at - 1] == '=';
  const std::string_view word = word_at(text, next);
  const std::string_view further = word_at(text, skip_spaces(text, next + word.size()));
  if (after_equals && !is_pair(item_at(text, next)) && is_pair(further)) {
    return spaces(mistake::space_after_equals, line, line.at);
  }
  return std::nullopt;
}

maybe_mistake missing_fields(const refused_line& line) {
  const std::size_t tab = line.text.find('\t');
  if (tab != std::string_view::npos) {
    return mistake_found{mistake::tab_for_space, tab};
  }
  const std::size_t last_comma = line.text.rfind(',');
  if (line.has_tags() && is_field_value(line.text.substr(line.text.rfind('=') + 1))) {
    return mistake_found{mistake::space_missing, last_comma};
  }
  return std::nullopt;
}

maybe_mistake missing_field_value(const refused_line& line) {
  constexpr std::size_t timestamp_digits_min = 10;
  const std::size_t next = skip_spaces(line.text, line.at);
  const std::string_view word = word_at(line.text, next);
  const bool is_timestamp = word.size() >= timestamp_digits_min &&
                            word.find_first_not_of("0123456789") == std::string_view::npos;
  if (byte_at(line.text, line.at) != ' ' || word.empty() || is_timestamp) {
    return std::nullopt;
  }
  return spaces(mistake::space_after_equals, line, line.at);
}

// The first item of the field set that is no pair, and where it begins; or the set's end.
std::string_view find_bad_item(const refused_line& line, std::string_view fields,
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

maybe_mistake empty_item(const refused_line& line, std::size_t begin, std::size_t fields_end) {
  const std::string_view text = line.text;
  if (begin == line.fields_begin && byte_at(text, begin) == ',') {
    return spaces(mistake::space_before_comma, line, line.series_end);
  }
  if (begin < fields_end) {
    return mistake_found{mistake::double_comma, begin};
  }
  if (begin == 0 || text[begin - 1] != ',') {
    return std::nullopt;
  }
  const std::string_view next = word_at(text, skip_spaces(text, fields_end));
  if (is_pair(next)) {
    return spaces(mistake::space_after_comma, line, fields_end);
  }
  return mistake_found{mistake::trailing_comma, begin - 1};
}

// The only item of the field set, and it is no pair.
maybe_mistake lone_item(const refused_line& line, std::string_view item, std::string_view next) {
  const std::size_t begin = line.offset(item);
  if (is_field_value(item)) {
    return mistake_found{mistake::field_without_name, begin, item.size(), item,
                         line.text.substr(0, line.series_end)};
  }
  if (item.find(':') != std::string_view::npos) {
    return mistake_found{mistake::colon_for_equals, begin + item.find(':')};
  }
  const std::size_t value = line.text.substr(0, line.series_end).rfind('=') + 1;
  if (byte_at(line.text, line.has_tags() ? value : 0) == '"') {
    const std::size_t quote = line.has_tags() ? value : 0;
    const std::size_t close = std::min(line.text.find('"', quote + 1), line.text.size() - 1);
    const std::string_view quoted = line.text.substr(quote, close + 1 - quote);
    return mistake_found{mistake::quoted_name, quote, quoted.size(), quoted};
  }
  if (is_pair(next)) {
    mistake_found found = spaces(mistake::space_in_name, line, line.series_end);
    found.first = item;
    return found;
  }
  if (is_field_value(next)) {
    return mistake_found{mistake::space_for_equals, begin + item.size(), 1, item, next};
  }
  return std::nullopt;
}

maybe_mistake invalid_field_format(const refused_line& line) {
  const std::string_view text = line.text;
  const std::size_t tab = line.measurement().find('\t');
  if (tab != std::string_view::npos) {
    return mistake_found{mistake::tab_for_space, tab};
  }
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
    if (is_field_value(item) && item[0] >= '0' && item[0] <= '9' && before >= '0' &&
        before <= '9') {
      return mistake_found{mistake::decimal_comma, begin - 1, 1, item};
    }
  } else if (is_last) {
    return lone_item(line, item, next);
  }
  if (is_last && is_pair(next)) {
    mistake_found found = spaces(mistake::space_in_field_name, line, fields_end);
    found.first = item;
    return found;
  }
  const std::size_t colon = item.find(':');
  if (colon != std::string_view::npos) {
    return mistake_found{mistake::colon_for_equals, begin + colon};
  }
  return std::nullopt;
}

// The value is bad because it is a tag's: the tags end at a space too early.
maybe_mistake early_end_of_tags(const refused_line& line) {
  const std::string_view text = line.text;
  const std::size_t value = line.offset(line.span);
  const std::string_view first = item_at(text, line.fields_begin);
  if (byte_at(text, line.fields_begin) == ',') {
    return spaces(mistake::space_before_comma, line, line.series_end);
  }
  const std::size_t after = find_bare(text, " ", value);
  const std::string_view next = word_at(text, skip_spaces(text, after));
  if (!is_pair(next)) {
    return std::nullopt;
  }
  mistake_found found = spaces(mistake::space_in_tags, line, line.series_end);
  found.first = first;
  found.second = line.measurement();
  if (is_pair(first)) {
    const std::size_t comma = text.substr(0, value).rfind(',');
    const bool is_first = comma == std::string_view::npos || comma < line.fields_begin;
    found.first = item_at(text, is_first ? line.fields_begin : comma + 1);
  }
  if (!is_pair(first)) {
    found.what = mistake::space_in_name;
  } else if (found.length > 1) {
    found.what = mistake::two_spaces;
  } else if (!line.has_tags()) {
    found.what = mistake::space_after_measurement;
  }
  return found;
}

}  // namespace

maybe_mistake find_list_mistake(const refused_line& line) {
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
    case parse_code::invalid_boolean:
    case parse_code::invalid_number:
      return early_end_of_tags(line);
    case parse_code::none:
    case parse_code::missing_measurement:
    case parse_code::missing_field_key:
    case parse_code::invalid_tag_format:
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
