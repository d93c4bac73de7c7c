// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/text_lines.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace weir {

std::string checksum_line(std::string_view before) {
  return fmt::format("checksum {:016x}\n", XXH64(before.data(), before.size(), 0));
}

std::vector<std::string_view> next_words(std::string_view& text) {
  std::vector<std::string_view> words;
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    text = {};
    return words;
  }
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  for (;;) {
    const std::size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) {
      return words;
    }
    line.remove_prefix(space + 1);
  }
}

bool read_number(std::string_view word, log_position& out) {
  std::uint64_t number = 0;
  const bool whole = read_number(word, number);
  out = log_position(number);
  return whole;
}

}  // namespace weir
