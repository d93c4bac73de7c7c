// SPDX-License-Identifier: Apache-2.0
//
// Percent-escapes. Pure.
#include "base/percent_escape.hpp"

#include "base/text/ascii.hpp"

namespace weir {
namespace {

bool stays(char c) noexcept {
  return is_letter_or_digit(c) || c == '_' || c == '-';
}

}  // namespace

std::string percent_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char letter : text) {
    const auto c = static_cast<unsigned char>(letter);
    if (stays(letter)) {
      out += letter;
    } else {
      out += '%';
      append_hex(c, hex_digits_upper, out);
    }
  }
  return out;
}

std::optional<std::string> percent_unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stays(text[i])) {
      out += text[i];
      continue;
    }
    if (text[i] != '%' || i + 2 >= text.size()) {
      return std::nullopt;
    }
    const std::size_t high = hex_digits_upper.find(text[i + 1]);
    const std::size_t low = hex_digits_upper.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

}  // namespace weir
