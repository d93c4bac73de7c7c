// SPDX-License-Identifier: Apache-2.0
//
// Every mistake that weir knows, with a line that shows it: which it is, and which bytes are
// marked.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>

#include "parser/mistakes/mistake.hpp"
#include "weir/line_protocol.hpp"

namespace weir::test {
namespace {

using namespace std::string_view_literals;

struct explained_line {
  bool rejected = false;
  std::string text;
  parse_error error;
  diagnosis explained;
};

// The diagnosis of the first line of a body that has one.
explained_line diagnose_body(std::string_view body, std::int64_t unit_ns = 1) {
  parse_options options;
  options.unit_ns = unit_ns;
  line_reader reader(options);
  reader.feed(body);
  reader.finish();
  for (;;) {
    switch (reader.next()) {
      case line_event::error:
        return {true, std::string{reader.error().text}, reader.error(), diagnose(reader.error())};
      case line_event::point: {
        auto warnings = advise(reader.point(), {unit_ns});
        if (!warnings.empty()) {
          return {false, std::string{reader.point().text}, {}, warnings.front()};
        }
        break;
      }
      case line_event::more:
        return {};
    }
  }
}

struct mistake_case {
  std::string_view body;
  std::string_view kind;
  std::string_view marked;  // "" for the end of the line
};

constexpr mistake_case rejected_cases[] = {
    // Spaces, tabs, commas and equals signs.
    {"cpu, host=a value=1"sv, "space_after_comma"sv, " "sv},
    {"cpu,  host=a value=1"sv, "space_after_comma"sv, "  "sv},
    {"cpu,host=a, dc=eu value=1"sv, "space_after_comma"sv, " "sv},
    {"cpu v=1, w=2"sv, "space_after_comma"sv, " "sv},
    {"cpu v=1, 123"sv, "trailing_comma"sv, ","sv},
    {"cpu v=1,"sv, "trailing_comma"sv, ","sv},
    {"cpu,"sv, "trailing_comma"sv, ","sv},
    {"cpu,,t=a f=1"sv, "double_comma"sv, ","sv},
    {"cpu f=1,,g=2"sv, "double_comma"sv, ","sv},
    {"cpu ,host=a v=1"sv, "space_before_comma"sv, " "sv},
    {"cpu v=1  ,w=2"sv, "space_before_comma"sv, "  "sv},
    {"cpu v =1"sv, "space_before_equals"sv, " "sv},
    {"cpu v = 1"sv, "space_before_equals"sv, " "sv},
    {"cpu,host =a v=1"sv, "space_before_equals"sv, " "sv},
    {"cpu a=1,b =2"sv, "space_before_equals"sv, " "sv},
    {"cpu v= 1.5 1586844081000000000"sv, "space_after_equals"sv, " "sv},
    {"cpu,host= a v=1"sv, "space_after_equals"sv, " "sv},
    {"cpu host=a value=1"sv, "space_after_measurement"sv, " "sv},
    {"cpu host=10.0.0.1,dc=eu value=1"sv, "space_after_measurement"sv, " "sv},
    {"cpu,dc=eu host=b value=2"sv, "space_in_tags"sv, " "sv},
    {"cpu,dc=eu  host=b value=2 1586844081"sv, "two_spaces"sv, "  "sv},
    {"my cpu v=1"sv, "space_in_name"sv, " "sv},
    {"my cpu,host=a v=1"sv, "space_in_name"sv, " "sv},
    {"cpu,host=my server v=1"sv, "space_in_name"sv, " "sv},
    {"cpu f=1,my field=2"sv, "space_in_field_name"sv, " "sv},
    {"cpu host=1 value=2"sv, "space_in_fields"sv, " "sv},
    {"cpu value 1"sv, "space_for_equals"sv, " "sv},
    {"cpu,host=a,value=1"sv, "space_missing"sv, ","sv},
    {"cpu\tvalue=1"sv, "tab_for_space"sv, "\t"sv},
    {"cpu\tvalue=1 1"sv, "tab_for_space"sv, "\t"sv},
    {"cpu value=1\t1586844081000000000"sv, "tab_for_space"sv, "\t"sv},
    {"cpu value=1 1586844081000000000\t"sv, "tab_for_space"sv, "\t"sv},
    {"cpu value=1 host=a"sv, "tag_after_fields"sv, "host=a"sv},
    {"cpu value=1 host=a,dc=eu 1586844081000000000"sv, "tag_after_fields"sv, "host=a,dc=eu"sv},
    {"cpu value=1 1586844081000000000 host=a"sv, "tag_after_fields"sv, "host=a"sv},
    {"cpu 42 1586844081"sv, "field_without_name"sv, "42"sv},
    {"cpu value:1"sv, "colon_for_equals"sv, ":"sv},
    {"cpu f==1"sv, "double_equals"sv, "=="sv},
    {"cpu,host=>a value=>1"sv, "arrow_for_equals"sv, "=>"sv},
    {"cpu,host=a value=1,1586844081000000000"sv, "comma_before_timestamp"sv, ","sv},
    {"cpu;host=a;value=1"sv, "semicolon_for_comma"sv, ";"sv},
    {"cpu,host=a;dc=eu value=1"sv, "semicolon_for_comma"sv, ";"sv},
    {"cpu,host=a value=1;idle=2"sv, "semicolon_for_comma"sv, ";"sv},
    {"cpu|host=a|value=1"sv, "semicolon_for_comma"sv, "|"sv},
    {"cpu,host=a\\tvalue=1"sv, "escaped_tab"sv, "\\t"sv},
    {"cpu,path=C:\\ value=1"sv, "backslash_at_end"sv, "\\"sv},
    {"cpu,host=a,dc=eu,host=b value=1"sv, "duplicate_tag"sv, "host=b"sv},
    {"cpu f=${value}"sv, "placeholder"sv, "${value}"sv},
    {"cpu f=%d,g=1"sv, "placeholder"sv, "%d"sv},
    {"cpu f=1 $(date"sv, "placeholder"sv, "$(date"sv},
    {"cpu f=<nil>"sv, "null_value"sv, "<nil>"sv},
    {"cpu f=1 time=1586844081000000000"sv, "timestamp_named"sv, "time="sv},
    {"cpu f=1 31.12.2024"sv, "timestamp_date"sv, "31.12.2024"sv},
    {"cpu f=1 \"2020-04-14\""sv, "timestamp_quoted"sv, "\"2020-04-14\""sv},
    {"cpu f=1 1,586,844,081"sv, "grouped_digits"sv, "1,586,844,081"sv},
    {"cpu,url=http://x?a=b v=1"sv, "equals_in_tag"sv, "="sv},
    {"cpu,host= v=1"sv, "empty_tag"sv, "host="sv},
    {"cpu f=,g=1"sv, "empty_field"sv, "f="sv},
    {",host=a value=1"sv, "measurement_missing"sv, ","sv},
    {"value=1 1586844081000000000"sv, "measurement_missing"sv, "value=1"sv},
    {"cpu,host=a 1586844081000000000"sv, "fields_missing"sv, " "sv},
    {"cpu,host=a,value=1 1586844081000000000"sv, "space_missing"sv, ","sv},
    {"disk,host=web 01 used=71"sv, "space_in_name"sv, " "sv},
    {"w,city=Berlin, Germany temp=3"sv, "space_in_name"sv, " "sv},
    {"cpu,host name=a value=1"sv, "space_in_name"sv, " "sv},
    {"cpu,host=a\tvalue=1 1586844081000000000"sv, "tab_for_space"sv, "\t"sv},
    {"cpu,host:a value:1"sv, "colon_for_equals"sv, ":"sv},
    // Strings and booleans.
    {"cpu f=\"abc 1586844081000000000"sv, "missing_closing_quote"sv, "\""sv},
    {"cpu f=\"C:\\\""sv, "missing_closing_quote"sv, "\""sv},
    {"cpu f=\"abc 1\ncpu f=\"def\" 1"sv, "missing_closing_quote"sv, "\""sv},
    {"cpu f=\"abc 1\ncpu g=1,h=\" x y\" 1"sv, "missing_closing_quote"sv, "\""sv},
    {"cpu f=abc\" 1"sv, "missing_opening_quote"sv, "abc\""sv},
    {"cpu f=\"a\"b\" 1"sv, "missing_closing_quote"sv, "\""sv},
    {"cpu f=\"a\"b 1"sv, "quote_in_string"sv, "\""sv},
    {"cpu,t=\"a b\" f=1"sv, "quoted_name"sv, "\"a b\""sv},
    {"\"my cpu\" f=1"sv, "quoted_name"sv, "\"my cpu\""sv},
    {"cpu,\"a b\"=c f=1"sv, "quoted_name"sv, "\"a b\""sv},
    {"cpu f='a' 1"sv, "single_quotes"sv, "'a'"sv},
    {"cpu f=`a`"sv, "single_quotes"sv, "`a`"sv},
    {"cpu f=\\\"abc\\\""sv, "escaped_quotes"sv, "\\\"abc\\\""sv},
    {"cpu f=\xE2\x80\x9C"
     "abc\xE2\x80\x9D"sv,
     "typographic_quotes"sv,
     "\xE2\x80\x9C"
     "abc\xE2\x80\x9D"sv},
    {"cpu f=hello world"sv, "unquoted_string"sv, "hello"sv},
    {"cpu f=1.2.3"sv, "unquoted_string"sv, "1.2.3"sv},
    {"cpu value=1,host=a 123"sv, "unquoted_string"sv, "a"sv},
    {"cpu f=tRUE"sv, "misspelt_boolean"sv, "tRUE"sv},
    {"cpu f=no"sv, "misspelt_boolean"sv, "no"sv},
    // Numbers.
    {"cpu f=1,5 1586844081000000000"sv, "decimal_comma"sv, ","sv},
    {"cpu f=1,234.5,g=2"sv, "decimal_comma"sv, ","sv},
    {"cpu f=NaN"sv, "not_a_number"sv, "NaN"sv},
    {"cpu f=-nan 1"sv, "not_a_number"sv, "-nan"sv},
    {"cpu f=Inf"sv, "infinity"sv, "Inf"sv},
    {"cpu f=-Infinity,g=1"sv, "infinity"sv, "-Infinity"sv},
    {"cpu f=\xE2\x88\x9E"sv, "infinity"sv, "\xE2\x88\x9E"sv},
    {"cpu f=-\xE2\x88\x9E"sv, "infinity"sv, "-\xE2\x88\x9E"sv},
    {"cpu f=\xEF\xBF\xBD"sv, "replacement_character"sv, "\xEF\xBF\xBD"sv},
    {"cpu f=12\xEF\xBF\xBD"sv, "replacement_character"sv, "12\xEF\xBF\xBD"sv},
    {"cpu f=null"sv, "null_value"sv, "null"sv},
    {"cpu f=None,g=1"sv, "null_value"sv, "None"sv},
    {"cpu f=42L 1"sv, "java_long"sv, "42L"sv},
    {"cpu f=-42l"sv, "java_long"sv, "-42l"sv},
    {"cpu f=1.5f"sv, "number_suffix"sv, "1.5f"sv},
    {"cpu f=1I"sv, "number_suffix"sv, "1I"sv},
    {"cpu f=+1"sv, "number_with_plus"sv, "+1"sv},
    {"cpu f=12ms"sv, "number_with_unit"sv, "12ms"sv},
    {"cpu f=5%"sv, "number_with_unit"sv, "5%"sv},
    {"cpu f=0x1F"sv, "number_in_hexadecimal"sv, "0x1F"sv},
    {"cpu f=1_000"sv, "grouped_digits"sv, "1_000"sv},
    {"cpu f=1\xC2\xA0"
     "000"sv,
     "grouped_digits"sv,
     "1\xC2\xA0"
     "000"sv},
    {"cpu f=1.0i"sv, "integer_with_fraction"sv, "1.0i"sv},
    {"cpu f=-1u"sv, "negative_unsigned"sv, "-1u"sv},
    {"cpu f=\xE2\x88\x92"
     "5"sv,
     "unicode_minus"sv,
     "\xE2\x88\x92"
     "5"sv},
    {"cpu f=$5"sv, "number_with_unit"sv, "$5"sv},
    {"cpu f=5 ms 1586844081000000000"sv, "number_with_unit"sv, "5 ms"sv},
    // Timestamps.
    {"cpu f=1 null"sv, "timestamp_null"sv, "null"sv},
    {"cpu f=1 -"sv, "timestamp_null"sv, "-"sv},
    {"1586844081000000000 cpu,host=a f=1"sv, "timestamp_first"sv, "1586844081000000000"sv},
    {"cpu f=1 1586844081000000000mem f=2"sv, "second_point"sv, "mem"sv},
    {"cpu f=1 mem f=2"sv, "second_point"sv, "mem"sv},
    {"cpu f=1;mem f=2"sv, "semicolon"sv, ";"sv},
    {"cpu f=1\\nmem f=2"sv, "escaped_line_feed"sv, "\\n"sv},
    {"cpu f=1 1586844081.5"sv, "timestamp_fraction"sv, "1586844081.5"sv},
    {"cpu f=1 1586844081,5"sv, "timestamp_fraction"sv, "1586844081,5"sv},
    {"cpu f=1 1.586844081e+18"sv, "timestamp_exponent"sv, "1.586844081e+18"sv},
    {"cpu f=1 2020-04-14T06:01:21Z"sv, "timestamp_date"sv, "2020-04-14T06:01:21Z"sv},
    {"cpu f=1 2020-04-14 06:01:21"sv, "timestamp_date"sv, "2020-04-14"sv},
    {"cpu f=1 now()"sv, "timestamp_date"sv, "now()"sv},
    {"cpu f=1 1586844081s"sv, "timestamp_suffix"sv, "1586844081s"sv},
    {"cpu f=1 1586844081000000000i"sv, "timestamp_suffix"sv, "1586844081000000000i"sv},
    {"cpu f=1 \"1586844081\""sv, "timestamp_quoted"sv, "\"1586844081\""sv},
    {"cpu f=1 1 # why"sv, "comment_after_point"sv, "# why"sv},
    {"cpu f=1 1 cpu f=2 2"sv, "second_point"sv, "cpu"sv},
    // Not line protocol.
    {"{\"measurement\":\"cpu\",\"fields\":{\"v\":1}}"sv, "json"sv,
     "{\"measurement\":\"cpu\",\"fields\":{\"v\":1}}"sv},
    {"{\"host\": \"a\", \"value\": 1}"sv, "json"sv, "{\"host\":"sv},
    {"["sv, "json"sv, "["sv},
    {"  \"host\": \"a\","sv, "json"sv, "\"host\":"sv},
    {"time,host,value"sv, "csv"sv, "time,host,value"sv},
    {"2020-04-14 06:01:21,a,1.5"sv, "csv"sv, "2020-04-14"sv},
    {",result,table,_start"sv, "csv"sv, ",result,table,_start"sv},
    {"a;b;c"sv, "csv"sv, "a;b;c"sv},
    {"http_requests_total{code=\"200\",method=\"post\"} 3"sv, "prometheus_text"sv,
     "http_requests_total{code=\"200\",method=\"post\"}"sv},
    {"put cpu 1586844081 1 host=a"sv, "opentsdb"sv, "put"sv},
    {"servers.web.cpu 42 1586844081"sv, "graphite"sv, "servers.web.cpu"sv},
    {"page.views:1|c"sv, "statsd"sv, "page.views:1|c"sv},
    {"level=info msg=\"a b\" took=5"sv, "logfmt"sv, "level=info"sv},
    {"SELECT * FROM cpu"sv, "query"sv, "SELECT"sv},
    {"rate(http_requests_total[5m])"sv, "query"sv, "rate(http_requests_total[5m])"sv},
    {"curl -d 'cpu,host=a value=1' localhost"sv, "shell_command"sv, "curl"sv},
    {"> cpu,host=a value=1"sv, "prompt"sv, ">"sv},
    {"b'cpu,host=a value=1'"sv, "quoted_line"sv, "b'"sv},
    {"\"cpu,host=a value=1\""sv, "quoted_line"sv, "\""sv},
    {"cpu,host=a\xC2\xA0value=1"sv, "invisible_character"sv, "\xC2\xA0"sv},
    {"cpu,host\xEF\xBC\x9D"
     "a value=1"sv,
     "wide_punctuation"sv, "\xEF\xBC\x9D"sv},
    {"INSERT cpu,host=a value=1"sv, "insert_keyword"sv, "INSERT"sv},
    {"\xFF\xFE"
     "c\0p\0u\0"sv,
     "utf16"sv, "\xFF\xFE"sv},
    {"\x1F\x8B\x08\0"sv, "compressed"sv, "\x1F\x8B"sv},
    {"m f=1\n\xEF\xBB\xBF# comment"sv, "byte_order_mark"sv, "\xEF\xBB\xBF"sv},
    {"m f=1\n\xEF\xBB\xBF\n"sv, "byte_order_mark"sv, "\xEF\xBB\xBF"sv},
    {"cpu f=1 1\r\r\n"sv, "carriage_return"sv, "\r"sv},
    {"m f=1\rm f=2\r"sv, "carriage_return"sv, "\r"sv},
    {"m f=1 1\0"sv, "nul_byte"sv, "\0"sv},
    {"m f=1\0"sv, "nul_byte"sv, "\0"sv},
    {"m f=t\0\0\n"sv, "nul_byte"sv, "\0"sv},
    {"m f=\"a\"\0"sv, "nul_byte"sv, "\0"sv},
};

// Lines that InfluxDB accepts and that say something else than they seem to.
constexpr mistake_case accepted_cases[] = {
    {"m f=1\n\xEF\xBB\xBF"
     "cpu f=1"sv,
     "byte_order_mark"sv, "\xEF\xBB\xBF"sv},
    {"cpu f=\"a\xEF\xBF\xBD\""sv, "replacement_character"sv, "\xEF\xBF\xBD"sv},
    {"cpu f=1 1586844081"sv, "timestamp_unit"sv, "1586844081"sv},
    {"cpu f=1 1586844081000  "sv, "timestamp_unit"sv, "1586844081000"sv},
    {"cpu f=1\r\n"sv, "windows_line_end"sv, ""sv},
    {"cpu,host=a  f=1"sv, "extra_space"sv, "  "sv},
    {"cpu f=1 \t1586844081000000000"sv, "extra_space"sv, " \t"sv},
    {"cpu,host=\"a\" f=1"sv, "quoted_name"sv, "\"a\""sv},
    {"\"cpu\" f=1"sv, "quoted_name"sv, "\"cpu\""sv},
    {"cpu \"f\"=1"sv, "quoted_name"sv, "\"f\""sv},
    {"host=a value=1"sv, "measurement_missing"sv, "host=a"sv},
    {"1586844081000000000 value=1"sv, "timestamp_first"sv, "1586844081000000000"sv},
    {"cpu,host==a value=1"sv, "double_equals"sv, "=="sv},
    {"cpu,host=>a value=1"sv, "arrow_for_equals"sv, "=>"sv},
    {"cp\xE2\x80\x8Bu value=1"sv, "invisible_character"sv, "\xE2\x80\x8B"sv},
    {"cpu\\,host=a f=1"sv, "escaped_comma"sv, "\\,"sv},
    {"cpu;host=a f=1"sv, "semicolon_for_comma"sv, ";"sv},
    {"cpu\xEF\xBC\x8Chost=a f=1"sv, "wide_punctuation"sv, "\xEF\xBC\x8C"sv},
    {"cpu,host=${HOST} f=1"sv, "placeholder"sv, "${HOST}"sv},
    {"cpu{host=\"a\"} f=1"sv, "prometheus_text"sv, "cpu{host=\"a\"}"sv},
    {">cpu,host=a f=1"sv, "prompt"sv, ">"sv},
    {"\"cpu,host=a f=1"sv, "quoted_line"sv, "\""sv},
    {"cpu,host=a\t f=1"sv, "tab_for_space"sv, "\t"sv},
    {"cpu,time=1 f=1"sv, "time_as_name"sv, "time"sv},
    {"cpu f=1,time=5i"sv, "time_as_name"sv, "time"sv},
};

void expect_case(const mistake_case& expected, bool rejected) {
  SCOPED_TRACE(std::string{expected.body});
  const explained_line line = diagnose_body(expected.body);
  EXPECT_EQ(line.explained.kind, expected.kind);
  EXPECT_EQ(line.rejected, rejected);
  EXPECT_EQ(line.explained.message.empty(), !rejected);
  ASSERT_LE(line.explained.at, line.text.size());
  EXPECT_EQ(line.text.substr(line.explained.at, line.explained.length), expected.marked);
  EXPECT_FALSE(line.explained.title.empty());
  EXPECT_EQ(line.explained.explanation.find('{' + std::string{"1}"}), std::string::npos);
}

TEST(Diagnose, KnowsTheMistake) {
  for (const mistake_case& expected : rejected_cases) {
    expect_case(expected, true);
  }
}

TEST(Advise, KnowsTheMistake) {
  for (const mistake_case& expected : accepted_cases) {
    expect_case(expected, false);
  }
}

TEST(Diagnose, EveryKnownMistakeIsShownHere) {
  std::set<std::string_view> shown;
  for (const mistake_case& each : rejected_cases) {
    shown.insert(each.kind);
  }
  for (const mistake_case& each : accepted_cases) {
    shown.insert(each.kind);
  }
  std::set<std::string_view> titles;
  for (std::size_t i = 0; i < mistake_count; ++i) {
    const mistake_texts& texts = texts_of(static_cast<mistake>(i));
    EXPECT_TRUE(shown.contains(texts.kind)) << texts.kind;
    EXPECT_TRUE(titles.insert(texts.title).second) << texts.title;
  }
  EXPECT_EQ(shown.size(), mistake_count);
}

TEST(Diagnose, EveryKnownMistakeIsDocumented) {
  std::ifstream file(WEIR_SOURCE_DIR "/docs/lint.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(page.empty());
  for (std::size_t i = 0; i < mistake_count; ++i) {
    const mistake_texts& texts = texts_of(static_cast<mistake>(i));
    std::string row{"| `"};
    row.append(texts.kind).append("` | ").append(texts.title).append(" |");
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(Diagnose, AnUnknownMistakeIsNamedByItsCode) {
  const explained_line line = diagnose_body("cpu f=1e400");
  EXPECT_EQ(line.explained.kind, "invalid_float");
  EXPECT_EQ(line.explained.title, "a float without the digits of its exponent, or too large");
  EXPECT_EQ(line.explained.message, "invalid float");
  EXPECT_EQ(diagnose_body("cpu f=1 99999999999999999999").explained.title,
            "a timestamp that does not fit 64 bits");
  EXPECT_NE(line.explained.explanation.find("too large"), std::string::npos);
  for (std::size_t i = 0; i < parse_code_count; ++i) {
    const auto code = static_cast<parse_code>(i);
    EXPECT_EQ(texts_of(code).kind, name_of(code));
  }
}

TEST(Diagnose, QuotesWhatStandsThere) {
  EXPECT_NE(diagnose_body("cpu f=42L").explained.remedy.find("`42i`"), std::string::npos);
  EXPECT_NE(diagnose_body("cpu state=up").explained.remedy.find("`state=\"up\"`"),
            std::string::npos);
  EXPECT_NE(diagnose_body("cpu host=a v=1").explained.remedy.find("`cpu,host=a`"),
            std::string::npos);
  EXPECT_NE(diagnose_body("cpu v=1,t=a w=2").explained.explanation.find("`t=a`"),
            std::string::npos);
}

TEST(Diagnose, AQuoteIsBoundedAndCutsNoCharacter) {
  std::string value;
  while (value.size() < 3 * diagnosis::quote_bytes_max) {
    value += "\xC3\xA9x";
  }
  const explained_line line = diagnose_body("cpu f=" + value);
  const std::size_t begin = line.explained.explanation.find('`') + 1;
  const std::size_t end = line.explained.explanation.find("...`");
  ASSERT_NE(end, std::string::npos);
  const std::string quote = line.explained.explanation.substr(begin, end - begin);
  EXPECT_EQ(quote, value.substr(0, quote.size()));
  EXPECT_LE(quote.size(), diagnosis::quote_bytes_max);
  EXPECT_GE(quote.size(), diagnosis::quote_bytes_max - 3);
  EXPECT_NE(static_cast<unsigned char>(value[quote.size()]) & 0xC0U, 0x80U);
}

TEST(Diagnose, ColumnsCountLeadingWhiteSpace) {
  EXPECT_EQ(diagnose_body("cpu, host=a v=1").explained.column, 5U);
  EXPECT_EQ(diagnose_body(" \t cpu, host=a v=1").explained.column, 8U);
  EXPECT_EQ(diagnose_body("   cpu f=1 1 # x").explained.column, 14U);
  EXPECT_EQ(diagnose_body("  cpu f=1 99999999999999999999").explained.column, 11U);
}

TEST(Diagnose, TheUnitOfATimestampIsGuessed) {
  constexpr std::int64_t second = 1'000'000'000;
  EXPECT_EQ(diagnose_body("m f=1 1586844081", 1).explained.explanation,
            "Read as nanoseconds, this timestamp means 1970-01-01 00:00:01 UTC. As seconds it "
            "would mean 2020-04-14 06:01:21 UTC.");
  const explained_line fine = diagnose_body("m f=1 1586844081999999999", second);
  EXPECT_TRUE(fine.rejected);
  EXPECT_EQ(fine.explained.kind, "timestamp_unit");
  EXPECT_TRUE(fine.explained.explanation.ends_with(
      "As nanoseconds it would mean 2020-04-14 06:01:21 UTC."));
  EXPECT_EQ(fine.explained.column, 7U);
  const explained_line micro = diagnose_body("m f=1 1586844081000000", 1'000'000);
  EXPECT_NE(micro.explained.explanation.find("As microseconds"), std::string::npos);
}

TEST(Advise, SaysNothingAboutAPlainLine) {
  for (const std::string_view body :
       {"m f=1"sv, "cpu,host=a,dc=eu usage=1.5,n=3i,b=t,s=\"a b\" 1586844081000000000"sv,
        "m f=1 1"sv, "m f=1 0"sv, "m f=1 -1"sv, "m f=1  "sv, "m f=\"'x'\""sv,
        "m,t=\xE2\x82\xAC f=1"sv, "m,timer=1 times=2"sv, "m,t='s f=1"sv, "m,t=\" f=1"sv}) {
    EXPECT_EQ(diagnose_body(body).explained.kind, "") << body;
  }
  EXPECT_EQ(diagnose_body("m f=1 1586844081", 1'000'000'000).explained.kind, "");
}

TEST(Advise, SaysAllThereIsToSay) {
  line_reader reader({.take_byte_order_mark = false});
  reader.feed("\xEF\xBB\xBFm,t=\"a\"  f=1 1586844081\r\n");
  ASSERT_EQ(reader.next(), line_event::point);
  std::string kinds;
  for (const diagnosis& each : advise(reader.point(), {})) {
    kinds.append(each.kind).append(" ");
  }
  EXPECT_EQ(kinds, "byte_order_mark quoted_name extra_space timestamp_unit windows_line_end ");
}

// Lines that are wrong in unforeseen ways: offsets stay inside the text, and no message is empty.
TEST(Diagnose, HoldsForRandomLines) {
  std::mt19937 random(20200414);
  constexpr std::string_view spare = " ,=\"\\\t\r\n'#:{}[]i0L.-+e\xEF\xBB\xBF\xE2";
  for (int round = 0; round < 20000; ++round) {
    std::string body{rejected_cases[random() % std::size(rejected_cases)].body};
    for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % (body.size() + 1);
      body.insert(at, 1, spare[random() % spare.size()]);
      body.erase(random() % body.size(), random() % 2);
    }
    const explained_line line = diagnose_body(body);
    if (line.explained.kind.empty()) {
      continue;
    }
    SCOPED_TRACE(body);
    ASSERT_LE(line.explained.at, line.text.size());
    ASSERT_GE(line.explained.length, 1U);
    ASSERT_LE(line.explained.at + line.explained.length, line.text.size() + 1);
    ASSERT_FALSE(line.explained.explanation.empty());
    ASSERT_FALSE(line.explained.remedy.empty());
    ASSERT_GE(line.explained.column, line.explained.at + 1);
  }
}

}  // namespace
}  // namespace weir::test
