// SPDX-License-Identifier: Apache-2.0
#include "exposition/numbers.hpp"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/text/ascii.hpp"

namespace weir::exposition {
namespace {

std::optional<double> read_word(std::string_view text) noexcept {
  const bool is_signed = !text.empty() && (text.front() == '+' || text.front() == '-');
  const std::string_view word = text.substr(is_signed ? 1 : 0);
  if (equal_ignoring_case(word, "inf") || equal_ignoring_case(word, "infinity")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return text.front() == '-' ? -infinity : infinity;
  }
  if (!is_signed && equal_ignoring_case(word, "nan")) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> read_number(std::string_view text) noexcept {
  std::string_view digits = text;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
  }
  const std::size_t first = digits.starts_with('-') && digits.size() == text.size() ? 1 : 0;
  if (digits.size() <= first || !(is_digit(digits[first]) || digits[first] == '.')) {
    return read_word(text);
  }
  double value = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = fast_float::from_chars(digits.data(), end, value);
  // Too small to be told from zero is zero; too large is no number.
  if (read.ptr != end || std::isinf(value) ||
      (read.ec != std::errc{} && read.ec != std::errc::result_out_of_range)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> read_integer(std::string_view text) noexcept {
  if (text.size() > 1 && text.front() == '+' && is_digit(text[1])) {
    text.remove_prefix(1);
  }
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ptr == end && read.ec == std::errc{} && !text.empty() ? std::optional(value)
                                                                    : std::nullopt;
}

void append_number(double value, std::string& out) {
  if (std::isnan(value)) {
    out.append("NaN");
  } else if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace weir::exposition
