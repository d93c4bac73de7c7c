// SPDX-License-Identifier: Apache-2.0
//
// The mode of a Unix socket's file, as the configuration writes it: "0660". Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// What is wrong with the text; empty: nothing.
[[nodiscard]] inline std::string check_socket_mode(std::string_view text) {
  const bool good = text.size() == 4 && text.front() == '0' &&
                    text.find_first_not_of("01234567") == std::string_view::npos;
  return good
             ? std::string{}
             : "\"" + std::string(text) +
                   R"(" is no mode of a file; write four octal digits such as "0660" (owner and group) or "0666" (everybody))";
}

/// Requires: nothing is wrong with the text.
[[nodiscard]] inline std::uint32_t socket_mode_of(std::string_view text) noexcept {
  std::uint32_t mode = 0;
  for (const char digit : text) {
    mode = mode * 8 + static_cast<std::uint32_t>(digit - '0');
  }
  return mode;
}

}  // namespace weir
