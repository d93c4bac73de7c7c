// SPDX-License-Identifier: Apache-2.0
//
// The lines that 1.x accepts and weir rejects, because two of 1.x's scanners read them differently:
// the results range from a series that cannot be queried to a harmed server.
#include <simdjson.h>

#include <algorithm>

#include "parser/exact.hpp"
#include "parser/kernels/string_scan.hpp"

namespace weir {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;

// Where an even run of backslashes lies directly before a delimiter of a series.
std::size_t find_even_backslashes(std::string_view text, std::size_t at) noexcept {
  while ((at = text.find('\\', at)) != nowhere) {
    const std::size_t end = std::min(text.find_first_not_of('\\', at), text.size());
    const bool delimits =
        end < text.size() && (text[end] == ',' || text[end] == '=' || text[end] == ' ');
    if (delimits && (end - at) % 2 == 0) {
      return at;
    }
    at = end;
  }
  return nowhere;
}

// Where a measurement, once unescaped, still has a backslash before a byte that it can escape: 1.x
// unescapes the name of a stored series once more, so that no query finds the series.
std::size_t find_kept_backslash(std::string_view measurement) noexcept {
  std::size_t at = 0;
  while ((at = measurement.find('\\', at)) != nowhere) {
    const std::size_t end = std::min(measurement.find_first_not_of('\\', at), measurement.size());
    if (end - at > 1 && end < measurement.size() &&
        std::string_view{",= \""}.find(measurement[end]) != nowhere) {
      return at;
    }
    at = end;
  }
  return nowhere;
}

// Even runs of backslashes in the tags of one line, by what follows them.
struct even_runs {
  std::size_t before_space = nowhere;  // in the line's text
  bool raises = false;                 // one adds to 1.x's equals signs that no comma follows
  bool lowers = false;                 // one adds to its commas

  void look(std::string_view text, std::string_view name, bool is_key) noexcept {
    const auto begin = static_cast<std::size_t>(name.data() - text.data());
    const std::size_t end = begin + name.size();
    for (std::size_t at = find_even_backslashes(text.substr(0, end), begin); at != nowhere;
         at = find_even_backslashes(text.substr(0, end), at)) {
      const std::size_t run = at;
      at = text.find_first_not_of('\\', at);
      before_space = text[at] == ' ' && before_space == nowhere ? run : before_space;
      raises = raises || text[at] == '=' || (text[at] == ' ' && is_key);
      lowers = lowers || text[at] == ',';
    }
  }
};

// Where an even run in a tag makes a line harmful. 1.x reads it as its escape in the tag, stores
// and finds it so; but the scanner that splits a body into lines takes such a space for the
// beginning of the fields and counts equals signs and commas from there. Where the counts come out
// wrong a quote in a name opens a string, or one before a string's text does not, and the lines
// behind are lost. This must hold for any order and any part of the tags: the gate changes both.
std::size_t find_harmful_tag(const point_view& point) noexcept {
  even_runs runs;
  for (const tag_view& tag : point.tags) {
    runs.look(point.text, tag.key, true);
    runs.look(point.text, tag.value, false);
  }
  if (runs.before_space == nowhere || !(runs.raises || runs.lowers)) {
    return nowhere;
  }
  const auto has_quote = [](std::string_view text) { return text.find('"') != nowhere; };
  bool harms = has_quote(point.series.substr(point.measurement.size()));
  for (const field_view& field : point.fields) {
    harms = harms || has_quote(field.key) || (runs.lowers && field.type == field_type::string);
  }
  return harms ? runs.before_space : nowhere;
}

// Where an even run lies before a delimiter of a field set, outside its strings.
std::size_t find_even_backslashes_outside_strings(std::string_view text, std::size_t at) noexcept {
  std::size_t equals = 0;
  std::size_t commas = 0;
  bool quoted = false;
  while (at < text.size()) {
    const char byte = text[at];
    if (byte == '\\') {
      const std::size_t end = std::min(text.find_first_not_of('\\', at), text.size());
      if (!quoted && find_even_backslashes(text.substr(0, end + 1), at) == at) {
        return at;
      }
      at = (end - at) % 2 == 0 ? end : end + 1;
      continue;
    }
    if (byte == '"' && equals > commas) {
      quoted = !quoted;
    }
    if (quoted) {
      at = find_string_mark(text, at + 1, text.size(), false);
      continue;
    }
    equals += byte == '=' ? 1 : 0;
    commas += byte == ',' ? 1 : 0;
    ++at;
  }
  return nowhere;
}

// Whether a field key holds a comma that is not escaped: the key has taken in a field without `=`,
// and 1.x's scanners disagree about a quote behind it, so that 1.x may store values that it cannot
// read back.
bool has_bare_comma(std::string_view key) noexcept {
  for (std::size_t at = key.find(','); at != nowhere; at = key.find(',', at + 1)) {
    if (at == 0 || key[at - 1] != '\\') {
      return true;
    }
  }
  return false;
}

// Whether a string's first unescaped quote after the opening one is its last byte.
bool closes_at_its_end(std::string_view text) noexcept {
  std::size_t at = text.find('"', 1);
  const bool has_backslash = text.find('\\') < at;
  if (has_backslash) {
    at = find_string_mark(text, 1, text.size(), false);
    while (at < text.size() && text[at] == '\\') {
      at = find_string_mark(text, std::min(at + 2, text.size()), text.size(), false);
    }
  }
  return at + 1 == text.size();
}

// The first byte that begins no character. Requires: there is one.
std::size_t find_bad_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::string_view character = text.substr(at, length);
    if (length > 1 && !simdjson::validate_utf8(character.data(), character.size())) {
      break;
    }
    at += length;
  }
  return at;
}

}  // namespace

line_verdict check_shields(const point_view& point, const parse_options& options) {
  const std::string_view text = point.text;
  if (options.tag_count == tag_count_policy::reject && is_harmful_tag_count(point.tags.size())) {
    return {parse_code::shield_tag_count, point.series.size(), point.series};
  }
  const auto offset = [&](std::string_view part) {
    return static_cast<std::size_t>(part.data() - text.data());
  };
  const bool has_backslash = text.find('\\') != nowhere;
  std::size_t even = has_backslash ? find_kept_backslash(point.measurement) : nowhere;
  if (has_backslash && even == nowhere) {
    even = find_harmful_tag(point);
  }
  const bool has_run = has_backslash && text.find("\\\\", point.series.size()) != nowhere;
  if (has_run && even == nowhere) {
    even = find_even_backslashes_outside_strings(point.series_and_fields, point.series.size());
  }
  if (even != nowhere) {
    return {parse_code::shield_ambiguous_backslash, even, text.substr(even, 2)};
  }
  for (const field_view& field : point.fields) {
    if (field.key.empty() || has_bare_comma(field.key)) {
      return {parse_code::shield_empty_field_key, offset(field.key), field.key};
    }
    if (field.type == field_type::string && !closes_at_its_end(field.text)) {
      return {parse_code::shield_text_after_quote, offset(field.text), field.text};
    }
  }
  if (options.utf8 == utf8_policy::reject && !simdjson::validate_utf8(text.data(), text.size())) {
    return utf8_verdict(text);
  }
  return {};
}

line_verdict utf8_verdict(std::string_view text) noexcept {
  const std::size_t bad = find_bad_utf8(text);
  return {parse_code::shield_invalid_utf8, bad, text.substr(bad, 1)};
}

}  // namespace weir
