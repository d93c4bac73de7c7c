// SPDX-License-Identifier: Apache-2.0
//
// Explains a rejected line: recognises a known mistake, or explains the reader's error. Cold: the
// line is read once more to find where its parts lie.
#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

// The error's span, or the text's end where the span does not lie in the text.
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
  // With another precision than the reader had, another error about the time comes out here; then
  // the span says where the mistake is.
  return verdict.code == error.code ? verdict.at
                                    : static_cast<std::size_t>(span.data() - error.text.data());
}

}  // namespace

mistaken_line take_apart(const parse_error& error, std::int64_t unit_ns) {
  mistaken_line line;
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

maybe_mistake recognise(const mistaken_line& line) {
  if (line.text.empty() || line.code == parse_code::shield_line_too_long) {
    return std::nullopt;
  }
  for (const auto find : {find_format_mistake, find_wrapping_mistake, find_separator_mistake,
                          find_string_mistake, find_quoted_names, find_shape_mistake,
                          find_value_mistake, find_list_mistake, find_time_mistake}) {
    if (maybe_mistake finding = find(line)) {
      add_plain_readings(*finding, line);
      return finding;
    }
  }
  return std::nullopt;
}

diagnosis diagnose(const parse_error& error, std::int64_t unit_ns) {
  const mistaken_line line = take_apart(error, unit_ns);
  const std::size_t first_line = std::min(line.text.find('\n'), line.text.size());
  const std::uint64_t indent = std::min(line.at, first_line) + 1;
  const std::uint64_t first_column = error.column > indent ? error.column - indent + 1 : 1;
  const maybe_mistake known = recognise(line);
  mistake_finding finding;
  finding.at = line.at;
  if (known) {
    finding = *known;
  } else if (!line.span.empty() && line.offset(line.span) == line.at) {
    finding.length = line.span.size();
  }
  const mistake_texts& texts = known ? texts_of(known->kind) : texts_of(error.code);
  diagnosis result = make_diagnosis(texts, finding, line.text, first_column);
  result.message = reason(error);
  return result;
}

std::string explanation(const parse_error& error) {
  if (error.code == parse_code::none) {
    return {};
  }
  const diagnosis result = diagnose(error);
  return result.explanation + ' ' + result.remedy;
}

}  // namespace weir
