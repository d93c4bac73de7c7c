// SPDX-License-Identifier: Apache-2.0
//
// HOT. Numbers of more than 16 characters in registers of 16 bytes. Included, like two_pass.hpp,
// into the target region of the kernel that has no larger ones, behind two_pass_numbers.hpp.

// The number of 1 to 19 digits that ends at `end`.
WEIR_INLINE std::uint64_t read_digits(const char* end, std::size_t count, __m128i& wrong) noexcept {
  if (count <= 16) {
    return combine_digits(digits_of(load16(end - 16), count, wrong));
  }
  const std::uint64_t low = combine_digits(digits_of(load16(end - 16), 16, wrong));
  const std::uint64_t high = combine_digits(digits_of(load16(end - 32), count - 16, wrong));
  return high * 10'000'000'000'000'000U + low;
}

constexpr std::size_t long_float_max = 20;

// 17 to 20 characters, among them a point.
[[gnu::noinline]] inline bool read_long_float(const char* begin, const char* digits,
                                              const char* end, field_view& field) noexcept {
  const auto length = static_cast<unsigned>(end - digits);
  const std::uint32_t points =
      (points_in(end) << 16 | points_in(end - 16)) & (~std::uint32_t{0} << (32 - length));
  if (points == 0 || !is_decimal(*digits)) {
    return read_float_slow(begin, end, field);
  }
  const int point = __builtin_ctz(points);
  __m128i wrong = _mm_setzero_si128();
  const unsigned count = length - 1;
  const __m128i low = digits_of(without_point(end, point - 16), 16, wrong);
  const __m128i high =
      digits_of(without_point(end - 16, point < 16 ? point : 15), count - 16, wrong);
  const std::uint64_t sum = combine_digits(high) * 10'000'000'000'000'000U + combine_digits(low);
  const auto decimals = static_cast<unsigned>(31 - point);
  double value = 0;
  if (_mm_testz_si128(wrong, wrong) == 0 || !scale_digits(sum, decimals, value)) {
    return read_float_slow(begin, end, field);
  }
  field.float_value = digits != begin ? -value : value;
  return true;
}
