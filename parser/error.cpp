// SPDX-License-Identifier: Apache-2.0
//
// The words of every mistake: a stable name for machines, InfluxDB's own reason for clients that
// match on it, and an explanation for people.
#include "exact.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

struct code_words {
  std::string_view name;
  std::string_view reason;  // what follows it, where something does, is added by `reason`
  std::string_view explanation;
};

constexpr code_words words[parse_code_count] = {
    {"none", "", ""},
    {"missing_measurement", "missing measurement",
     "The line begins with a comma, so there is no measurement. Write the measurement's name "
     "before "
     "the tags; a comma that belongs to the name is written `\\,`."},
    {"missing_fields", "missing fields",
     "The line ends before its fields. A point is `measurement[,tags] field=value [timestamp]`, "
     "with one space before the fields."},
    {"missing_tag_key", "missing tag key",
     "A tag must follow the comma, but there is no key before `=`, `,`, a space or the end. Remove "
     "the comma, or name the tag."},
    {"missing_tag_value", "missing tag value",
     "The tag has no value. Leave the whole tag out when its value is empty."},
    {"invalid_tag_format", "invalid tag format",
     "There is a second `=` in the tag. An equals sign that belongs to a tag is written `\\=`, and "
     "a "
     "tag's key or value cannot end in a backslash."},
    {"duplicate_tags", "duplicate tags",
     "The tag stands twice on the line. Each tag key may be used once a line."},
    {"key_too_long", "max key length exceeded: ",
     "Measurement, tags and the field's key together are longer than 65535 bytes. Move long values "
     "from tags into string fields."},
    {"missing_field_key", "missing field key",
     "There is no name before the `=`. Write `name=value`, without a space before the `=`."},
    {"missing_field_value", "missing field value",
     "There is no value after the `=`. Leave the field out when it has no value."},
    {"invalid_field_format", "invalid field format",
     "The fields are not a list of `name=value` separated by commas. Often a space stands where "
     "none may be, or a text value lacks its double quotes."},
    {"unbalanced_quotes", "unbalanced quotes",
     "The string that begins here is never closed. Inside a string write `\\\"` for a quote and "
     "`\\\\` for a backslash."},
    {"invalid_number", "invalid number",
     "This is not a number. Numbers look like `1.5`, `-3`, `1e9`, `42i` (integer) or `42u` "
     "(unsigned); NaN and null cannot be written, so leave the field out."},
    {"invalid_float", "invalid float",
     "This is not a float of 64 bits: the exponent lacks its digits or the number is too large."},
    {"invalid_boolean", "invalid boolean",
     "A value that is neither a number nor in quotes must be a boolean: t, T, true, True, TRUE, f, "
     "F, false, False or FALSE. Put double quotes around text."},
    {"integer_out_of_range", "unable to parse integer ",
     "The integer does not fit 64 bits. Without the `i` it is a float and loses precision."},
    {"unsigned_out_of_range", "unable to parse unsigned ",
     "The unsigned integer does not fit 64 bits. Without the `u` it is a float and loses "
     "precision."},
    {"invalid_field_value", "invalid value: field-key=",
     "The field's key ends in a backslash, which takes the `=` into the name. A field key cannot "
     "end "
     "in a backslash."},
    {"bad_timestamp", "bad timestamp",
     "What follows the fields must be the timestamp, a whole number. If it belongs to the fields, "
     "a "
     "space stands where none may be."},
    {"timestamp_syntax", "strconv.ParseInt: parsing ",
     "The timestamp is a minus sign without digits. Write a whole number, or leave it out."},
    {"timestamp_out_of_range", "strconv.ParseInt: parsing ",
     "The timestamp does not fit 64 bits. Check its unit and the precision of the request."},
    {"time_outside_range", "time outside range -9223372036854775806 - 9223372036854775806",
     "In nanoseconds the timestamp lies outside the years 1677 to 2262. The request's precision is "
     "probably not the timestamp's unit."},
    {"point_is_invalid", "point is invalid",
     "Something follows the timestamp, which must be the last thing on the line. Comments have "
     "lines "
     "of their own."},
    {"shield_empty_field_key", "empty field key",
     "A field has no name. InfluxDB stores such a field under an empty name that cannot be "
     "queried; "
     "name it."},
    {"shield_ambiguous_backslash", "ambiguous backslashes",
     "Several backslashes stand directly before `,`, `=`, a quote or a space, which InfluxDB reads "
     "in two ways at once. A name cannot end in a backslash; use another character."},
    {"shield_text_after_quote", "text after closing quote",
     "After the quote that closes a string only a comma, a space or the end may follow. Write a "
     "quote inside a string as `\\\"`."},
    {"shield_invalid_utf8", "invalid UTF-8",
     "The line is not UTF-8, and some databases refuse everything that is sent along with it. "
     "Convert "
     "the text to UTF-8."},
    {"shield_line_too_long", "line too long",
     "The line is longer than this server takes. Split its fields over several lines of the same "
     "tags and timestamp."},
};

constexpr bool every_code_has_words() {
  for (const code_words& entry : words) {
    if (entry.name.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(every_code_has_words());

const code_words& words_of(parse_code code) noexcept {
  return words[static_cast<std::size_t>(code)];
}

// Go's strconv.NumError, which InfluxDB passes on.
std::string number_error_text(std::string_view number, std::string_view what) {
  std::string text;
  text.append("\"").append(number).append("\": ").append(what);
  return text;
}

std::size_t key_length(const parse_error& error) {
  const bool is_series = error.span.data() == error.text.data();
  return is_series ? error.span.size()
                   : series_length(error.text) + field_key_overhead + error.span.size();
}

// A remedy fits better when it knows what stands there.
std::string_view tag_key_remedy(const parse_error& error) noexcept {
  const std::size_t at = static_cast<std::size_t>(error.span.data() - error.text.data());
  const char found = at < error.text.size() ? error.text[at] : '\0';
  switch (found) {
    case ' ':
      return "A space follows the comma, so the tags end there without a tag. Remove the comma, or "
             "the space if a tag was meant to follow.";
    case ',':
      return "Two commas follow each other. Remove one of them.";
    case '=':
      return "There is no tag key before the `=`. Name the tag or remove it.";
    default:
      return words_of(parse_code::missing_tag_key).explanation;
  }
}

}  // namespace

std::string_view name_of(parse_code code) noexcept {
  return words_of(code).name;
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
  std::string text{words_of(error.code).reason};
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

std::string explanation(const parse_error& error) {
  if (error.code == parse_code::missing_tag_key) {
    return std::string{tag_key_remedy(error)};
  }
  return std::string{words_of(error.code).explanation};
}

}  // namespace weir
