// SPDX-License-Identifier: Apache-2.0
//
// A part of a long line around a mistake, fit for a terminal or a page: control characters are made
// visible, and where a caret goes is counted in columns. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

/// The widest excerpt of a line, in columns of the terminal.
inline constexpr std::size_t excerpt_columns_max = 96;

/// An excerpt of `text` around its bytes [at, at + length), with control characters made visible,
/// and the marks that go below it.
struct excerpt {
  std::string shown;
  std::size_t mark_column = 0;  // 0-based, in columns of the terminal
  std::size_t mark_columns = 1;
};
[[nodiscard]] excerpt make_excerpt(std::string_view text, std::size_t at, std::size_t length);

}  // namespace weir
