// SPDX-License-Identifier: Apache-2.0
//
// Small text helpers of the sinks: percent-escapes (URLs, file names, the cursor file), shell-like
// patterns of database names, and foreign words made fit for one line. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/glob.hpp"

namespace weir {

/// Every byte but A-Z a-z 0-9 `_` `-` becomes %XX. What results is safe in a URL's query, as a file
/// name without dots, and as a word between spaces.
[[nodiscard]] std::string percent_escape(std::string_view text);

/// The opposite; nothing if `text` is not what percent_escape makes.
[[nodiscard]] std::optional<std::string> percent_unescape(std::string_view text);

/// `text` on one line: control bytes as \xNN, cut at `bytes_max` (then ended by "...").
[[nodiscard]] std::string one_line(std::string_view text, std::size_t bytes_max);

}  // namespace weir
