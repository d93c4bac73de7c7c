// SPDX-License-Identifier: Apache-2.0
//
// Finds control bytes of ASCII in a text, eight bytes at a time: heads of requests and answers are
// looked at whole, each of them. Pure.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

/// Where, from `at` on, the first byte below 0x20 or equal to 0x7f is; the size where there is
/// none.
[[nodiscard]] inline std::size_t find_control(std::string_view text, std::size_t at) noexcept {
  // The high bit of each byte of a word that is sought: exact for the lowest such byte, and no
  // further one is looked at.
  constexpr std::uint64_t each = 0x0101'0101'0101'0101U;
  constexpr std::uint64_t high = 0x80U * each;
  static_assert(std::endian::native == std::endian::little);
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t deleted = word ^ (0x7fU * each);
    const std::uint64_t found =
        (((word - 0x20U * each) & ~word) | ((deleted - each) & ~deleted)) & high;
    if (found != 0) {
      return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7f) {
      break;
    }
  }
  return at;
}

}  // namespace weir
