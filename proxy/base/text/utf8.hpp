// SPDX-License-Identifier: Apache-2.0
//
// UTF-8: whole texts, and one character after the other. No overlong forms, no surrogates, nothing
// above U+10FFFF. Pure. What a terminal shows of a character is base/text/terminal_text.hpp's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// The text that stands for a byte that is no UTF-8: U+FFFD.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

struct utf8_character {
  std::uint32_t code = 0;  // its code point
  std::size_t bytes = 0;   // 1 to 4; 0: there is no character
};

/// Whether a byte is none that begins a character, but one of those behind it.
[[nodiscard]] constexpr bool continues_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The character at the front of `text`; one of 0 bytes where `text` is empty or does not begin
/// with a whole character.
[[nodiscard]] utf8_character first_character(std::string_view text) noexcept;

/// Vectorised: as fast as reading the text.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `text` with each byte that belongs to no character replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace weir
