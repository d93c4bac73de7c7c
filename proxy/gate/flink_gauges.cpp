// SPDX-License-Identifier: Apache-2.0
#include "gate/flink_gauges.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text/ascii.hpp"

namespace weir {
namespace {

/// How Java writes what is no number. The last are JDK 8's NaN and the infinite of NumberFormat.
constexpr std::array<std::string_view, 9> no_values{
    "null",         "NaN",           "Infinity",     "+Infinity",    "-Infinity",
    "\xE2\x88\x9E", "-\xE2\x88\x9E", "\xEF\xBF\xBD", "-\xEF\xBF\xBD"};

bool is_no_value(std::string_view text) noexcept {
  return std::find(no_values.begin(), no_values.end(), text) != no_values.end();
}

/// Of a field set: where its first unescaped, unquoted `stop` or its end is.
std::size_t find_outside_quotes(std::string_view text, char stop) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == stop && !quoted) {
      return i;
    }
  }
  return text.size();
}

/// Quotes in a series are ordinary bytes.
std::size_t find_space(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ' ') {
      return i;
    }
  }
  return text.size();
}

}  // namespace

bool has_flink_gauges(std::span<const field_view> fields) noexcept {
  return std::any_of(fields.begin(), fields.end(), [](const field_view& field) {
    return field.type == field_type::string &&
           (field.string_text() == "true" || field.string_text() == "false" ||
            is_no_value(field.string_text()));
  });
}

gauges_read read_flink_gauges(field_edit& edit) {
  gauges_read read;
  std::vector<field_view>& fields = edit.fields();
  read.dropped = std::erase_if(fields, [](const field_view& field) {
                   return field.type == field_type::string && is_no_value(field.string_text());
                 }) > 0;
  if (read.dropped) {
    put_plain_key_first(fields);
  }
  for (field_view& field : fields) {
    if (field.type != field_type::string) {
      continue;
    }
    const std::string_view text = field.string_text();
    if (text == "true" || text == "false") {
      field.bool_value = text == "true";
      field.type = field_type::boolean;
      field.text = text;
      read.converted = true;
    }
  }
  return read;
}

bool fit_flink_gauge(field_view& field, field_type wanted, field_edit& edit) {
  if (field.type == field_type::boolean && wanted == field_type::string) {
    return convert_exactly(field, wanted, edit);
  }
  if (field.type != field_type::string ||
      (wanted != field_type::float64 && wanted != field_type::int64)) {
    return false;
  }
  const std::string_view text = field.string_text();
  if (wanted == field_type::int64) {
    std::int64_t whole = 0;
    const auto [last, problem] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (problem == std::errc() && last == text.data() + text.size()) {
      field.text = edit.keep(std::string(text) + "i");
      field.type = field_type::int64;
      field.int_value = whole;
      return true;
    }
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool digit = !text.empty() && is_digit(text.back());
  if (error != std::errc() || end != text.data() + text.size() || !digit || !std::isfinite(value)) {
    return false;
  }
  field_view number = field;
  number.type = field_type::float64;
  number.text = text;
  number.float_value = value;
  if (!convert_exactly(number, wanted, edit)) {
    return false;
  }
  field = number;
  return true;
}

bool take_out_flink_gauges(std::string_view line, std::string& out) {
  out.clear();
  const std::size_t series_end = find_space(line);
  if (series_end == line.size()) {
    return false;
  }
  std::string_view rest = line.substr(series_end + 1);
  const std::size_t fields_end = find_outside_quotes(rest, ' ');
  std::string_view fields = rest.substr(0, fields_end);
  rest.remove_prefix(fields_end);
  std::string left;
  bool taken_out = false;
  while (!fields.empty()) {
    const std::size_t end = find_outside_quotes(fields, ',');
    const std::string_view field = fields.substr(0, end);
    fields.remove_prefix(std::min(end + 1, fields.size()));
    const std::size_t equals = find_outside_quotes(field, '=');
    if (equals < field.size() && is_no_value(field.substr(equals + 1))) {
      taken_out = true;
      continue;
    }
    left.append(left.empty() ? "" : ",").append(field);
  }
  if (taken_out && !left.empty()) {
    out.append(line.substr(0, series_end + 1)).append(left).append(rest);
  }
  return taken_out;
}

}  // namespace weir
