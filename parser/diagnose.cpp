// SPDX-License-Identifier: Apache-2.0
//
// Explains a refused line: finds out which known mistake it is, or tells what its error means.
// Cold: the line is read once more to learn where its parts lie.
#include <algorithm>

#include "line_splitter.hpp"
#include "mistake.hpp"

namespace weir {
namespace {

// Where the mistake was noticed, as an offset in the text.
std::size_t place_of(const parse_error& error) {
  line_scratch scratch;
  point_view point;
  const line_verdict verdict = read_exact(error.text, parse_options{}, scratch, point);
  if (verdict.code == error.code) {
    return verdict.at;
  }
  // What depends on the reader's options: the precision and the longest line.
  const bool inside = error.span.data() >= error.text.data() &&
                      error.span.data() <= error.text.data() + error.text.size();
  return inside && !error.span.empty()
             ? static_cast<std::size_t>(error.span.data() - error.text.data())
             : error.text.size();
}

}  // namespace

diagnosis diagnose(const parse_error& error) {
  const std::string_view text = error.text;
  const std::size_t at =
      error.code == parse_code::shield_line_too_long ? text.size() : place_of(error);
  const std::size_t first_line = std::min(text.find('\n'), text.size());
  const std::uint64_t indent = std::min(at, first_line) + 1;
  const std::uint64_t first_column = error.column > indent ? error.column - indent + 1 : 1;
  mistake_found found;
  found.at = at;
  diagnosis told = make_diagnosis(words_of(error.code), found, text, first_column);
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
