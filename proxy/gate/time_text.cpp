// SPDX-License-Identifier: Apache-2.0
#include "gate/time_text.hpp"

#include <bit>
#include <charconv>
#include <cstring>

namespace weir {
namespace {

constexpr std::uint64_t eight_digits = 100'000'000;

/// The eight digits of a number below 10^8, first digit in the lowest byte: each step halves what
/// every part of the word holds. The products by a reciprocal are exact for parts of this size.
std::uint64_t digits_of(std::uint64_t number) noexcept {
  const std::uint64_t upper = number / 10'000;
  const std::uint64_t fours = upper | (number - upper * 10'000) << 32;
  const std::uint64_t hundreds = (fours * 5243 >> 19) & 0x0000007F0000007FU;
  const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
  const std::uint64_t tens = (twos * 103 >> 10) & 0x000F000F000F000FU;
  return (tens | (twos - tens * 10) << 8) + 0x3030303030303030U;
}

}  // namespace

char* write_time(std::int64_t time, char* to) noexcept {
  *to++ = ' ';
  const auto number = static_cast<std::uint64_t>(time);
  constexpr std::uint64_t sixteen_digits = eight_digits * eight_digits;
  // Times of this century have three digits above the sixteen.
  const std::uint64_t upper = number / sixteen_digits;
  if (std::endian::native != std::endian::little || time < 0 || upper < 100) {
    return std::to_chars(to, to + time_text_bytes - 2, time).ptr;
  }
  const std::uint64_t rest = number - upper * sixteen_digits;
  const std::uint64_t digits[] = {digits_of(upper), digits_of(rest / eight_digits),
                                  digits_of(rest % eight_digits)};
  const std::uint64_t first = digits[0] >> 40;  // its last three
  std::memcpy(to, &first, 8);
  std::memcpy(to + 3, &digits[1], 16);
  return to + 19;
}

}  // namespace weir
