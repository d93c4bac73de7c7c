// SPDX-License-Identifier: Apache-2.0
//
// The texts for mistakes, a row for each. They are written for people who have never read the
// specification: first what InfluxDB understands, then what to write instead, with an example.
#include <algorithm>
#include <array>
#include <string>

#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

constexpr std::array<mistake_texts, mistake_count> known = {{
    {"space_after_comma", "a space after a comma",
     "No space may follow a comma: the first space on a line ends the tags, the second ends the "
     "fields. What stands behind this space is not read as the next tag or field.",
     "Remove the space. If nothing was to follow, remove the comma instead."},
    {"space_before_comma", "a space before a comma",
     "A space ends the tags or the fields, so what the comma continues has already ended.",
     "Remove the space before the comma."},
    {"space_before_equals", "a space before an equals sign",
     "A name and its value are written together. The space ends the name before it has a value.",
     "Remove the space: `name=value`."},
    {"space_after_equals", "a space after an equals sign",
     "A name and its value are written together. The space ends the pair before its value.",
     "Remove the space: `name=value`. If there is no value, leave the whole pair out."},
    {"space_after_measurement", "a space where a comma must introduce the tags",
     "The first space on a line ends the tags and begins the fields. Here it follows the "
     "measurement at once, so `{1}` is read as a field, not as a tag.",
     "If `{1}` is a tag, write a comma instead of the space: `{2},{1}`. If it is a field, separate "
     "it from the next field by a comma, not by a space."},
    {"space_in_tags", "a space ends the tags here",
     "The first space on a line ends the tags and begins the fields, so `{1}` is read as a field, "
     "not as a tag.",
     "If `{1}` is a tag, write a comma instead of the space. If it is a field, separate it from "
     "the next field by a comma, not by a space."},
    {"space_in_name", "a space in a name or tag must be escaped",
     "A space ends the measurement and tags. Here it stands inside a name or a tag's value, so "
     "that `{1}` is read as the beginning of the fields. Quotes do not help in names.",
     "If the space belongs to the name, write a backslash before it: `\\ `. Otherwise remove it."},
    {"space_in_field_name", "a space in a field's name must be escaped",
     "A space ends the fields. Here it stands inside a field's name, so that `{1}` is left without "
     "a value. Quotes do not help in names.",
     "Write a backslash before the space: `\\ `. If it does not belong to the name, remove it."},
    {"space_in_fields", "a space between two fields",
     "A space ends the fields, and only the timestamp may follow. `{1}` is no timestamp.",
     "Write a comma instead of the space: `field=1,other=2`. If what stands before the space are "
     "tags, they follow the measurement after a comma: `measurement,tag=a field=1`."},
    {"space_for_equals", "a space where an equals sign belongs",
     "A field is written `name=value`. Here `{1}` and its value are separated by a space.",
     "Write an equals sign instead of the space: `{1}={2}`."},
    {"space_missing", "no space before the fields",
     "The tags end and the fields begin at the first space. There is none, so every pair on this "
     "line is read as a tag.",
     "Write a space instead of the comma before the first field: `measurement,tag=a field=1`."},
    {"two_spaces", "several spaces where the tags continue",
     "The first space on a line ends the tags, and the further ones are passed over. So `{1}` is "
     "read as a field, not as a tag.",
     "If `{1}` is a tag, write one comma instead of the spaces. If it is a field, leave one space "
     "before it, and a comma between it and the next field."},
    {"extra_space", "more than one space",
     "One space separates the tags from the fields, and one the fields from the timestamp. "
     "Further spaces and tabs are passed over, but they often stand where a value was empty.",
     "Leave one space, and see whether something is missing here."},
    {"tab_for_space", "a tab where a space is needed",
     "Only a space separates measurement, fields and timestamp. A tab is an ordinary byte of a "
     "name or a value.",
     "Write a space instead of the tab; at the end of a line, remove it."},
    {"double_comma", "two commas in a row", "Between two commas a pair `name=value` must stand.",
     "Remove one of the commas."},
    {"trailing_comma", "a comma with nothing behind it",
     "The comma announces another tag or field, but none follows.", "Remove the comma."},
    {"tag_after_fields", "a tag behind the fields",
     "Tags stand before the first space, directly behind the measurement. `{1}` stands behind the "
     "fields and is read as something else.",
     "If `{1}` is a tag, move it: `{2},{1} field=1`. If it is a field that holds text, give it "
     "double quotes and a comma before it."},
    {"field_without_name", "a value without a name",
     "Every field has a name: `name=value`. `{1}` is a bare value.", "Name it: `{2} value={1}`."},
    {"double_equals", "two equals signs in a row",
     "One equals sign separates a field's name from its value.", "Remove one of them."},
    {"arrow_for_equals", "an arrow where an equals sign belongs",
     "A name and its value are joined by a single equals sign; `{1}` means nothing here.",
     "Write `=` instead of `{1}`."},
    {"colon_for_equals", "a colon where an equals sign belongs",
     "A field is written `name=value`; a colon is an ordinary byte of a name.",
     "Write an equals sign instead of the colon."},
    {"comma_before_timestamp", "a comma before the timestamp",
     "Commas separate fields. The timestamp is no field: a space separates it from them.",
     "Write a space instead of the comma."},
    {"semicolon_for_comma", "another sign where a comma belongs",
     "Only commas separate tags from each other and fields from each other; `{1}` is an ordinary "
     "byte of a name or a value.",
     "Write a comma between pairs, and a space before the first field: "
     "`measurement,tag=a field=1,other=2`."},
    {"escaped_comma", "a backslash before the comma that introduces the tags",
     "A comma behind a backslash is a part of the name, so `{1}` is one long measurement and the "
     "point has no such tag.",
     "Remove the backslash: only a comma inside a name or a tag's value is escaped."},
    {"escaped_tab", "a backslash and a `t` where a space is needed",
     "Only a space separates measurement, fields and timestamp. What stands here are the two "
     "characters `\\t`, as in a program's source.",
     "Write a space instead."},
    {"backslash_at_end", "a backslash before the space that ends the tags",
     "A backslash makes the space behind it a part of the tag's value, so the fields do not begin "
     "there. A tag's value cannot end in a backslash.",
     "Remove the backslash, or write a slash instead: `path=C:/`."},
    {"duplicate_tag", "the same tag twice",
     "The tag `{1}` stands twice on the line. A point has one value for each tag.",
     "Remove or rename one of them."},
    {"equals_in_tag", "an equals sign inside a tag's value",
     "In a tag the first equals sign ends the name; one that belongs to the value is escaped.",
     "Write a backslash before it: `\\=`."},
    {"empty_tag", "a tag without a value",
     "The tag `{1}` has no value, and an empty one cannot be stored.",
     "Leave the whole tag out, with its comma."},
    {"empty_field", "a field without a value",
     "There is nothing behind the equals sign of the field `{1}`.",
     "Leave the field out when it has no value. An empty text is written `name=\"\"`."},
    {"measurement_missing", "no measurement at the beginning",
     "A line begins with the measurement: the name of what is measured, without an equals sign. "
     "Tags follow it behind commas, and fields behind a space.",
     "Write the measurement first: `measurement,tag=a field=1`."},
    {"fields_missing", "tags and a timestamp, but no field",
     "Every pair on this line is a tag, and the timestamp follows. A point needs a field.",
     "Add a field between the tags and the timestamp: `measurement,tag=a field=1`."},
    {"missing_closing_quote", "a string without its closing quote",
     "The string that begins at this double quote is not closed on its line. What stands behind "
     "it, perhaps even the next lines, is taken for a part of the string.",
     "Add the closing double quote. A quote that belongs to the text is written `\\\"`, and a "
     "backslash before the closing quote `\\\\`."},
    {"missing_opening_quote", "a string without its opening quote",
     "A field's text must begin and end with a double quote. `{1}` only ends with one.",
     "Add the opening double quote: `\"{1}`."},
    {"quote_in_string", "a double quote inside a string",
     "This double quote closes the string, and only a comma, a space or the end may follow it. "
     "InfluxDB takes such a line but stores a text that nobody wrote.",
     "Write a quote that belongs to the text as `\\\"`. If the string ends here, remove what "
     "follows."},
    {"quoted_name", "quotes around a name or a tag's value",
     "Only the strings of fields are quoted. Elsewhere quotes are part of the name itself, and "
     "they do not protect spaces or commas: `{1}` is stored with its quotes.",
     "Remove the quotes, and write a backslash before each space, comma and equals sign of the "
     "name or value itself."},
    {"single_quotes", "single quotes around text",
     "Text is quoted with double quotes. Single quotes and backquotes mean nothing here.",
     "Write double quotes: `name=\"text\"`."},
    {"escaped_quotes", "backslashes before the quotes around text",
     "With a backslash before it a quote is an ordinary byte, so no string begins here. Often the "
     "backslashes are left over from a program or a shell in which the line was quoted itself.",
     "Remove the backslashes before the first and the last quote: `name=\"text\"`."},
    {"typographic_quotes", "typographic quotes around text",
     "Text is quoted with the plain double quote of the keyboard (U+0022). Quotes that a text "
     "program has made pretty mean nothing here.",
     "Write `\"` on both sides."},
    {"unquoted_string", "text without double quotes",
     "A field's value is a number, a boolean (true, false) or text in double quotes. `{1}` is none "
     "of them.",
     "If it is text, quote it: `{2}=\"{1}\"`. If `{2}` is a tag, it belongs before the first "
     "space: `measurement,{2}={1} field=1`."},
    {"misspelt_boolean", "a boolean in another spelling",
     "Booleans are spelled t, T, true, True, TRUE, f, F, false, False or FALSE. `{1}` is none of "
     "them.",
     "Write `true` or `false`."},
    {"decimal_comma", "a comma inside a number",
     "A comma separates fields, so `{1}` is read as the beginning of another field that has no "
     "name. Programs write such commas when they format numbers for people of some countries.",
     "Write decimals with a point (`1.5`) and thousands without a separator (`1000`). In a "
     "program, format numbers without the user's locale."},
    {"unicode_minus", "another sign where a minus belongs",
     "`{1}` begins with a dash or minus sign of typography. Negative numbers begin with the plain "
     "hyphen of the keyboard (U+002D).",
     "Write `-` before the digits."},
    {"not_a_number", "NaN is not a value",
     "A field cannot hold NaN (not a number): InfluxDB has no way to store it.",
     "Leave this field out. If it is the line's only field, leave out the line."},
    {"infinity", "infinity is not a value", "A field cannot hold an infinite number.",
     "Leave this field out, or write a number that stands for it. If it is the line's only field, "
     "leave out the line."},
    {"replacement_character", "a character that was lost (U+FFFD)",
     "U+FFFD stands where a program could not decode a character. As a field's value it is often "
     "Java's spelling of NaN, as formatted by DecimalFormat.",
     "In a value that should be a number, leave the field out. In text, have the program that "
     "wrote it read and write UTF-8."},
    {"null_value", "null is not a value",
     "There is no spelling for a missing value; `{1}` is not a number.",
     "Leave this field out. If it is the line's only field, leave out the line."},
    {"placeholder", "a placeholder that was not filled in",
     "`{1}` looks like a place that a template, a shell or a format string should have filled.",
     "Look at the program that writes the line. If it is meant as text, quote it."},
    {"java_long", "an integer with the suffix L",
     "`{1}` is how Java and other languages write a Long. In line protocol an integer ends in `i`.",
     "Write `{2}i` for an integer, or `{2}` for a float."},
    {"number_suffix", "a number with a suffix of another language",
     "`{1}` is a number as some programming language writes it. Here only two suffixes are known: "
     "`i` makes an integer, `u` an unsigned integer.",
     "Write `{2}i` for an integer (if it is whole), or `{2}` for a float."},
    {"number_with_plus", "a plus sign before a number",
     "A number may begin with a minus, not with a plus.", "Remove the plus sign."},
    {"number_with_unit", "a number with a unit",
     "`{1}` is a number with something behind it. A field's value is the bare number.",
     "Remove the unit and, if it matters, put it into the field's name: `duration_ms=12`. If the "
     "value is text, give it double quotes."},
    {"number_in_hexadecimal", "a number that is not decimal",
     "Numbers are written in decimal digits.",
     "Write the number in decimal digits: 0xFF is `255i`."},
    {"grouped_digits", "a number with grouped digits",
     "The digits of a number are written without anything between them.",
     "Remove what separates the groups: `1000000`."},
    {"integer_with_fraction", "an integer with a fraction or exponent",
     "The suffix `i` (or `u`) makes a whole number, which cannot hold a point or an exponent.",
     "Remove the suffix to write a float, or write the whole number: `1i`."},
    {"negative_unsigned", "a negative unsigned number",
     "The suffix `u` stands for numbers from 0 upwards.",
     "Write the suffix `i` for a number that can be negative."},
    {"timestamp_fraction", "a timestamp with a fraction",
     "A timestamp is a whole number of the unit that the request's precision names (nanoseconds, "
     "if it names none).",
     "Write it in a finer unit without the point: 1586844081.5 seconds are 1586844081500 with the "
     "precision ms."},
    {"timestamp_date", "a date instead of a timestamp",
     "A timestamp is a whole number: the time since 1970-01-01 00:00 UTC in nanoseconds, or in the "
     "unit that the request's precision names.",
     "Convert the date, for example with `date -d '2020-04-14 06:01:21 UTC' +%s%N`."},
    {"timestamp_exponent", "a timestamp with an exponent",
     "A timestamp is written in digits only. A program that prints it with an exponent holds it as "
     "a float and has probably lost its last digits.",
     "Print the time as a whole number, from a 64-bit integer."},
    {"timestamp_suffix", "a timestamp with a suffix",
     "A timestamp is written in digits only, without a unit and without the `i` of integers.",
     "Remove what follows the digits; the request's precision names the unit."},
    {"timestamp_quoted", "a timestamp in quotes", "A timestamp is a bare number.",
     "Remove the quotes."},
    {"timestamp_unit", "a timestamp in another unit than is read", "{3}",
     "Name the unit as the request's precision (`weir lint --precision`, `/write?precision=`), or "
     "write the timestamp in the unit that is read."},
    {"timestamp_null", "a word for no timestamp",
     "`{1}` is no timestamp. A line without a timestamp gets the time at which it arrives.",
     "Leave it out, or write the time as a whole number."},
    {"timestamp_named", "a name before the timestamp",
     "The timestamp has no name: it is a bare number behind the fields and a space. `{1}=` makes "
     "it look like another field.",
     "Remove the name and its equals sign."},
    {"timestamp_first", "the timestamp stands first",
     "A line begins with the measurement. The timestamp is the last thing on it.",
     "Move the timestamp to the end of the line, behind a space."},
    {"comment_after_point", "a comment behind a point",
     "A comment is a line of its own that begins with `#`.",
     "Move the comment to a line before this one."},
    {"second_point", "two points on one line",
     "Behind the timestamp another point begins. Each point is a line of its own.",
     "Write a line feed (LF) instead of the space before `{1}`."},
    {"semicolon", "a semicolon between or behind points",
     "Points are separated by line feeds; a semicolon is an ordinary byte of a name or value.",
     "Write a line feed (LF) instead of the semicolon; at the end, remove it."},
    {"escaped_line_feed", "a backslash and an `n` for a line feed",
     "Points are separated by line feeds (the byte 0A). What stands here are the two characters "
     "`\\n`, as in a program's source: a shell's quotes, for example, do not turn them into one.",
     "Write a real line feed: in a shell `$'...\\n...'` or `printf`, in a program a string that "
     "knows escapes."},
    {"json", "this is JSON",
     "What stands here is JSON, not line protocol. Perhaps the output goes to the wrong address, "
     "or its format was left at a default.",
     "Have the sender write line protocol: `measurement,tag=a field=1 1586844081000000000`."},
    {"csv", "this looks like CSV",
     "There is no `=` on this line, only values with separators between them: a table, not line "
     "protocol.",
     "Convert it: each row becomes `measurement,tag=a field=1 1586844081000000000`; drop the row "
     "of column names."},
    {"prometheus_text", "this is Prometheus' text format",
     "What stands here is a sample as Prometheus scrapes it, not line protocol.",
     "Let Prometheus (or Telegraf's input `prometheus`) scrape it, or write "
     "`measurement,label=a value=1`."},
    {"opentsdb", "this is OpenTSDB's put",
     "OpenTSDB writes `put metric time value tag=a`. Line protocol begins with the measurement, "
     "tags follow behind commas, and the time, in nanoseconds, comes last.",
     "Write `metric,tag=a value=1 1586844081000000000`."},
    {"graphite", "this is Graphite's format",
     "Graphite writes `path value time`. In line protocol a value has a name, and the time is in "
     "nanoseconds if the request's precision names no other unit.",
     "Write `path value=1 1586844081000000000`, and rather tags than a path of names."},
    {"statsd", "this is StatsD's format",
     "StatsD writes `name:value|type`, and its server adds samples up. Line protocol holds points.",
     "Send it to a StatsD server (Telegraf's input `statsd`), or write `name value=1`."},
    {"logfmt", "these are pairs without a measurement",
     "`name=value` pairs that spaces separate are logfmt. In line protocol the measurement comes "
     "first, commas separate pairs, and text stands in double quotes.",
     "Write `measurement level=\"info\",duration=5`."},
    {"query", "this is a query, not a point",
     "What stands here asks for data or changes a database. Lines that are written hold points.",
     "Send queries to the database itself. A point is `measurement,tag=a field=1`."},
    {"shell_command", "this is a command, not a point",
     "`{1}` is a program that sends points. Only what it sends is line protocol.",
     "Run the command in a shell, or keep only what it would send."},
    {"insert_keyword", "the word INSERT before the point",
     "INSERT is a command of InfluxDB's shell, not part of line protocol.",
     "Remove the word and the space behind it."},
    {"prompt", "a prompt before the point",
     "`{1}` belongs to the program from whose output the line was copied.",
     "Remove it and the space behind it."},
    {"quoted_line", "quotes or brackets around the whole line",
     "Quotes around a line belong to the program or shell that it was copied from. In line "
     "protocol only the texts of fields are quoted.",
     "Remove the quotes at both ends, and what stands before the first."},
    {"invisible_character", "a character that is not seen",
     "Here stands {3}. It looks like a space or like nothing, but is an ordinary part of a name or "
     "value. Such characters come from web pages, word processors and chats.",
     "Replace it by a plain space, or remove it where none belongs."},
    {"wide_punctuation", "a full-width sign",
     "`{1}` is {3}, a sign of Chinese or Japanese text. It looks like the ASCII sign, but is an "
     "ordinary part of a name or value.",
     "Write the ASCII sign, with the input method switched off."},
    {"utf16", "this is UTF-16, not UTF-8",
     "The text begins with the byte order mark of UTF-16. Line protocol is UTF-8.",
     "Convert the file: `iconv -f UTF-16 -t UTF-8`."},
    {"compressed", "this is compressed (gzip), not text",
     "The bytes begin as gzip does. A server decompresses a body only if the request says so.",
     "Decompress it first: `zcat FILE | weir lint`. In a request, send the header "
     "`Content-Encoding: gzip`."},
    {"byte_order_mark", "a byte order mark (BOM) at the beginning",
     "The three bytes EF BB BF are invisible. weir takes them off the beginning of a body. "
     "Elsewhere, "
     "and for InfluxDB everywhere, they belong to the line: they become part of the measurement's "
     "name, which then looks right and is never found.",
     "Save the file as UTF-8 without BOM, or remove the first three bytes: "
     "`sed '1s/^\\xEF\\xBB\\xBF//'`."},
    {"carriage_return", "a carriage return inside the line",
     "Lines end with a line feed (LF). One carriage return directly before it is passed over; this "
     "one stands elsewhere and belongs to the value or name it follows.",
     "Write LF alone at the ends of lines: `tr '\\r' '\\n'` for a file with CR alone, `tr -d "
     "'\\r'` for one with too many."},
    {"nul_byte", "a byte of value zero",
     "A NUL stands there, which ends a string in C but belongs to what it follows in line "
     "protocol.",
     "Send the text without its final NUL: `strlen(text)` bytes, not `strlen(text) + 1` and not "
     "the "
     "size of a buffer."},
    {"windows_line_end", "a Windows line end (CR LF)",
     "weir takes the carriage return off. InfluxDB 1.x does not: it refuses such a line, or stores "
     "the carriage return at the end of a string.",
     "Write LF alone at the ends of lines: `tr -d '\\r'` removes every CR of a file."},
    {"time_as_name", "a tag or field called `time`",
     "`time` is the name of the timestamp. InfluxDB refuses the point, or drops the field without "
     "a word.",
     "Put the time at the end of the line as a whole number, or choose another name."},
}};

