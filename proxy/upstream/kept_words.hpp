// SPDX-License-Identifier: Apache-2.0
//
// Words of the lines that small files keep what servers said in: a space between two, and names
// spelled so that each is one word. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/percent_escape.hpp"

namespace weir {

/// Takes a word and the space after it off the front.
[[nodiscard]] inline std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(line.size(), end + 1));
  return word;
}

/// The word of a name, with a = before it because a name may be empty.
[[nodiscard]] inline std::string kept_name(std::string_view name) {
  return "=" + percent_escape(name);
}
/// The name of such a word; nullopt if it is none.
[[nodiscard]] inline std::optional<std::string> name_of_kept(std::string_view word) {
  return word.starts_with('=') ? percent_unescape(word.substr(1)) : std::nullopt;
}

}  // namespace weir
