// SPDX-License-Identifier: Apache-2.0
//
// Lines of the text format as groups keep them (pushed_family::text): a series and a value, with
// one space between them. Pure.
#pragma once

#include <string_view>

namespace weir::push {

/// Takes the next line off `text`, with its line feed; empty, and nothing taken, where there is no
/// whole line.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) noexcept {
  const std::string_view line = text.substr(0, text.find('\n') + 1);
  text.remove_prefix(line.size());
  return line;
}

/// Name and labels of a line.
[[nodiscard]] inline std::string_view series_of(std::string_view line) noexcept {
  return line.substr(0, line.rfind(' '));
}

}  // namespace weir::push
