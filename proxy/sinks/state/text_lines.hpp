// SPDX-License-Identifier: Apache-2.0
//
// What the texts in the directory of cursors are made of: lines of words with single spaces between
// them, and a last line with the checksum of those before. Pure.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "log/position.hpp"

namespace weir {

/// The last line of a text, of all that is before it.
[[nodiscard]] std::string checksum_line(std::string_view before);

/// Takes the next line off `text`: its words. Empty where there is no whole line any more.
[[nodiscard]] std::vector<std::string_view> next_words(std::string_view& text);

/// False: the word is no number, or one that `out` does not hold.
template <class Number>
[[nodiscard]] bool read_number(std::string_view word, Number& out) {
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, out);
  return !word.empty() && stop == end && error == std::errc{};
}
[[nodiscard]] bool read_number(std::string_view word, log_position& out);

}  // namespace weir
