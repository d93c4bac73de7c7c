// SPDX-License-Identifier: Apache-2.0
//
// Finds the bytes of a string that end it or escape. Strings may be long, so the search is the C
// library's memchr.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace weir {

/// The first quote or backslash in [at, end) of `text`, with `line_feeds` also the first of those,
/// or `end`. Requires: at <= end <= text.size(). Searches piece by piece, so that the cost is
/// linear: each byte is looked at once for each kind of mark.
inline std::size_t find_string_mark(std::string_view text, std::size_t at, std::size_t end,
                                    bool line_feeds) noexcept {
  constexpr std::size_t piece = 128;
  while (at < end) {
    const char* const begin = text.data() + at;
    std::size_t size = std::min(piece, end - at);
    const auto cut = [&](char byte) {
      const void* const first = std::memchr(begin, byte, size);
      size = first != nullptr ? static_cast<std::size_t>(static_cast<const char*>(first) - begin)
                              : size;
      return first != nullptr;
    };
    bool has_mark = cut('"');
    has_mark = cut('\\') || has_mark;
    has_mark = (line_feeds && cut('\n')) || has_mark;
    at += size;
    if (has_mark) {
      return at;
    }
  }
  return end;
}

}  // namespace weir
