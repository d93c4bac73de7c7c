// SPDX-License-Identifier: Apache-2.0
#include "gate/rules/field_edit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace weir {
namespace {

// 2^63 and 2^64: the first floats that are too large for each kind of integer.
constexpr double int64_end = 9223372036854775808.0;
constexpr double uint64_end = 18446744073709551616.0;

void become_string(field_view& field, std::string_view text, field_edit& edit) {
  field.text = edit.keep("\"" + std::string(text) + "\"");
  field.type = field_type::string;
}

void become_integer(field_view& field, std::int64_t value, field_edit& edit) {
  field.text = edit.keep(std::to_string(value) + "i");
  field.type = field_type::int64;
  field.int_value = value;
}

void become_unsigned(field_view& field, std::uint64_t value, field_edit& edit) {
  field.text = edit.keep(std::to_string(value) + "u");
  field.type = field_type::uint64;
  field.uint_value = value;
}

/// The value as a float, when a float holds it exactly.
std::optional<double> as_float(const field_view& field) noexcept {
  if (field.type == field_type::int64) {
    const auto value = static_cast<double>(field.int_value);
    const bool exact = value < int64_end && static_cast<std::int64_t>(value) == field.int_value;
    return exact ? std::optional(value) : std::nullopt;
  }
  if (field.type == field_type::uint64) {
    const auto value = static_cast<double>(field.uint_value);
    const bool exact = value < uint64_end && static_cast<std::uint64_t>(value) == field.uint_value;
    return exact ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

bool to_float(field_view& field, field_edit& edit) {
  const std::optional<double> value = as_float(field);
  if (!value) {
    return false;
  }
  std::string_view digits = field.text;
  digits.remove_suffix(1);                                          // i or u
  field.text = edit.keep(*value == 0 ? "0" : std::string(digits));  // -0i is no -0
  field.type = field_type::float64;
  field.float_value = *value;
  return true;
}

bool to_integer(field_view& field, field_edit& edit) {
  if (field.type == field_type::float64) {
    const double value = field.float_value;
    if (std::trunc(value) != value || value < -int64_end || value >= int64_end) {
      return false;
    }
    become_integer(field, static_cast<std::int64_t>(value), edit);
    return true;
  }
  if (field.type == field_type::uint64 &&
      field.uint_value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    become_integer(field, static_cast<std::int64_t>(field.uint_value), edit);
    return true;
  }
  return false;
}

bool to_unsigned(field_view& field, field_edit& edit) {
  if (field.type == field_type::float64) {
    const double value = field.float_value;
    if (std::trunc(value) != value || value < 0 || value >= uint64_end) {
      return false;
    }
    become_unsigned(field, static_cast<std::uint64_t>(value), edit);
    return true;
  }
  if (field.type == field_type::int64 && field.int_value >= 0) {
    become_unsigned(field, static_cast<std::uint64_t>(field.int_value), edit);
    return true;
  }
  return false;
}

bool to_string(field_view& field, field_edit& edit) {
  if (field.type == field_type::boolean) {
    become_string(field, field.bool_value ? "true" : "false", edit);
    return true;
  }
  std::string_view digits = field.text;
  if (field.type != field_type::float64) {
    digits.remove_suffix(1);
  }
  become_string(field, digits, edit);
  return true;
}

}  // namespace

bool convert_exactly(field_view& field, field_type wanted, field_edit& edit) {
  if (field.type == wanted) {
    return true;
  }
  if (field.type == field_type::string) {
    return false;
  }
  switch (wanted) {
    case field_type::float64:
      return to_float(field, edit);
    case field_type::int64:
      return to_integer(field, edit);
    case field_type::uint64:
      return to_unsigned(field, edit);
    case field_type::boolean:
      return false;
    case field_type::string:
      return to_string(field, edit);
  }
  return false;
}

std::string_view rename_suffix(field_type type) noexcept {
  switch (type) {
    case field_type::float64:
      return "_float";
    case field_type::int64:
      return "_int";
    case field_type::uint64:
      return "_uint";
    case field_type::boolean:
      return "_bool";
    case field_type::string:
      return "_str";
  }
  return "";
}

void put_plain_key_first(std::vector<field_view>& fields) {
  const auto plain = std::find_if(fields.begin(), fields.end(), [](const field_view& field) {
    return may_come_first(field.key);
  });
  if (plain == fields.end()) {
    fields.clear();
    return;
  }
  std::rotate(fields.begin(), plain, plain + 1);
}

}  // namespace weir
