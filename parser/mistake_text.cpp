// SPDX-License-Identifier: Apache-2.0
//
// How the functions that recognise mistakes take a line apart. They are forgiving where the exact
// reader is not, because the line is known to be wrong.
#include <algorithm>

#include "mistake.hpp"
#include "number.hpp"

namespace weir {

std::size_t find_bare(std::string_view text, std::string_view set, std::size_t from) noexcept {
  std::size_t at = text.find_first_of(set, from);
  while (at != std::string_view::npos && at > 0 && text[at - 1] == '\\') {
    at = text.find_first_of(set, at + 1);
  }
  return std::min(at, text.size());
}

std::string_view word_at(std::string_view text, std::size_t from) noexcept {
  from = std::min(from, text.size());
  return text.substr(from, find_bare(text, " ", from) - from);
}

std::string_view item_at(std::string_view text, std::size_t from) noexcept {
  from = std::min(from, text.size());
  return text.substr(from, find_bare(text, " ,", from) - from);
}

std::size_t skip_spaces(std::string_view text, std::size_t from) noexcept {
  return std::min(text.find_first_not_of(' ', from), text.size());
}

bool is_pair(std::string_view word) noexcept {
  const std::size_t equals = find_bare(word, "=", 0);
  return equals > 0 && equals < word.size();
}

bool is_plain_number(std::string_view value) noexcept {
  const bool has_suffix = value.ends_with('i') || value.ends_with('u');
  const bool begins_so = !value.empty() && (value[0] == '-' || value[0] == '.' ||
                                            (value[0] >= '0' && value[0] <= '9'));
  return begins_so && !has_suffix && scan_number(value, 0).code == parse_code::none;
}

bool is_field_value(std::string_view value) noexcept {
  static constexpr std::string_view booleans[] = {"t", "T", "true",  "True",  "TRUE",
                                                  "f", "F", "false", "False", "FALSE"};
  if (value.starts_with('"') || is_plain_number(value)) {
    return true;
  }
  if (value.ends_with('i') || value.ends_with('u')) {
    return is_plain_number(value.substr(0, value.size() - 1));
  }
  return std::find(std::begin(booleans), std::end(booleans), value) != std::end(booleans);
}

}  // namespace weir
