// SPDX-License-Identifier: Apache-2.0
//
// Text of unknown origin made fit for one line of the journal. What a terminal shows of it is
// terminal_text's part. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

/// `text` on one line: control bytes as \xNN, cut at `bytes_max` (then ended by "...").
[[nodiscard]] std::string one_line(std::string_view text, std::size_t bytes_max);

}  // namespace weir
