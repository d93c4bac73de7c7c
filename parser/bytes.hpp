// SPDX-License-Identifier: Apache-2.0
//
// What single bytes and short runs of them are: asked for all over the parser, answered once. Not
// how InfluxDB's scanners combine them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

/// The byte order mark of UTF-8, which some programs write at the beginning of a file.
inline constexpr std::string_view byte_order_mark_utf8 = "\xEF\xBB\xBF";
/// U+FFFD in UTF-8: what programs write for a character that they could not decode.
inline constexpr std::string_view replacement_character_utf8 = "\xEF\xBF\xBD";

[[nodiscard]] constexpr bool is_decimal(char byte) noexcept {
  return static_cast<unsigned char>(byte - '0') < 10;
}

/// White space as 1.x skips it before a measurement, a field set and a timestamp.
[[nodiscard]] constexpr bool is_white_space(char byte) noexcept {
  return byte == ' ' || byte == '\t' || byte == '\0';
}

/// The bytes of [begin, end).
[[nodiscard]] constexpr std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

/// Whether a byte has its high bit set, so that the text is not ASCII. Eight bytes at a time: this
/// is asked of every accepted line.
[[nodiscard]] inline bool has_high_byte(std::string_view text) noexcept {
  std::uint64_t all = 0;
  std::size_t at = 0;
  for (; at + sizeof all <= text.size(); at += sizeof all) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    all |= eight;
  }
  for (; at < text.size(); ++at) {
    all |= static_cast<unsigned char>(text[at]);
  }
  return (all & 0x8080808080808080U) != 0;
}

}  // namespace weir
