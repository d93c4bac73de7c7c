// SPDX-License-Identifier: Apache-2.0
//
// The texts of every error: a stable name for machines, and InfluxDB's own message for clients that
// match on it. Explanations for people are made in mistakes/.
#include "parser/exact.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

struct code_texts {
  std::string_view name;
  std::string_view reason;  // InfluxDB's message; `reason` adds the numbers that some name
};

constexpr code_texts texts[parse_code_count] = {
    {"none", ""},
    {"missing_measurement", "missing measurement"},
    {"missing_fields", "missing fields"},
    {"missing_tag_key", "missing tag key"},
    {"missing_tag_value", "missing tag value"},
    {"invalid_tag_format", "invalid tag format"},
    {"duplicate_tags", "duplicate tags"},
    {"key_too_long", "max key length exceeded: "},
    {"missing_field_key", "missing field key"},
    {"missing_field_value", "missing field value"},
    {"invalid_field_format", "invalid field format"},
    {"unbalanced_quotes", "unbalanced quotes"},
    {"invalid_number", "invalid number"},
    {"invalid_float", "invalid float"},
    {"invalid_boolean", "invalid boolean"},
    {"integer_out_of_range", "unable to parse integer "},
    {"unsigned_out_of_range", "unable to parse unsigned "},
    {"invalid_field_value", "invalid value: field-key="},
    {"bad_timestamp", "bad timestamp"},
    {"timestamp_syntax", "strconv.ParseInt: parsing "},
    {"timestamp_out_of_range", "strconv.ParseInt: parsing "},
    {"time_outside_range", "time outside range -9223372036854775806 - 9223372036854775806"},
    {"point_is_invalid", "point is invalid"},
    {"shield_empty_field_key", "empty field key"},
    {"shield_ambiguous_backslash", "ambiguous backslashes"},
    {"shield_text_after_quote", "text after closing quote"},
    {"shield_invalid_utf8", "invalid UTF-8"},
    {"shield_line_too_long", "line too long"},
    {"shield_tag_count", "number of tags that InfluxDB fails on"},
};

constexpr bool every_code_has_texts() {
  for (const code_texts& entry : texts) {
    if (entry.name.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(every_code_has_texts());

const code_texts& texts_of(parse_code code) noexcept {
  return texts[static_cast<std::size_t>(code)];
}

// The message of Go's strconv.NumError, which InfluxDB passes on.
std::string number_error_text(std::string_view number, std::string_view cause) {
  std::string text;
  text.append("\"").append(number).append("\": ").append(cause);
  return text;
}

std::size_t key_length(const parse_error& error) {
  const bool is_series = error.span.data() == error.text.data();
  return is_series ? error.span.size()
                   : series_length(error.text) + field_key_overhead + error.span.size();
}

}  // namespace

std::string_view name_of(parse_code code) noexcept {
  return texts_of(code).name;
}

std::string_view name_of(field_type type) noexcept {
  switch (type) {
    case field_type::float64:
      return "float";
    case field_type::int64:
      return "integer";
    case field_type::uint64:
      return "unsigned";
    case field_type::boolean:
      return "boolean";
    case field_type::string:
      return "string";
  }
  return "";
}

std::string reason(const parse_error& error) {
  constexpr std::string_view out_of_range = "value out of range";
  std::string text{texts_of(error.code).reason};
  if (error.code == parse_code::key_too_long) {
    text += std::to_string(key_length(error)) + " > " + std::to_string(key_bytes_max);
  } else if (error.code == parse_code::integer_out_of_range) {
    text.append(error.span).append(": strconv.ParseInt: parsing ");
    text += number_error_text(error.span, out_of_range);
  } else if (error.code == parse_code::unsigned_out_of_range) {
    text.append(error.span).append(": strconv.ParseUint: parsing ");
    text += number_error_text(error.span, out_of_range);
  } else if (error.code == parse_code::invalid_field_value) {
    text.append(error.span);
  } else if (error.code == parse_code::timestamp_syntax) {
    text += number_error_text(error.span, "invalid syntax");
  } else if (error.code == parse_code::timestamp_out_of_range) {
    text += number_error_text(error.span, out_of_range);
  }
  return text;
}

}  // namespace weir
