// SPDX-License-Identifier: Apache-2.0
//
// The texts for errors that are none of the known mistakes: a row for each code of the reader.
#include <algorithm>
#include <array>

#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

constexpr std::array<mistake_texts, parse_code_count> by_code = {{
    {"none", "", "", ""},
    {"missing_measurement", "no measurement",
     "The line begins with a comma, so there is no measurement.",
     "Write the measurement's name before the tags. A comma that belongs to the name is written "
     "`\\,`."},
    {"missing_fields", "no fields", "The line ends before its fields.",
     "A point is `measurement[,tags] field=value [timestamp]`, with one space before the fields. "
     "Add at least one field."},
    {"missing_tag_key", "a tag without a name",
     "A tag must follow the comma, but there is no key before `=`, `,`, a space or the end.",
     "Remove the comma, or name the tag."},
    {"missing_tag_value", "a tag without a value", "The tag has no value.",
     "Leave the whole tag out when its value is empty: InfluxDB cannot store an empty one."},
    {"invalid_tag_format", "an equals sign or backslash too many in a tag",
     "There is a second `=` in the tag, or a backslash at the end of its value that takes the "
     "comma or space behind it along.",
     "Write an equals sign that belongs to a tag as `\\=`. A tag's key or value cannot end in a "
     "backslash: use another character."},
    {"duplicate_tags", "the same tag twice", "The same tag stands twice on the line.",
     "Each tag key may be used once a line: remove or rename one."},
    {"key_too_long", "names and tags that are too long",
     "Measurement, tags and the field's key together are longer than 65535 bytes.",
     "Move long values from tags into string fields."},
    {"missing_field_key", "a field without a name",
     "There is no field name directly before the `=`. A space ends the measurement and tags, and "
     "the name of the field must follow it.",
     "Write the field's name before the `=`, with no space between them: `measurement name=1`."},
    {"missing_field_value", "no value behind the equals sign", "There is no value after the `=`.",
     "Leave the field out when it has no value. An empty text is written `name=\"\"`."},
    {"invalid_field_format", "this is no list of fields",
     "Behind the first space a list of fields `name=value` must stand, separated by commas. This "
     "is not one.",
     "Look for a space where none may be, a name without a value, or text without its double "
     "quotes."},
    {"unbalanced_quotes", "a string that is never closed",
     "The string that begins here is never closed.",
     "Add the closing double quote. Inside a string write `\\\"` for a quote and `\\\\` for a "
     "backslash."},
    {"invalid_number", "this is not a number", "This is not a number.",
     "Numbers look like `1.5`, `-3`, `1e9`, `42i` (integer) or `42u` (unsigned). Put double quotes "
     "around text."},
    {"invalid_float", "a float without the digits of its exponent, or too large",
     "This is not a float of 64 bits: the exponent lacks its digits, or the number is too large.",
     "Write a number up to 1.7e308, with digits behind the `e`, or leave the field out."},
    {"invalid_boolean", "neither a number nor a boolean nor text",
     "A value that is neither a number nor in quotes must be a boolean: t, T, true, True, TRUE, f, "
     "F, false, False or FALSE.",
     "Put double quotes around text."},
    {"integer_out_of_range", "an integer that does not fit 64 bits",
     "The integer does not fit 64 bits.",
     "Send a number between -9223372036854775808 and 9223372036854775807. Without the `i` it is a "
     "float and loses its last digits."},
    {"unsigned_out_of_range", "an unsigned integer that does not fit 64 bits",
     "The unsigned integer does not fit 64 bits.",
     "Send a number up to 18446744073709551615. Without the `u` it is a float and loses its last "
     "digits."},
    {"invalid_field_value", "a backslash at the end of a field's name",
     "The field's key ends in a backslash, which takes the `=` into the name.",
     "A field key cannot end in a backslash: use another character."},
    {"bad_timestamp", "this is not a timestamp",
     "What follows the fields must be the timestamp, a whole number. A space ends the fields.",
     "Write the timestamp in digits, or leave it out. If this belongs to the fields, remove the "
     "space before it; if it belongs to a text, put double quotes around the text."},
    {"timestamp_syntax", "a timestamp without digits",
     "The timestamp is a minus sign without digits.",
     "Write a whole number, or leave the timestamp out."},
    {"timestamp_out_of_range", "a timestamp that does not fit 64 bits",
     "The timestamp does not fit 64 bits.",
     "Check its unit: in nanoseconds a time of today has 19 digits."},
    {"time_outside_range", "a timestamp beyond the years that can be stored",
     "In nanoseconds the timestamp lies outside the years 1677 to 2262.",
     "The request's precision is probably not the timestamp's unit: name the right one."},
    {"point_is_invalid", "something behind the timestamp",
     "Something follows the timestamp, which must be the last thing on the line.",
     "Give each point a line of its own, and remove what does not belong to it."},
    {"shield_empty_field_key", "a field with an empty name",
     "A field has no name. InfluxDB stores such a field under an empty name that cannot be "
     "queried.",
     "Name the field."},
    {"shield_ambiguous_backslash", "several backslashes before a delimiter",
     "Several backslashes stand directly before `,`, `=`, a quote or a space, which InfluxDB reads "
     "in two ways at once.",
     "A name cannot end in a backslash; use another character. A tag may hold one before an "
     "escaped space or comma (`two\\\\ words`), but not beside quotes in names."},
    {"shield_text_after_quote", "text behind a string's closing quote",
     "After the quote that closes a string only a comma, a space or the end may follow.",
     "Write a quote inside a string as `\\\"`."},
    {"shield_invalid_utf8", "bytes that are not UTF-8",
     "The line is not UTF-8, and some databases refuse everything that is sent along with it.",
     "Convert the text to UTF-8: `iconv -f LATIN1 -t UTF-8`, if it is Latin-1."},
    {"shield_line_too_long", "a line that is too long",
     "The line is longer than this reader takes.",
     "Split its fields over several lines of the same tags and timestamp. If a quote is left open, "
     "close it."},
    {"shield_tag_count", "a number of tags that InfluxDB fails on",
     "InfluxDB 1.6 and 1.7 fail on lines with exactly 100, 200, 400, ... tags, and lose the whole "
     "request.",
     "Add or leave out a tag; so many tags are rarely meant."},
}};

static_assert(std::all_of(by_code.begin() + 1, by_code.end(), [](const mistake_texts& entry) {
  return !entry.kind.empty() && !entry.title.empty() && !entry.explanation.empty() &&
         !entry.remedy.empty();
}));

}  // namespace

const mistake_texts& texts_of(parse_code code) noexcept {
  return by_code[static_cast<std::size_t>(code)];
}

}  // namespace weir
