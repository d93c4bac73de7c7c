// SPDX-License-Identifier: Apache-2.0
//
// Letters, digits and blanks of ASCII, whatever the locale is; other bytes are none of them. Pure.
// UTF-8 is base/text/utf8.hpp's.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace weir {

inline constexpr std::string_view hex_digits_lower = "0123456789abcdef";
inline constexpr std::string_view hex_digits_upper = "0123456789ABCDEF";

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

[[nodiscard]] constexpr bool is_letter_or_digit(char c) noexcept {
  return is_letter(c) || is_digit(c);
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// 0 to 15; -1 where `c` is no hexadecimal digit. Upper and lower case.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) {
    return c - '0';
  }
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Appends the two digits of a byte; `digits` is one of the alphabets above.
inline void append_hex(unsigned char byte, std::string_view digits, std::string& out) {
  out.push_back(digits[byte >> 4U]);
  out.push_back(digits[byte & 15U]);
}

[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

/// `text` without bytes of `blanks` at its ends; a part of `text`, with its lifetime.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text,
                                                 std::string_view blanks = " \t") noexcept {
  while (!text.empty() && blanks.find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  while (!text.empty() && blanks.find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  return text;
}

[[nodiscard]] inline bool equal_ignoring_case(std::string_view one,
                                              std::string_view other) noexcept {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char left, char right) { return to_lower(left) == to_lower(right); });
}

[[nodiscard]] inline bool contains_ignoring_case(std::string_view text,
                                                 std::string_view part) noexcept {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char left, char right) {
           return to_lower(left) == to_lower(right);
         }) != text.end();
}

}  // namespace weir
