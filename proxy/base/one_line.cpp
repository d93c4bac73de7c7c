// SPDX-License-Identifier: Apache-2.0
//
// One-line text. Pure.
#include "base/one_line.hpp"

namespace weir {

std::string one_line(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view hex_digits = "0123456789ABCDEF";
  std::string out;
  for (const char letter : text) {
    if (out.size() >= bytes_max) {
      return out + "...";
    }
    const auto c = static_cast<unsigned char>(letter);
    if (c < 0x20 || c == 0x7f) {
      out += "\\x";
      out += hex_digits[c >> 4];
      out += hex_digits[c & 15];
    } else {
      out += letter;
    }
  }
  return out;
}

}  // namespace weir
