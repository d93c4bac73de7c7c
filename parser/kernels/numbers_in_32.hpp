// SPDX-License-Identifier: Apache-2.0
//
// HOT. Numbers of more than 16 characters in one register of 32 bytes, and their division by a
// power of ten without a branch that depends on how many digits they have. Included, like
// two_pass.hpp, into the target regions of the kernels that have AVX2 and FMA, behind their
// `load32` and two_pass_numbers.hpp.

struct digit_halves {
  std::uint64_t high;  // the digits above the last 16: at most 4
  std::uint64_t low;
};

// 32 digits of which only the last 20 may be other than 0.
WEIR_INLINE digit_halves combine_32_digits(__m256i digits) noexcept {
  const __m256i pairs = _mm256_maddubs_epi16(digits, load32(lanes.tens));
  const __m256i fours = _mm256_madd_epi16(pairs, load32(lanes.hundreds));
  const __m256i packed = _mm256_packus_epi32(fours, fours);
  const __m256i eights = _mm256_madd_epi16(packed, load32(lanes.ten_thousands));
  const auto first = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(eights)));
  const auto last =
      static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_extracti128_si256(eights, 1)));
  return {first >> 32, (last & 0xffffffffU) * 100000000U + (last >> 32)};
}

// As digits_of, of 32 characters.
WEIR_INLINE __m256i digits_of_32(__m256i characters, std::size_t count, __m256i& wrong) noexcept {
  const __m256i digits = _mm256_and_si256(
      _mm256_sub_epi8(characters, load32(lanes.zero_characters)), load32(suffix_masks + count));
  wrong = _mm256_subs_epu8(digits, load32(lanes.nines));
  return digits;
}

// The number of 1 to 19 digits that ends at `end`.
WEIR_INLINE std::uint64_t read_digits(const char* end, std::size_t count, __m128i& wrong) noexcept {
  if (count <= 16) {
    return combine_digits(digits_of(load16(end - 16), count, wrong));
  }
  __m256i wrong_32;
  const digit_halves halves = combine_32_digits(digits_of_32(load32(end - 32), count, wrong_32));
  wrong = _mm_or_si128(
      wrong, _mm_or_si128(_mm256_castsi256_si128(wrong_32), _mm256_extracti128_si256(wrong_32, 1)));
  return halves.high * 10'000'000'000'000'000U + halves.low;
}

// (high * 10^16 + low) / 10^decimals, rounded once. False: the result is so near to the middle
// between two doubles that these bits cannot decide.
//
// The sum is kept exactly in two doubles: high * 10^16 has 52 bits at most (14 and those of 5^16),
// the error of an addition is a double (Dekker), and so is the remainder of a division (which the
// fused multiplication gives). The quotient's correction then has a relative error below 2^-50;
// where the result is the same for a correction a little smaller and a little larger, it is the
// right one.
WEIR_INLINE bool divide_digits(digit_halves digits, std::size_t decimals, double& value) noexcept {
  const double power = powers_of_ten[decimals];
  const auto low = static_cast<std::int64_t>(digits.low);
  const double low_rounded = static_cast<double>(low);
  const double low_rest = static_cast<double>(low - static_cast<std::int64_t>(low_rounded));
  const double high = static_cast<double>(static_cast<std::int64_t>(digits.high)) * 1e16;
  const double sum = high + low_rounded;
  const double sum_rest = (high - sum) + low_rounded + low_rest;
  const double quotient = sum / power;
  const double correction = (__builtin_fma(-quotient, power, sum) + sum_rest) / power;
  value = __builtin_fma(correction, 1 - 0x1p-40, quotient);
  return value == __builtin_fma(correction, 1 + 0x1p-40, quotient);
}

constexpr std::size_t long_float_max = 21;

// 17 to 21 characters.
WEIR_INLINE bool read_long_float(const char* begin, const char* digits, const char* end,
                                 field_view& field) noexcept {
  const auto length = static_cast<unsigned>(end - digits);
  const __m256i near = load32(end - 32);
  const std::uint32_t points = static_cast<std::uint32_t>(_mm256_movemask_epi8(
                                   _mm256_cmpeq_epi8(near, load32(lanes.points)))) &
                               (~std::uint32_t{0} << (32 - length));
  const int point = points != 0 ? __builtin_ctz(points) : -1;
  const std::size_t count = length - (points != 0 ? 1 : 0);
  const __m256i is_behind =
      _mm256_cmpgt_epi8(load32(lanes.numbers), _mm256_set1_epi8(static_cast<char>(point)));
  const __m256i characters = _mm256_blendv_epi8(load32(end - 33), near, is_behind);
  __m256i wrong;
  const digit_halves sum = combine_32_digits(digits_of_32(characters, count, wrong));
  double value = 0;
  if (_mm256_testz_si256(wrong, wrong) == 0 || count > 20 || !is_decimal(*digits) ||
      !divide_digits(sum, points != 0 ? static_cast<std::size_t>(31 - point) : 0, value)) {
    return read_float_slow(begin, end, field);
  }
  field.float_value = digits != begin ? -value : value;
  return true;
}
