// SPDX-License-Identifier: Apache-2.0
#include "page/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text/json_text.hpp"

namespace weir::page {
namespace {

constexpr double decimals = 1000;
/// Beyond it a double has no thousandths.
constexpr double rounded_max = 1e12;

}  // namespace

void json_writer::separate() {
  if (comma_) {
    out_.push_back(',');
  }
  comma_ = true;
}

json_writer& json_writer::begin(char bracket) {
  separate();
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

json_writer& json_writer::end(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  append_json_string(name, out_);
  out_.push_back(':');
  comma_ = false;
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

json_writer& json_writer::number(std::uint64_t value) {
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

}  // namespace weir::page