static_assert(std::all_of(known.begin(), known.end(), [](const mistake_texts& entry) {
  return !entry.kind.empty() && !entry.explanation.empty() && !entry.remedy.empty();
}));

// Cut where no character of UTF-8 is cut.
std::string_view bounded(std::string_view quote) noexcept {
  if (quote.size() <= diagnosis::quote_bytes_max) {
    return quote;
  }
  std::size_t end = diagnosis::quote_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(quote[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return quote.substr(0, end);
}

void append_quote(std::string_view quote, std::string& out) {
  const std::string_view shown = bounded(quote);
  out += shown;
  out += shown.size() < quote.size() ? "..." : "";
}

std::string fill(std::string_view pattern, const mistake_finding& finding) {
  std::string out;
  while (!pattern.empty()) {
    if (pattern.starts_with("{1}") || pattern.starts_with("{2}")) {
      append_quote(pattern[1] == '1' ? finding.first : finding.second, out);
      pattern.remove_prefix(3);
    } else if (pattern.starts_with("{3}")) {
      out += finding.detail;
      pattern.remove_prefix(3);
    } else {
      out += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

const mistake_texts& texts_of(mistake kind) noexcept {
  return known[static_cast<std::size_t>(kind)];
}

diagnosis make_diagnosis(const mistake_texts& texts, const mistake_finding& finding,
                         std::string_view text, std::uint64_t first_column) {
  diagnosis result;
  result.kind = texts.kind;
  result.title = texts.title;
  result.explanation = fill(texts.explanation, finding);
  result.remedy = fill(texts.remedy, finding);
  result.at = std::min(finding.at, text.size());
  result.length = std::max<std::size_t>(1, std::min(finding.length, text.size() - result.at));
  result.column = first_column + result.at;
  return result;
}

}  // namespace weir
