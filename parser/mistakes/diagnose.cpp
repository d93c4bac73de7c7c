// SPDX-License-Identifier: Apache-2.0
//
// Explains a refused line: finds out which known mistake it is, or tells what its error means.
// Cold: the line is read once more to learn where its parts lie.
#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

// A span that lies in the text; the text's end for one that does not.
std::string_view span_inside(const parse_error& error) noexcept {
  const std::string_view text = error.text;
  const bool inside =
      error.span.data() >= text.data() && error.span.data() <= text.data() + text.size();
  return inside ? error.span : text.substr(text.size());
}

// Where the mistake was noticed, as an offset in the text.
std::size_t place_of(const parse_error& error, std::string_view span, std::int64_t unit_ns) {
  if (error.code == parse_code::shield_line_too_long) {
    return error.text.size();
  }
  line_scratch scratch;
  point_view point;
  parse_options options;
  options.unit_ns = unit_ns;
  const line_verdict verdict = read_exact(error.text, options, {}, scratch, point);
  // A reader's other precision gives another error about the time; there the span says the place.
  return verdict.code == error.code ? verdict.at
                                    : static_cast<std::size_t>(span.data() - error.text.data());
}

}  // namespace

refused_line take_apart(const parse_error& error, std::int64_t unit_ns) {
  refused_line line;
  line.unit_ns = unit_ns;
  line.text = error.text;
  line.code = error.code;
  line.span = span_inside(error);
  line.at = place_of(error, line.span, unit_ns);
  line.measurement_end = find_bare(line.text, ", ", 0);
  line.series_end = find_bare(line.text, " ", 0);
  line.fields_begin = line.series_end;
  while (line.fields_begin < line.text.size() && is_white_space(line.text[line.fields_begin])) {
    ++line.fields_begin;
  }
  return line;
}

maybe_mistake recognise(const refused_line& line) {
  if (line.text.empty() || line.code == parse_code::shield_line_too_long) {
    return std::nullopt;
  }
  for (const auto find : {find_format_mistake, find_wrapping_mistake, find_separator_mistake,
                          find_string_mistake, find_quoted_names, find_shape_mistake,
                          find_value_mistake, find_list_mistake, find_time_mistake}) {
    if (maybe_mistake found = find(line)) {
      add_plain_readings(*found, line);
      return found;
    }
  }
  return std::nullopt;
}

diagnosis diagnose(const parse_error& error, std::int64_t unit_ns) {
  const refused_line line = take_apart(error, unit_ns);
  const std::size_t first_line = std::min(line.text.find('\n'), line.text.size());
  const std::uint64_t indent = std::min(line.at, first_line) + 1;
  const std::uint64_t first_column = error.column > indent ? error.column - indent + 1 : 1;
  const maybe_mistake known = recognise(line);
  mistake_found found;
  found.at = line.at;
  if (known) {
    found = *known;
  } else if (!line.span.empty() && line.offset(line.span) == line.at) {
    found.length = line.span.size();
  }
  const mistake_words& words = known ? words_of(known->what) : words_of(error.code);
  diagnosis told = make_diagnosis(words, found, line.text, first_column);
  told.message = reason(error);
  return told;
}

std::string explanation(const parse_error& error) {
  if (error.code == parse_code::none) {
    return {};
  }
  const diagnosis told = diagnose(error);
  return told.explanation + ' ' + told.remedy;
}

}  // namespace weir
