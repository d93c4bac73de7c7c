// SPDX-License-Identifier: Apache-2.0
#include "base/text/excerpt.hpp"

#include <algorithm>

#include "base/text/terminal_text.hpp"

namespace weir {
namespace {

// Columns shown before the mistake where the line is cut.
constexpr std::size_t lead_columns_max = 48;

}  // namespace

excerpt make_excerpt(std::string_view text, std::size_t at, std::size_t length) {
  at = std::min(at, text.size());
  excerpt cut;
  std::size_t begin = 0;
  if (!fits(text, excerpt_columns_max)) {
    begin = step_back(text, at, lead_columns_max);
  }
  cut.shown = begin > 0 ? "..." : "";
  const std::size_t mark_end = std::min(text.size(), at + length);
  std::size_t column = cut.shown.size();
  std::size_t mark_end_column = 0;
  std::size_t here = begin;
  while (here < text.size() && column < excerpt_columns_max) {
    if (here <= at) {
      cut.mark_column = column;
    }
    const glyph next = first_glyph(text.substr(here));
    append_visible(text.substr(here, next.bytes), next, cut.shown);
    column += next.columns;
    here += next.bytes;
    if (here <= mark_end) {
      mark_end_column = column;
    } else if (text[here - 1] == '\n') {
      break;
    }
  }
  if (at >= here) {
    cut.mark_column = column;
  }
  if (here < text.size()) {
    cut.shown += "...";
  }
  cut.mark_columns = std::max(mark_end_column, cut.mark_column + 1) - cut.mark_column;
  return cut;
}

}  // namespace weir
