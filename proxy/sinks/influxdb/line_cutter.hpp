// SPDX-License-Identifier: Apache-2.0
//
// Cuts canonical lines at a line's end. A line feed inside a quoted string is not a line's end, so
// the parser decides, not memchr. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

struct line_cut {
  /// The first lines of the text, each with its line feed.
  std::string_view lines;
  std::uint32_t points = 0;
};

/// As many whole lines from the start of `text` as fit into `bytes_max`, but at least one. A text
/// that is not made of canonical lines is not cut further than where that shows.
/// Requires: !text.empty(). Valid as long as `text`.
[[nodiscard]] line_cut cut_lines(std::string_view text, std::uint64_t bytes_max);

}  // namespace weir
