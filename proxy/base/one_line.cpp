// SPDX-License-Identifier: Apache-2.0
//
// One-line text. Pure.
#include "base/one_line.hpp"

#include "base/text/ascii.hpp"

namespace weir {

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string out;
  for (const char letter : text) {
    if (out.size() >= bytes_max) {
      return out + "...";
    }
    const auto c = static_cast<unsigned char>(letter);
    if (c < 0x20 || c == 0x7f) {
      out += "\\x";
      append_hex(c, hex_digits_upper, out);
    } else {
      out += letter;
    }
  }
  return out;
}

}  // namespace weir
