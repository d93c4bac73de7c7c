// SPDX-License-Identifier: Apache-2.0
#include "base/text/json_writer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/text/json_text.hpp"

namespace weir {
namespace {

constexpr double decimals = 1000;
/// Beyond it a double has no thousandths.
constexpr double rounded_max = 1e12;
constexpr std::int64_t ns_in_ms = 1'000'000;
constexpr std::int64_t ms_in_second = 1'000;

}  // namespace

/// No value ends in one of these: strings end in a quote. A line feed or a space may stand before
/// the whole.
void json_writer::separate() {
  if (!out_.empty() && std::string_view("{[:,\n ").find(out_.back()) == std::string_view::npos) {
    out_.push_back(',');
  }
}

json_writer& json_writer::begin(char bracket) {
  separate();
  out_.push_back(bracket);
  return *this;
}

json_writer& json_writer::end(char bracket) {
  out_.push_back(bracket);
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  append_json_string(name, out_);
  out_.push_back(':');
  return *this;
}

json_writer& json_writer::text(std::string_view value) {
  separate();
  append_json_string(value, out_);
  return *this;
}

json_writer& json_writer::boolean(bool value) {
  separate();
  out_.append(value ? "true" : "false");
  return *this;
}

json_writer& json_writer::null() {
  separate();
  out_.append("null");
  return *this;
}

json_writer& json_writer::count(std::uint64_t value) {
  separate();
  std::array<char, 24> digits;
  out_.append(digits.data(),
              std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  return *this;
}

json_writer& json_writer::number(double value) {
  if (!std::isfinite(value)) {
    return null();
  }
  separate();
  std::array<char, 40> digits;
  const double rounded =
      std::abs(value) < rounded_max ? std::round(value * decimals) / decimals : value;
  // -0 is no number that a reader expects.
  out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(),
                                           rounded == 0 ? 0.0 : rounded)
                                 .ptr);
  return *this;
}

json_writer& json_writer::seconds(std::int64_t ns) {
  separate();
  const std::int64_t ms = ns / ns_in_ms;
  const std::int64_t sign = ms < 0 ? -1 : 1;
  fmt::format_to(std::back_inserter(out_), "{}{}.{:03}", ms < 0 ? "-" : "",
                 sign * (ms / ms_in_second), sign * (ms % ms_in_second));
  return *this;
}

}  // namespace weir
