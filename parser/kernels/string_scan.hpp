// SPDX-License-Identifier: Apache-2.0
//
// Where the part of a string ends that means nothing but itself. Strings may be long, so it is
// looked for with the C library's own means.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace weir {

/// The first quote or backslash in [at, end) of `text`, with `line_feeds` also the first of those,
/// or `end`. Requires: at <= end <= text.size(). Piece by piece: each byte is looked at so often as
/// there are kinds to look for, whatever lies behind it.
inline std::size_t find_string_mark(std::string_view text, std::size_t at, std::size_t end,
                                    bool line_feeds) noexcept {
  constexpr std::size_t piece = 128;
  while (at < end) {
    const char* const begin = text.data() + at;
    std::size_t size = std::min(piece, end - at);
    const auto cut = [&](char byte) {
      const void* const found = std::memchr(begin, byte, size);
      size = found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - begin)
                              : size;
      return found != nullptr;
    };
    bool found = cut('"');
    found = cut('\\') || found;
    found = (line_feeds && cut('\n')) || found;
    at += size;
    if (found) {
      return at;
    }
  }
  return end;
}

}  // namespace weir
