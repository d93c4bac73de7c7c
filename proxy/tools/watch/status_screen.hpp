// SPDX-License-Identifier: Apache-2.0
//
// A status document as people read it in a terminal: `weir status` on one screen, as long as it has
// to be, and the same in the rows of `weir top`. Pure. Nothing of the document reaches the terminal
// as a control sequence.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/watch/status_document.hpp"

namespace weir {

struct screen_shape {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool coloured = false;
};

/// The screen of `weir status`; `rows` does not bound it.
[[nodiscard]] std::string status_screen(const status_document& status, const screen_shape& shape);

/// One screen of `weir top`: exactly `rows` lines of at most `columns`, without a line feed behind
/// the last one. `history` may be empty. `foot` is the last line: how weir is reached, and how the
/// keyboard is.
[[nodiscard]] std::string top_screen(const status_document& status, const history_document& history,
                                     std::string_view foot, const screen_shape& shape);

/// Values as bars of eight heights, the newest at the right; a blank for nullopt. `columns` of
/// them; of more values several are one bar (their mean).
[[nodiscard]] std::string sparkline(std::span<const std::optional<double>> values,
                                    std::size_t columns);

/// "[####......]": `columns` with the brackets.
[[nodiscard]] std::string bar(double share, std::size_t columns);

}  // namespace weir
