// SPDX-License-Identifier: Apache-2.0
//
// Numbers for people: how they are written, and with what they count. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// "1,234,567".
[[nodiscard]] inline std::string grouped_digits(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, ",");
  }
  return text;
}

/// "1 point", "2 points": `noun` is the singular of a noun with a regular plural.
[[nodiscard]] inline std::string counted(std::uint64_t count, std::string_view noun) {
  std::string text = std::to_string(count);
  text.append(" ").append(noun).append(count == 1 ? "" : "s");
  return text;
}

}  // namespace weir
