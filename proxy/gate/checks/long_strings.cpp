// SPDX-License-Identifier: Apache-2.0
#include "gate/checks/long_strings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

/// Bytes that the string stands for; 0 where that is not too many.
std::size_t excess_of(const field_view& field) {
  constexpr std::size_t quotes = 2;
  if (field.type != field_type::string ||
      field.text.size() - quotes <= long_strings_check::string_bytes_max) {
    return 0;
  }
  std::string text;
  unescape_string(field.text.substr(1, field.text.size() - quotes), text);
  return text.size() > long_strings_check::string_bytes_max ? text.size() : 0;
}

}  // namespace

gate_answer long_strings_check::judge(const point_view& point) {
  const bool any = std::any_of(point.fields.begin(), point.fields.end(),
                               [](const field_view& field) { return excess_of(field) > 0; });
  return any ? gate_answer{gate_action::reject, gate_code::string_too_long} : gate_answer{};
}

std::string long_strings_check::detail(gate_code /*code*/, const point_view& point) const {
  std::string measurement;
  unescape_measurement(point.measurement, measurement);
  for (const field_view& field : point.fields) {
    if (const std::size_t bytes = excess_of(field); bytes > 0) {
      std::string key;
      unescape_field_key(field.key, key);
      return fmt::format("input field \"{}\" on measurement \"{}\" is too long, {} > {}", key,
                         measurement, bytes, string_bytes_max);
    }
  }
  return {};
}

}  // namespace weir
