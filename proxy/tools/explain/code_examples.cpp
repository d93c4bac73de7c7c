// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/code_examples.hpp"

#include <algorithm>
#include <array>

namespace weir {
namespace {

using namespace std::string_view_literals;

constexpr auto rejects = code_deed::rejects;
constexpr auto drops = code_deed::drops;
constexpr auto repairs = code_deed::repairs;
constexpr auto notes = code_deed::notes;

constexpr std::string_view plain_line = "cpu,host=a usage=1.5 1790000000000000000";

// clang-format off
constexpr auto gate_examples = std::to_array<gate_code_example>({
  {gate_code::time_assigned, notes, "cpu,host=a usage=1.5",
   "No time stands behind the fields.", ""},
  {gate_code::precision_mistaken, rejects, "cpu,host=a usage=1.5 1790000000",
   "The request has no `precision`, so the seconds are read as nanoseconds: 1.79 s after 1970 began.",
   "database.precision_mistake database.plausible database.precision http.precision"},
  {gate_code::precision_mended, repairs, "cpu,host=a usage=1.5 1790000000",
   "The request has no `precision`, and `precision_mistake = \"mend\"`.",
   "database.precision_mistake database.plausible"},
  {gate_code::precision_ambiguous, rejects, "cpu,host=a usage=1.5 1790000000",
   "`precision = \"auto\"`, and `plausible` is so wide that the time could be seconds or milliseconds.",
   "database.precision database.plausible"},
  {gate_code::precision_unknown, rejects, "cpu,host=a usage=1.5 17",
   "`precision = \"auto\"`, and 17 of no unit lies within `plausible`.",
   "database.precision database.plausible"},
  {gate_code::beyond_retention, rejects, "cpu,host=a usage=1.5 1586844081000000000",
   "The database keeps points for 30 days, and this one is from 2020.",
   "database.retention database.expired database.learn_from"},
  {gate_code::beyond_future, rejects, "cpu,host=a usage=1.5 4102444800000000000",
   "`future = \"1d\"`, and this point is from the year 2100.", "database.future"},
  {gate_code::retention_clamped, repairs, "cpu,host=a usage=1.5 1586844081000000000",
   "The database keeps points for 30 days, and `expired = \"clamp\"`.",
   "database.expired database.retention"},
  {gate_code::time_as_tag, rejects, "cpu,host=a,time=morning usage=1.5", "",
   "database.time_key"},
  {gate_code::time_as_field, rejects, "cpu,host=a time=5", "", "database.time_key"},
  {gate_code::reserved_tag, rejects, "cpu,host=a,_field=usage value=1.5",
   "An InfluxDB 2 takes the database.", "database.reserved_tags"},
  {gate_code::tag_and_field, rejects, "cpu,usage=high usage=1.5",
   "`tag_and_field = \"reject\"`.", "database.tag_and_field"},
  {gate_code::name_dropped, repairs, "cpu,host=a usage=1.5,time=5i",
   "`time_key = \"drop-field\"`: the field `time` goes, `usage` stays.",
   "database.time_key database.reserved_tags database.tag_and_field"},
  {gate_code::dropped_by_rule, drops, "debug,host=a value=1",
   "A [[rule]] drops the measurement `debug`.", "rule.action rule.measurement letters.dropped"},
  {gate_code::changed_by_rule, repairs, "cpu,hostname=a usage=1.5",
   "A [[rule]] renames the tag `hostname`.", "rule.action rule.key rule.to"},
  {gate_code::rule_conflict, rejects, "cpu,host=a,hostname=b usage=1.5",
   "A [[rule]] renames the tag `hostname` to `host`, which stands there already.",
   "rule.action rule.key rule.to"},
  {gate_code::unsigned_as_integer, repairs, "cpu,host=a count=5u",
   "An InfluxDB 1 takes the database.", "database.unsigned"},
  {gate_code::unsigned_too_large, rejects, "cpu,host=a count=18446744073709551615u",
   "An InfluxDB 1 takes the database.", "database.unsigned"},
  {gate_code::unsigned_refused, rejects, "cpu,host=a count=5u",
   "`unsigned = \"reject\"`.", "database.unsigned"},
  {gate_code::string_too_long, rejects, "log,host=a message=\"...more than 1,048,576 bytes...\"",
   "An InfluxDB 2 takes the database.", "database.long_strings limits.line"},
  {gate_code::field_type_conflict, rejects, "cpu,host=a usage=\"high\"",
   "`usage` was a float before.", "database.types"},
  {gate_code::type_coerced, repairs, "cpu,host=a usage=2i",
   "`usage` was a float before, and `types = \"coerce\"`: 2i becomes 2.", "database.types"},
  {gate_code::field_renamed, repairs, "cpu,host=a usage=\"high\"",
   "`usage` was a float before, and `types = \"rename\"`: the field becomes `usage_str`.",
   "database.types"},
  {gate_code::field_dropped, repairs, "cpu,host=a usage=\"high\",idle=2",
   "`usage` was a float before, and `types = \"drop-field\"`: `idle` stays.", "database.types"},
  {gate_code::type_unchecked, notes, plain_line,
   "`limits.types` is used up by the fields before.", "limits.types database.types"},
  {gate_code::gauge_converted, repairs, "taskmanager_job_task,host=a isBackPressured=\"false\"",
   "`flink_gauges = true`.", "database.flink_gauges"},
  {gate_code::gauge_dropped, drops, "taskmanager_job_task,host=a value=NaN",
   "`flink_gauges = true`. Of a line with other fields only this one is taken out, and the line is kept.",
   "database.flink_gauges letters.dropped"},
  {gate_code::duplicate_retry, notes, plain_line,
   "The line came before, as it does when a client repeats a request that had no answer.",
   "limits.duplicates"},
  {gate_code::duplicate_point, notes, "cpu,host=a usage=2.5 1790000000000000000",
   "`usage=1.5` came with the same series and time, and the last one wins; with "
   "`duplicates = \"reject\"` weir rejects this line.",
   "database.duplicates limits.duplicates"},
  {gate_code::duplicate_spread, repairs, "cpu,host=a usage=2.5 1790000000000000000",
   "`usage=1.5` came with the same series and time, and `duplicates = \"spread\"`.",
   "database.duplicates"},
  {gate_code::duplicate_field, notes, "cpu,host=a usage=1.5,usage=2.5",
   "The last value is kept; with any other `duplicates` than \"last\" weir rejects this line.",
   "database.duplicates"},
  {gate_code::series_limit, rejects, "cpu,request=9f1c2e usage=1.5",
   "Each request makes a series of its own, and the limit is reached.",
   "database.series_total database.series_per_hour database.measurement_series_total "
   "database.measurement_series_per_hour"},
  {gate_code::too_many_fields, rejects, "cpu,host=a f1=1,f2=2,f3=3",
   "`fields_per_point = 2`.", "database.fields_per_point"},
  {gate_code::stale_marker, drops, "up{job=\"node\"} StaleNaN",
   "It comes by remote write. Sinks of type remote_write pass it on as a marker.", ""},
  {gate_code::not_finite, drops, "http_request_duration_seconds{quantile=\"0.99\"} NaN",
   "It comes by remote write: a summary that has seen no request lately.", ""},
  {gate_code::native_histogram, drops, "http_request_duration_seconds (a native histogram)",
   "It comes by remote write.", ""},
  {gate_code::unwritable_sample, drops, "files{path=\"C:\\\\\"} 12",
   "It comes by remote write: the label's value ends in a backslash.", ""},
  {gate_code::unfinished_line, rejects, "cpu,host=a usage=1.",
   "The connection of a [[tcp]] listener ended here; 1.5 may have been meant.", ""},
});
// clang-format on

consteval bool complete() {
  if (gate_examples.size() + 1 != gate_code_count) {
    return false;
  }
  for (std::size_t i = 0; i < gate_examples.size(); ++i) {
    if (gate_examples[i].code != static_cast<gate_code>(i + 1) || gate_examples[i].line.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(complete(), "each gate_code needs its row in gate_examples, in the same order");

// "" where the line has to be long: example_of makes it.
constexpr std::array<std::string_view, parse_code_count> parse_examples{
    "",
    ",host=a value=1",
    "cpu,host=a",
    "cpu,=a value=1",
    "cpu,host= value=1",
    "cpu,url=http://x?a=b value=1",
    "cpu,host=a,host=b value=1",
    "",
    "cpu =1",
    "cpu value=",
    "cpu value",
    "cpu note=\"never closed",
    "cpu value=1.5.5",
    "cpu value=1e400",
    "cpu state=up",
    "cpu value=9223372036854775808i",
    "cpu value=18446744073709551616u",
    "cpu value\\\\=1",
    "cpu value=1 yesterday",
    "cpu value=1 -",
    "cpu value=1 99999999999999999999",
    "cpu value=1 9223372036854775807",
    "cpu value=1 1790000000000000000 2",
    "cpu a,b=\"=1",
    "cpu\\\\,host=a value=1",
    "cpu note=\"a\"b",
    "cpu,city=K\xF6ln value=1",
    "",
    "",
};

struct parse_code_keys {
  parse_code code;
  std::string_view keys;
};

constexpr auto parse_keys = std::to_array<parse_code_keys>({
    {parse_code::shield_invalid_utf8, "database.utf8"},
    {parse_code::shield_line_too_long, "limits.line"},
    {parse_code::shield_tag_count, "database.tag_count"},
    {parse_code::time_outside_range, "database.precision_mistake database.plausible"},
    {parse_code::invalid_number, "database.flink_gauges"},
    {parse_code::invalid_boolean, "database.flink_gauges"},
});

constexpr std::size_t tags_that_harm = harmful_tag_count_least;
constexpr std::size_t key_bytes = 65'536;

struct mistake_line {
  std::string_view mistake;
  std::string_view lines;
};

constexpr auto mistake_lines = std::to_array<mistake_line>({
    {"space_after_comma", "cpu, host=a value=1"},
    {"space_before_comma", "cpu ,host=a value=1"},
    {"space_before_equals", "cpu value =1"},
    {"space_after_equals", "cpu value= 1.5 1790000000000000000"},
    {"space_after_measurement", "cpu host=a value=1"},
    {"space_in_tags", "cpu,dc=eu host=b value=2"},
    {"space_in_name", "disk,host=web 01 used=71"},
    {"space_in_field_name", "cpu usage=1,my field=2"},
    {"space_in_fields", "cpu usage=1 idle=2"},
    {"space_for_equals", "cpu value 1"},
    {"space_missing", "cpu,host=a,value=1"},
    {"two_spaces", "cpu,dc=eu  host=b value=2 1790000000"},
    {"extra_space", "cpu,host=a  value=1"},
    {"tab_for_space", "cpu\tvalue=1"},
    {"double_comma", "cpu,,host=a value=1"},
    {"trailing_comma", "cpu value=1,"},
    {"tag_after_fields", "cpu value=1 host=a"},
    {"field_without_name", "cpu 42 1790000000"},
    {"double_equals", "cpu value==1"},
    {"arrow_for_equals", "cpu,host=>a value=>1"},
    {"colon_for_equals", "cpu value:1"},
    {"comma_before_timestamp", "cpu,host=a value=1,1790000000000000000"},
    {"semicolon_for_comma", "cpu,host=a;dc=eu value=1"},
    {"escaped_comma", "cpu\\,host=a value=1"},
    {"escaped_tab", "cpu,host=a\\tvalue=1"},
    {"backslash_at_end", "cpu,path=C:\\ value=1"},
    {"duplicate_tag", "cpu,host=a,dc=eu,host=b value=1"},
    {"equals_in_tag", "cpu,url=http://x?a=b value=1"},
    {"empty_tag", "cpu,host= value=1"},
    {"empty_field", "cpu value=,idle=1"},
    {"measurement_missing", "value=1 1790000000000000000"},
    {"fields_missing", "cpu,host=a 1790000000000000000"},
    {"missing_closing_quote", "cpu note=\"abc 1790000000000000000"},
    {"missing_opening_quote", "cpu note=abc\" 1"},
    {"quote_in_string", "cpu note=\"a\"b 1"},
    {"quoted_name", "cpu,rack=\"a b\" value=1"},
    {"single_quotes", "cpu note='a' 1"},
    {"escaped_quotes", "cpu note=\\\"abc\\\""},
    {"typographic_quotes",
     "cpu note=\xE2\x80\x9C"
     "abc\xE2\x80\x9D"},
    {"unquoted_string", "cpu note=hello world"},
    {"misspelt_boolean", "cpu up=no"},
    {"decimal_comma", "disk used=71,5 1790000000000000000"},
    {"unicode_minus",
     "cpu value=\xE2\x88\x92"
     "5"},
    {"not_a_number", "cpu value=NaN"},
    {"infinity", "cpu value=-Infinity"},
    {"replacement_character", "cpu value=12\xEF\xBF\xBD"},
    {"null_value", "cpu value=null"},
    {"placeholder", "cpu value=${value}"},
    {"java_long", "cpu value=42L 1"},
    {"number_suffix", "cpu value=1.5f"},
    {"number_with_plus", "cpu value=+1"},
    {"number_with_unit", "cpu wait=12ms"},
    {"number_in_hexadecimal", "cpu value=0x1F"},
    {"grouped_digits", "cpu value=1_000"},
    {"integer_with_fraction", "cpu value=1.0i"},
    {"negative_unsigned", "cpu value=-1u"},
    {"timestamp_fraction", "cpu value=1 1790000000.5"},
    {"timestamp_date", "cpu value=1 2026-09-21T14:13:20Z"},
    {"timestamp_exponent", "cpu value=1 1.79e+18"},
    {"timestamp_suffix", "cpu value=1 1790000000s"},
    {"timestamp_quoted", "cpu value=1 \"1790000000\""},
    {"timestamp_unit", "cpu value=1 1790000000"},
    {"timestamp_null", "cpu value=1 null"},
    {"timestamp_named", "cpu value=1 time=1790000000000000000"},
    {"timestamp_first", "1790000000000000000 cpu,host=a value=1"},
    {"comment_after_point", "cpu value=1 1 # why"},
    {"second_point", "cpu value=1 1 cpu value=2 2"},
    {"semicolon", "cpu value=1;mem value=2"},
    {"escaped_line_feed", "cpu value=1\\nmem value=2"},
    {"json", "{\"measurement\":\"cpu\",\"fields\":{\"value\":1}}"},
    {"csv", "time,host,value"},
    {"prometheus_text", "http_requests_total{code=\"200\",method=\"post\"} 3"},
    {"opentsdb", "put cpu 1790000000 1 host=a"},
    {"graphite", "servers.web.cpu 42 1790000000"},
    {"statsd", "page.views:1|c"},
    {"logfmt", "level=info msg=\"a b\" took=5"},
    {"query", "SELECT * FROM cpu"},
    {"shell_command", "curl -d 'cpu,host=a value=1' localhost"},
    {"insert_keyword", "INSERT cpu,host=a value=1"},
    {"prompt", "> cpu,host=a value=1"},
    {"quoted_line", "b'cpu,host=a value=1'"},
    {"invisible_character", "cp\xE2\x80\x8Bu value=1"},
    {"wide_punctuation", "cpu\xEF\xBC\x8Chost=a value=1"},
    {"utf16",
     "\xFF\xFE"
     "c\0p\0u\0"sv},
    {"compressed", "\x1F\x8B\x08\0"sv},
    {"byte_order_mark",
     "mem value=1\n\xEF\xBB\xBF"
     "cpu value=1"},
    {"carriage_return", "cpu value=1 1\r\r\n"},
    {"nul_byte", "cpu value=1\0"sv},
    {"windows_line_end", "cpu value=1\r\n"},
    {"time_as_name", "cpu,time=1 value=1"},
});

}  // namespace

std::span<const gate_code_example> gate_code_examples() noexcept {
  return gate_examples;
}

std::string example_of(parse_code code) {
  if (code == parse_code::key_too_long) {
    return "cpu,note=" + std::string(key_bytes, 'x') + " value=1";
  }
  if (code == parse_code::shield_line_too_long) {
    return "cpu note=\"" + std::string(parse_options{}.line_bytes_max, 'x') + "\"";
  }
  if (code == parse_code::shield_tag_count) {
    std::string line = "cpu";
    for (std::size_t i = 1; i <= tags_that_harm; ++i) {
      line += ",t" + std::to_string(i) + "=a";
    }
    return line + " value=1";
  }
  return std::string(parse_examples[static_cast<std::size_t>(code)]);
}

std::string_view keys_of(parse_code code) noexcept {
  const auto* const found =
      std::find_if(parse_keys.begin(), parse_keys.end(),
                   [&](const parse_code_keys& each) { return each.code == code; });
  return found == parse_keys.end() ? std::string_view() : found->keys;
}

std::string_view mistake_example_of(std::string_view mistake) noexcept {
  const auto* const found =
      std::find_if(mistake_lines.begin(), mistake_lines.end(),
                   [&](const mistake_line& each) { return each.mistake == mistake; });
  return found == mistake_lines.end() ? std::string_view() : found->lines;
}

}  // namespace weir
