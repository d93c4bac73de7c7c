// SPDX-License-Identifier: Apache-2.0
//
// Percent-escapes of any bytes: for URLs, names of files, and words between spaces. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Every byte but A-Z a-z 0-9 `_` `-` becomes %XX. What results is safe in a URL's query, as a file
/// name without dots, and as a word between spaces.
[[nodiscard]] std::string percent_escape(std::string_view text);

/// The opposite; nothing if `text` is not what percent_escape makes.
[[nodiscard]] std::optional<std::string> percent_unescape(std::string_view text);

}  // namespace weir
