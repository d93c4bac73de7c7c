// SPDX-License-Identifier: Apache-2.0
//
// HOT. Numbers of up to 16 characters in one register, as every two-pass kernel reads them:
// backwards from their end. Included, like two_pass.hpp, into their target regions;
// numbers_in_16.hpp or numbers_in_32.hpp follows with longer ones.

// The number that 16 digits (0 to 9, the most significant first) make: pairs, fours, eights.
WEIR_INLINE std::uint64_t combine_digits(__m128i digits) noexcept {
  const __m128i pairs = _mm_maddubs_epi16(digits, load16(lanes.tens));
  const __m128i fours = _mm_madd_epi16(pairs, load16(lanes.hundreds));
  const __m128i packed = _mm_packus_epi32(fours, fours);
  const __m128i eights = _mm_madd_epi16(packed, load16(lanes.ten_thousands));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  return (both & 0xffffffffU) * 100000000U + (both >> 32);
}

// The last `count` (0 to 16) of these characters as digits, with zeros before them. A character
// that is no digit sets bits of `wrong`.
WEIR_INLINE __m128i digits_of(__m128i characters, std::size_t count, __m128i& wrong) noexcept {
  const __m128i digits = _mm_and_si128(_mm_sub_epi8(characters, load16(lanes.zero_characters)),
                                       load16(suffix_masks + 16 + count));
  wrong = _mm_or_si128(wrong, _mm_subs_epu8(digits, load16(lanes.nines)));
  return digits;
}

// A float that no register decodes exactly: by the library.
[[gnu::noinline]] inline bool read_float_slow(const char* begin, const char* end,
                                              field_view& field) noexcept {
  const char* const digits = begin + (*begin == '-' ? 1 : 0);
  const char* point = digits;
  while (point < end && *point != '.') {
    ++point;
  }
  // ".5" and "1.e5" are for the exact reader.
  const bool is_plain = is_decimal(*digits) && (point == end || is_decimal(point[1]));
  return is_plain && parse_double(between(begin, end), field.float_value) == number_error::none;
}

// The last 16 characters before `end` without the decimal point, which is lane `point` of them
// (negative: none is). Those before the point are loaded from one byte further left, over the
// point.
WEIR_INLINE __m128i without_point(const char* end, int point) noexcept {
  const __m128i near = load16(end - 16);
  const __m128i far = load16(end - 17);
  const __m128i is_behind =
      _mm_cmpgt_epi8(load16(lanes.numbers), _mm_set1_epi8(static_cast<char>(point)));
  return _mm_blendv_epi8(far, near, is_behind);
}

// The lanes of the last 16 characters that are decimal points.
WEIR_INLINE std::uint32_t points_in(const char* end) noexcept {
  return static_cast<std::uint32_t>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(load16(end - 16), load16(lanes.points))));
}
