// SPDX-License-Identifier: Apache-2.0
//
// What a size or a duration that cannot be read was probably meant to be, in the spelling that can:
// "4G" is "4GiB", "1 min" is "1m". Only for suggestions: nothing is read like this. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// A spelling that parse_size takes, or "".
[[nodiscard]] std::string likely_size(std::string_view text);

/// A spelling that parse_duration takes, or "".
[[nodiscard]] std::string likely_duration(std::string_view text);

}  // namespace weir
