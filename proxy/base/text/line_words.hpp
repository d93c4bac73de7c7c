// SPDX-License-Identifier: Apache-2.0
//
// What a line of line protocol can say, for those that make lines of texts that came otherwise:
// escapes do not help everywhere. Pure.
#pragma once

#include <string_view>

namespace weir {

/// Whether a name, or a tag's value, can stand in a line once it is escaped.
[[nodiscard]] inline bool is_line_word(std::string_view text) noexcept {
  return text.find('\n') == std::string_view::npos && !text.ends_with('\\');
}

/// Whether a measurement can: a line that begins with one of these is a comment, or begins later.
/// (Not a space: that one is escaped.) Requires: it is not empty.
[[nodiscard]] inline bool is_line_beginning(std::string_view measurement) noexcept {
  return is_line_word(measurement) &&
         std::string_view("#\t\r\v\f\0", 6).find(measurement.front()) == std::string_view::npos;
}

}  // namespace weir
