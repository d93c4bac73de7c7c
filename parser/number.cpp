// SPDX-License-Identifier: Apache-2.0
//
// The exact number scanner. It follows 1.x step by step because which of its errors a mistake gets
// depends on those steps ("+1" is an invalid boolean, "1e" an invalid float, "1.0i" an invalid
// number).
#include "parser/number.hpp"

#include <fast_float/fast_float.h>

#include <cmath>
#include <cstring>

#include "parser/bytes.hpp"

namespace weir {
namespace {

bool is_numeric(char byte) noexcept {
  return is_decimal(byte) || byte == '.';
}
bool is_exponent(char byte) noexcept {
  return byte == 'e' || byte == 'E';
}

template <typename Integer>
number_error from_digits(std::string_view digits, Integer& value) noexcept {
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error == std::errc::invalid_argument || stop != end) {
    return number_error::syntax;
  }
  return error == std::errc{} ? number_error::none : number_error::out_of_range;
}

// What the scan of one number has seen.
struct number_marks {
  bool is_int = false;
  bool is_uint = false;
  bool has_point = false;
  bool has_exponent = false;

  [[nodiscard]] bool has_suffix() const noexcept { return is_int || is_uint; }
};

// Takes one byte; false where 1.x says "invalid number".
bool take(std::string_view text, std::size_t begin, std::size_t at, number_marks& marks) noexcept {
  const char byte = text[at];
  if ((byte == 'i' || byte == 'u') && at > begin && !marks.has_suffix()) {
    (byte == 'i' ? marks.is_int : marks.is_uint) = true;
    return true;
  }
  if (byte == '.') {
    if (marks.has_point) {
      return false;
    }
    marks.has_point = true;
  }
  if (at > begin && is_exponent(byte)) {
    marks.has_exponent = true;
    return true;
  }
  if ((byte == '+' || byte == '-') && at > begin && is_exponent(text[at - 1])) {
    return true;
  }
  return is_numeric(byte);
}

parse_code check(std::string_view number, const number_marks& marks) noexcept {
  if (marks.has_suffix() && (marks.has_point || marks.has_exponent)) {
    return parse_code::invalid_number;
  }
  const std::size_t signs = number[0] == '-' ? 1 : 0;
  const std::size_t others = signs + (marks.is_int ? 1 : 0) + (marks.has_point ? 1 : 0);
  if (number.size() == others) {
    return parse_code::invalid_number;
  }
  const std::string_view digits = number.substr(0, number.size() - 1);
  if (marks.is_int) {
    std::int64_t value = 0;
    if (number.back() != 'i') {
      return parse_code::invalid_number;
    }
    return parse_int64(digits, value) == number_error::none ? parse_code::none
                                                            : parse_code::integer_out_of_range;
  }
  if (marks.is_uint) {
    std::uint64_t value = 0;
    if (number.back() != 'u' || signs > 0) {
      return parse_code::invalid_number;
    }
    return parse_uint64(digits, value) == number_error::none ? parse_code::none
                                                             : parse_code::unsigned_out_of_range;
  }
  double value = 0;
  return parse_double(number, value) == number_error::none ? parse_code::none
                                                           : parse_code::invalid_float;
}

// The end of a number of the plain kind, for which the steps below would find nothing wrong: up to
// 18 digits, then an `i`, or a point among them with a digit on each side. Else `begin`.
std::size_t find_plain_end(std::string_view text, std::size_t begin) noexcept {
  constexpr std::size_t digits_max = 18;
  const auto skip_digits = [text](std::size_t at) noexcept {
    while (at < text.size() && is_decimal(text[at])) {
      ++at;
    }
    return at;
  };
  const std::size_t digits = begin + (text[begin] == '-' ? 1 : 0);
  std::size_t at = skip_digits(digits);
  if (at == digits) {
    return begin;
  }
  if (at < text.size() && text[at] == 'i') {
    ++at;
  } else if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(fraction);
    if (at == fraction) {
      return begin;
    }
  }
  const bool ends = at == text.size() || text[at] == ',' || text[at] == ' ';
  return ends && at - digits <= digits_max ? at : begin;
}

}  // namespace

number_error parse_int64(std::string_view digits, std::int64_t& value) noexcept {
  return from_digits(digits, value);
}

number_error parse_uint64(std::string_view digits, std::uint64_t& value) noexcept {
  return from_digits(digits, value);
}

number_error parse_double(std::string_view text, double& value) noexcept {
  const char* const end = text.data() + text.size();
  const auto answer = fast_float::from_chars(text.data(), end, value);
  if (answer.ptr != end) {
    return number_error::syntax;
  }
  // Some versions of the library report a result of zero as out of range; 1.x takes it.
  return std::isfinite(value) ? number_error::none : number_error::out_of_range;
}

bool scale_digits(std::uint64_t digits, unsigned decimals, double& value) noexcept {
  using format = fast_float::binary_format<double>;
  const fast_float::adjusted_mantissa scaled =
      fast_float::compute_float<format>(-static_cast<std::int64_t>(decimals), digits);
  if (scaled.power2 < 0 || scaled.power2 >= format::infinite_power()) {
    return false;
  }
  const std::uint64_t bits = scaled.mantissa | static_cast<std::uint64_t>(scaled.power2)
                                                   << format::mantissa_explicit_bits();
  std::memcpy(&value, &bits, sizeof value);
  return true;
}

number_scan scan_number(std::string_view text, std::size_t begin) noexcept {
  std::size_t at = find_plain_end(text, begin);
  if (at != begin) {
    return {at, parse_code::none};
  }
  number_marks marks;
  if (text[at] == '-') {
    ++at;
  }
  for (; at < text.size() && text[at] != ',' && text[at] != ' '; ++at) {
    if (!take(text, begin, at, marks)) {
      return {at, parse_code::invalid_number};
    }
  }
  return {at, check(text.substr(begin, at - begin), marks)};
}

void decode_value(std::string_view text, field_view& field) noexcept {
  field.text = text;
  const char first = text.front();
  const std::string_view digits = text.substr(0, text.size() - 1);
  number_error error = number_error::none;
  if (first == '"') {
    field.type = field_type::string;
    field.uint_value = 0;
  } else if (!is_numeric(first) && first != '-') {
    field.type = field_type::boolean;
    field.uint_value = 0;
    field.bool_value = first == 't' || first == 'T';
  } else if (text.back() == 'i') {
    field.type = field_type::int64;
    error = parse_int64(digits, field.int_value);
  } else if (text.back() == 'u') {
    field.type = field_type::uint64;
    error = parse_uint64(digits, field.uint_value);
  } else {
    field.type = field_type::float64;
    error = parse_double(text, field.float_value);
  }
  static_cast<void>(error);  // the scanners have accepted the text
}

bool is_portable_number(std::string_view text) noexcept {
  const char last = text.back();
  if (last == 'u') {
    return true;
  }
  const std::size_t at = text.front() == '-' ? 1 : 0;
  if (at == text.size() || !is_decimal(text[at]) ||
      (text[at] == '0' && at + 1 < text.size() && is_decimal(text[at + 1]))) {
    return false;
  }
  const std::size_t point = text.find('.', at);
  return point == std::string_view::npos ||
         (point + 1 < text.size() && is_decimal(text[point + 1]));
}

}  // namespace weir
