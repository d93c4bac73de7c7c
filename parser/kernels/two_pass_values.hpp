// SPDX-License-Identifier: Apache-2.0
//
// HOT. Values of fields and timestamps, as the second pass of the two-pass kernels decodes them.
// Included by two_pass.hpp into the target region of each kernel.
//
// The functions take values of common spellings. They return false for all others, right or wrong:
// those are for the exact reader.

// What the numbers of a line have shown so far. A value whose `wrong` is not yet known is decoded
// all the same: one question at the end of the line takes the place of one for each number.
struct number_findings {
  __m128i wrong = _mm_setzero_si128();  // not 0: a byte among the digits is no digit
  bool odd_spelling = false;            // the field set as it lies is not canonical

  [[nodiscard]] WEIR_INLINE bool are_good() const noexcept {
    return _mm_testz_si128(wrong, wrong) != 0;
  }
};

WEIR_INLINE std::uint32_t load4(const char* bytes) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// t T true True TRUE f F false False FALSE
WEIR_INLINE bool read_boolean(const char* begin, const char* end, field_view& field) noexcept {
  const auto length = end - begin;
  const std::uint32_t word = load4(end - 4);  // its last four letters
  // Sums, not branches: which of the words it is cannot be predicted.
  const auto is = [](std::uint32_t a, std::uint32_t b) noexcept { return a == b ? 1U : 0U; };
  const auto first = static_cast<std::uint32_t>(static_cast<unsigned char>(*begin));
  const std::uint32_t one = length == 1 ? 1 : 0;
  const std::uint32_t is_true =
      is(word, load4("true")) + is(word, load4("True")) + is(word, load4("TRUE"));
  const std::uint32_t is_false = is(word, load4("alse")) * (is(first, 'f') + is(first, 'F')) +
                                 is(word, load4("ALSE")) * is(first, 'F');
  const std::uint32_t yes = one * (is(first, 't') + is(first, 'T')) + (length == 4 ? is_true : 0);
  const std::uint32_t no = one * (is(first, 'f') + is(first, 'F')) + (length == 5 ? is_false : 0);
  field.type = field_type::boolean;
  field.uint_value = 0;
  field.bool_value = yes != 0;
  return yes + no != 0;
}

// A value that ends neither in a digit nor in `i`.
[[gnu::noinline]] inline bool read_other_value(const char* begin, const char* end,
                                               field_view& field) noexcept {
  if (end[-1] == 'u') {
    field.type = field_type::uint64;
    return parse_uint64(between(begin, end - 1), field.uint_value) == number_error::none;
  }
  return read_boolean(begin, end, field);
}

WEIR_INLINE bool has_leading_zero(const char* digits) noexcept {
  return *digits == '0' && is_decimal(digits[1]);
}

// An integer without digits, or with so many that they may not fit.
[[gnu::noinline]] inline bool read_long_integer(const char* begin, const char* end,
                                                field_view& field) noexcept {
  field.type = field_type::int64;
  return parse_int64(between(begin, end), field.int_value) == number_error::none;
}

// The integer [begin, end), whose suffix lies at `end`.
WEIR_INLINE bool read_integer(const char* begin, const char* end, field_view& field,
                              number_findings& numbers) noexcept {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const auto count = static_cast<std::size_t>(end - digits);
  numbers.odd_spelling |= has_leading_zero(digits);
  if (count - 1 >= 16) {
    return read_long_integer(begin, end, field);
  }
  const std::uint64_t value = combine_digits(digits_of(load16(end - 16), count, numbers.wrong));
  field.type = field_type::int64;
  field.int_value = static_cast<std::int64_t>(negative ? 0 - value : value);
  return true;
}

// Digits of which the sum fits 53 bits, divided by a power of ten that a double holds exactly,
// round once and therefore correctly.
WEIR_INLINE bool read_float(const char* begin, const char* end, field_view& field,
                            bool& odd_spelling) noexcept {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative ? 1 : 0);
  const auto length = static_cast<std::size_t>(end - digits);
  field.type = field_type::float64;
  odd_spelling |= has_leading_zero(digits);
  if (length - 1 < 16) {
    const std::uint32_t points = points_in(end) & (0xffff0000U >> length);
    const int point = points != 0 ? __builtin_ctz(points) : -1;
    const std::size_t count = length - (points != 0 ? 1 : 0);
    __m128i wrong = _mm_setzero_si128();
    const std::uint64_t sum = combine_digits(digits_of(without_point(end, point), count, wrong));
    if (_mm_testz_si128(wrong, wrong) != 0 && sum <= exact_integer_max && is_decimal(*digits)) {
      const auto whole = static_cast<double>(static_cast<std::int64_t>(sum));
      const double value = whole / powers_of_ten[points != 0 ? 15 - point : 0];
      field.float_value = negative ? -value : value;
      return true;
    }
  } else if (length - 17 < long_float_max - 16) {
    return read_long_float(begin, digits, end, field);
  }
  return read_float_slow(begin, end, field);
}

// The timestamp [begin, end) in units of `unit_ns`, of which `units_max` fit.
WEIR_INLINE bool read_time(const char* begin, const char* end, std::int64_t unit_ns,
                           std::uint64_t units_max, __m128i& wrong,
                           std::optional<std::int64_t>& result) noexcept {
  const bool negative = *begin == '-';
  const auto count = static_cast<std::size_t>(end - begin) - (negative ? 1 : 0);
  if (count - 1 >= 19) {
    return false;
  }
  const std::uint64_t units = read_digits(end, count, wrong);
  // Of too many units the product wraps, and is not used.
  result = static_cast<std::int64_t>((negative ? 0 - units : units) *
                                     static_cast<std::uint64_t>(unit_ns));
  return units <= units_max;
}
