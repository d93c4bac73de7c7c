// SPDX-License-Identifier: Apache-2.0
//
// Percent-escapes. Pure.
#include "base/percent_escape.hpp"

namespace weir {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool stays(unsigned char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

void append_hex(unsigned char c, std::string& out) {
  out += hex_digits[c >> 4];
  out += hex_digits[c & 15];
}

}  // namespace

std::string percent_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char letter : text) {
    const auto c = static_cast<unsigned char>(letter);
    if (stays(c)) {
      out += letter;
    } else {
      out += '%';
      append_hex(c, out);
    }
  }
  return out;
}

std::optional<std::string> percent_unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stays(static_cast<unsigned char>(text[i]))) {
      out += text[i];
      continue;
    }
    if (text[i] != '%' || i + 2 >= text.size()) {
      return std::nullopt;
    }
    const std::size_t high = hex_digits.find(text[i + 1]);
    const std::size_t low = hex_digits.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

}  // namespace weir
