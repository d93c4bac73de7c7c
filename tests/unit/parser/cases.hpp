// SPDX-License-Identifier: Apache-2.0
//
// The rules of docs/line_protocol.md as one line each: what a body of one line gives. A point is
// written as `render` prints it: measurement, then each tag and field after a bar with names and
// strings unescaped, then the time.
#pragma once

#include <string>
#include <string_view>

#include "reference/outcome.hpp"

namespace weir::test {

struct line_case {
  std::string_view body;
  std::string_view expected;  // a rendered point, or "! " and InfluxDB's reason; "" for nothing
};

inline std::string render(const point_view& point) {
  std::string out;
  unescape_measurement(point.measurement, out);
  for (const tag_view& tag : point.tags) {
    out += '|';
    unescape_tag(tag.key, out);
    out += '=';
    unescape_tag(tag.value, out);
  }
  for (const field_view& field : point.fields) {
    out += "|";
    unescape_field_key(field.key, out);
    out += ':';
    switch (field.type) {
      case field_type::float64: {
        char text[64];
        const int length = std::snprintf(text, sizeof text, "%.17g", field.float_value);
        out += std::string_view{text, static_cast<std::size_t>(length)};
        break;
      }
      case field_type::int64:
        out += std::to_string(field.int_value) + "i";
        break;
      case field_type::uint64:
        out += std::to_string(field.uint_value) + "u";
        break;
      case field_type::boolean:
        out += field.bool_value ? "true" : "false";
        break;
      case field_type::string:
        out += '"';
        unescape_string(field.string_text(), out);
        out += '"';
        break;
    }
  }
  return point.time ? out + "|" + std::to_string(*point.time) : out;
}

using namespace std::string_view_literals;

// Each of these is one line; `split_test` also reads every one split at every byte.
inline constexpr line_case line_cases[] = {
    // Lines, white space and comments.
    {""sv, ""},
    {"\n"sv, ""},
    {" \t\0 \n"sv, ""},
    {"\r\n"sv, ""},
    {"m f=1"sv, "m|f:1"},
    {"m f=1\n"sv, "m|f:1"},
    {"m,t=a f=1 1"sv, "m|t=a|f:1|1"},
    {"m,t=a f=1 1\r\n"sv, "m|t=a|f:1|1"},
    {"m f=1\r\n"sv, "m|f:1"},
    {"m f=t\r\n"sv, "m|f:true"},
    {"m f=1i\r"sv, "m|f:1i"},
    {"m f=\"a\"\r\n"sv, "m|f:\"a\""},
    {"m f=1.5\r\n"sv, "m|f:1.5"},
    {"m f=1e3\r\n"sv, "m|f:1000"},
    {"m f=1 1\r\r\n"sv, "! bad timestamp"},
    {"m f=1\rx"sv, "! invalid number"},
    {"   m f=1 1"sv, "m|f:1|1"},
    {"\tm f=1 1"sv, "m|f:1|1"},
    {"\0m f=1 1"sv, "m|f:1|1"},
    {"m   f=1   1"sv, "m|f:1|1"},
    {"m \tf=1 1"sv, "m|f:1|1"},
    {"m \0f=1 1"sv, "m|f:1|1"sv},
    {"m f=1 \t1"sv, "m|f:1|1"},
    {"m f=1   "sv, "m|f:1"},
    {"m f=1 \t"sv, "m|f:1"},
    {"m f=1 1   "sv, "m|f:1|1"},
    {"m f=1 1\t"sv, "! bad timestamp"},
    {"m f=1\t"sv, "! invalid number"},
    {"m\tf=1 1"sv, "! invalid field format"},
    {"m\vf=1 1"sv, "! invalid field format"},
    {"#"sv, ""},
    {"# hello\n"sv, ""},
    {"  \t# hello\r\n"sv, ""},
    {"# x =\"oops"sv, ""},
    {"# x\\"sv, ""},
    {"m f=1 1 # no"sv, "! point is invalid"},
    {"m#x f=1"sv, "m#x|f:1"},
    {"\\#m f=1"sv, "\\#m|f:1"},
    // A byte order mark: at the beginning of the body it is taken off.
    {"\xef\xbb\xbf"
     "m f=1"sv,
     "m|f:1"},
    {"\xef\xbb\xbf"sv, ""},
    {"\xef\xbb\xbf\n"sv, ""},
    {"\xef\xbb\xbf# c"sv, ""},
    {"\xef\xbb\xbf  m f=1\r\n"sv, "m|f:1"},
    {"\xef\xbb\xbfm,t f=1"sv, "! missing tag value"},
    {"\xef\xbb\xbf\xef\xbb\xbfm f=1"sv, "\xef\xbb\xbfm|f:1"},
    {" \xef\xbb\xbfm f=1"sv, "\xef\xbb\xbfm|f:1"},
    {"m f=1\n\xef\xbb\xbfm f=1"sv, "m|f:1 and \xef\xbb\xbfm|f:1"},
    {"m f=1\n\xef\xbb\xbf# c"sv, "m|f:1 and ! invalid field format"},
    {"\xef\xbb\xa0 f=1"sv, "\xef\xbb\xa0|f:1"},
    {"\xef\xbb\nm f=1"sv, "! missing fields and m|f:1"},
    {"\xef"sv, "! missing fields"},
    // Measurements.
    {",t=a f=1 1"sv, "! missing measurement"},
    {"\0,t=a f=1"sv, "! missing measurement"},
    {"m"sv, "! missing fields"},
    {"m\\"sv, "! missing fields"},
    {"\\"sv, "! missing fields"},
    {"m "sv, "! invalid field format"},
    {" f=1"sv, "! missing fields"},
    {" f=1 1"sv, "! invalid field format"},
    {"m\\,x f=1"sv, "m,x|f:1"},
    {"m\\ x f=1"sv, "m x|f:1"},
    {"m=x f=1"sv, "m=x|f:1"},
    {"m\\=x f=1"sv, "m=x|f:1"},
    {"m\\x f=1"sv, "m\\x|f:1"},
    {"m\\\\x f=1"sv, "m\\\\x|f:1"},
    {"m\\\\,t=a f=1"sv, "! ambiguous backslashes"},
    {"m\\\\\\,t=a f=1"sv, "! ambiguous backslashes"},
    {"m\\\\\\ x f=1"sv, "! ambiguous backslashes"},
    {"m\\\\\\=x f=1"sv, "! ambiguous backslashes"},
    {"m\\\\\"x f=1"sv, "! ambiguous backslashes"},
    {"m\\\\\\\"x f=1"sv, "! ambiguous backslashes"},
    {"m,t=a\\\\\\,b f\\\\\\,\\\\\"=1"sv, "m|t=a\\\\,b|f\\\\,\\\":1"},
    {"m\\ f=1 1"sv, "! invalid field format"},
    {"m\\  f=1 1"sv, "m |f:1|1"},
    {"\"m\" f=1"sv, "\"m\"|f:1"},
    {"\"m x\" f=1"sv, "! invalid field format"},
    {"m\\\"x f=1"sv, "m\"x|f:1"},
    {"m\\\nx f=1"sv, "m\\\nx|f:1"},
    {"m\0x f=1"sv, "m\0x|f:1"sv},
    {"m\x01x f=1"sv, "m\x01x|f:1"},
    {"m\x7f f=1"sv, "m\x7f|f:1"},
    {"a\tb f=1"sv, "a\tb|f:1"},
    {"_m f=1"sv, "_m|f:1"},
    {"\\,m f=1"sv, ",m|f:1"},
    // Tags.
    {"m,=a f=1"sv, "! missing tag key"},
    {"m, f=1"sv, "! missing tag key"},
    {"m,,t=a f=1"sv, "! missing tag key"},
    {"m,t=a, f=1"sv, "! missing tag key"},
    {"m,"sv, "! missing tag key"},
    {"m,t f=1"sv, "! missing tag value"},
    {"m,t"sv, "! missing tag value"},
    {"m,t="sv, "! missing tag value"},
    {"m,t= f=1"sv, "! missing tag value"},
    {"m,t=,u=b f=1"sv, "! missing tag value"},
    {"m,t,u=b f=1"sv, "! missing tag value"},
    {"m,t=a"sv, "! missing fields"},
    {"m,t=a "sv, "! invalid field format"},
    {"m,t=a=b f=1"sv, "! invalid tag format"},
    {"m,t=a\\ f=1"sv, "! invalid tag format"},
    {"m,t=a\\  f=1"sv, "m|t=a |f:1"},
    // 1.x reads these as one escape behind a backslash, and finds them again.
    {"m,t=a\\\\  f=1"sv, "m|t=a\\ |f:1"},
    {"m,t=two\\\\ words f=1"sv, "m|t=two\\ words|f:1"},
    {"m,t=a\\\\,b f=1"sv, "m|t=a\\,b|f:1"},
    {"m,t=a\\\\=b f=1"sv, "m|t=a\\=b|f:1"},
    {"m,t=\\\\\\\\ b f=1"sv, "m|t=\\\\\\ b|f:1"},
    {"m,two\\\\ words=x f=1"sv, "m|two\\ words=x|f:1"},
    {"m,a\\\\,b=x f=1"sv, "m|a\\,b=x|f:1"},
    {"m,a\\\\=b=x f=1"sv, "m|a\\=b=x|f:1"},
    {"m,a=\\\\ b,c=\\\\ d,e=\"f f=\"s t=\",\"q=2"sv, "m|a=\\ b|c=\\ d|e=\"f|f:\"s t=\"|\"q:2"},
    {"m,a\\\\ b=x f=\"s, t=1\""sv, "m|a\\ b=x|f:\"s, t=1\""},
    {"m,a\\\\,b=x\"y,c=\\\\=\" f=\"s\""sv, "m|a\\,b=x\"y|c=\\=\"|f:\"s\""},
    // Where its splitter would take a quote for another than it is.
    {"m,a\\\\ b=5\" f=1"sv, "! ambiguous backslashes"},
    {"m,a\\\\ b=5 f=1,\"g=2"sv, "! ambiguous backslashes"},
    {"m,a=x\\\\ b\\\\=\"q f=1"sv, "! ambiguous backslashes"},
    {"m,z=\"q,a\\\\ b=5 f=1"sv, "! ambiguous backslashes"},
    {"m,a=q\\\\ r,b=x\\\\,y f=\"s\""sv, "! ambiguous backslashes"},
    {"m,b=x\\\\,y,a=q\\\\ r f=\"s=t\""sv, "! ambiguous backslashes"},
    {"m f=1,a\\\\ b=2"sv, "! invalid field format"},
    {"m,t=a\\\\ f=1"sv, "! invalid tag format"},
    {"m,t=a\\,u=b f=1"sv, "! invalid tag format"},
    {"m,t\\=a f=1"sv, "! missing tag value"},
    {"m,t==a f=1"sv, "m|t==a|f:1"},
    {"m,t== f=1"sv, "m|t==|f:1"},
    {"m,t==,u=b f=1"sv, "m|t==|u=b|f:1"},
    {"m,t=a\\=b f=1"sv, "m|t=a=b|f:1"},
    {"m,t\\=x=b f=1"sv, "m|t=x=b|f:1"},
    {"m,t\\,x=a\\,b f=1"sv, "m|t,x=a,b|f:1"},
    {"m,t\\ x=a\\ b f=1"sv, "m|t x=a b|f:1"},
    {"m,t=\"a\" f=1"sv, "m|t=\"a\"|f:1"},
    {"m,t=a\\\"b f=1"sv, "m|t=a\\\"b|f:1"},
    {"m,t=a\\b f=1"sv, "m|t=a\\b|f:1"},
    {"m,t=a\\\\b f=1"sv, "m|t=a\\\\b|f:1"},
    {"m,t=a\\\nb f=1"sv, "m|t=a\\\nb|f:1"},
    {"m,t=a\rb f=1"sv, "m|t=a\rb|f:1"},
    {"m,t=a\tb f=1"sv, "m|t=a\tb|f:1"},
    {"m,t=a,t=b f=1"sv, "! duplicate tags"},
    {"m,t=a,t=a f=1"sv, "! duplicate tags"},
    {"m,a=1,b=2,a=3 f=1"sv, "! duplicate tags"},
    {"m,t\\,=a,t\\,=b f=1"sv, "! duplicate tags"},
    {"m,b=2,a=1 f=1"sv, "m|b=2|a=1|f:1"},
    {"m,time=a f=1"sv, "m|time=a|f:1"},
    {"m,\0t=a f=1"sv, "m|\0t=a|f:1"sv},
    {"m ,t=a f=1"sv, "! invalid boolean"},
    // Fields.
    {"m =1"sv, "! missing field key"},
    {"m a=1,=2"sv, "! missing field key"},
    {"m \t=1"sv, "! empty field key"},
    {"m f="sv, "! missing field value"},
    {"m f= 1"sv, "! missing field value"},
    {"m f=,g=1"sv, "! missing field value"},
    {"m f 1"sv, "! invalid field format"},
    {"m f=1,"sv, "! invalid field format"},
    {"m f=1, 1"sv, "! invalid field format"},
    {"m f=1,,g=2"sv, "! invalid field format"},
    {"m f=1,g"sv, "! invalid field format"},
    {"m f=1, g=2"sv, "! invalid field format"},
    {"m f = 1"sv, "! invalid field format"},
    {"m ,f=1"sv, "! invalid field format"},
    {"m ,a=\"=1 1"sv, "! empty field key"},
    {"m a,b=\"=1 1"sv, "! empty field key"},
    {"m a,b=\"=\",c=1\" 1"sv, "! empty field key"},
    {"m f=2,a,b=\"=1 1"sv, "! empty field key"},
    {"m a\\,b=1 1"sv, "m|a,b:1|1"},
    {"m a,b=1"sv, "! invalid field format"},
    {"m f==1"sv, "! invalid boolean"},
    {"m f=1=2"sv, "! invalid number"},
    {"m f=1,f=2i"sv, "m|f:1|f:2i"},
    {"m a\\,b=1,c\\=d=2,e\\ g=3"sv, "m|a,b:1|c=d:2|e g:3"},
    {"m a\\\"b=1"sv, "m|a\"b:1"},
    {"m \"a\"=1"sv, "m|\"a\":1"},
    {"m \"a b\"=1"sv, "! invalid field format"},
    {"m a\"b=1 1"sv, "m|a\"b:1|1"},
    {"m a\\b=1"sv, "m|a\\b:1"},
    {"m a\\\\b=1"sv, "m|a\\\\b:1"},
    {"m a\\=1"sv, "! invalid field format"},
    {"m a\\\\=1"sv, "! invalid value: field-key=a\\\\=1"},
    {"m a\\\\==1"sv, "! invalid boolean"},
    {"m a\\\nb=1"sv, "m|a\\\nb:1"},
    {"m \\==1"sv, "m|=:1"},
    {"m \\,=1"sv, "m|,:1"},
    {"m \\ =1"sv, "m| :1"},
    {"m time=1"sv, "m|time:1"},
    {"m \xc3\xa9=1"sv, "m|\xc3\xa9:1"},
    // Strings.
    {"m f=\"\""sv, "m|f:\"\""},
    {"m f=\"hello world\" 1"sv, "m|f:\"hello world\"|1"},
    {"m f=\"a,b=c d\",g=1"sv, "m|f:\"a,b=c d\"|g:1"},
    {"m f=\"a\\\"b\""sv, "m|f:\"a\"b\""},
    {"m f=\"a\\\\b\""sv, "m|f:\"a\\b\""},
    {"m f=\"a\\b\""sv, "m|f:\"a\\b\""},
    {"m f=\"a\\nb\""sv, "m|f:\"a\\nb\""},
    {"m f=\"a\\\\\\\"\""sv, "m|f:\"a\\\"\""},
    {"m f=\"\\\\\" 1"sv, "m|f:\"\\\"|1"},
    {"m f=\"\\\" 1"sv, "! unbalanced quotes"},
    {"m f=\"a\\,b\\ c\\=d\""sv, "m|f:\"a\\,b\\ c\\=d\""},
    {"m f=\"a\nb\" 1"sv, "m|f:\"a\nb\"|1"},
    {"m f=\"a\r\nb\""sv, "m|f:\"a\r\nb\""},
    {"m f=\"a\\\nb\""sv, "m|f:\"a\\\nb\""},
    {"m f=\"a\0\tb\""sv, "m|f:\"a\0\tb\""sv},
    {"m f=\"\n# x\nm f=9 9\n\""sv, "m|f:\"\n# x\nm f=9 9\n\""},
    {"m f=\"abc 1"sv, "! unbalanced quotes"},
    {"m f=\""sv, "! unbalanced quotes"},
    {"m f=\"a\\\"\n"sv, "! unbalanced quotes"},
    {"m f=\"a\"b 1"sv, "! text after closing quote"},
    {"m f=\"a\"\"b\" 1"sv, "! text after closing quote"},
    {"m f=\"a\"b\"c\""sv, "! text after closing quote"},
    {"m f=\"a\"x,g=1"sv, "! text after closing quote"},
    {"m f=a\"b\""sv, "! invalid boolean"},
    {"m f='a'"sv, "! invalid boolean"},
    {"m,t=5\" f=1"sv, "m|t=5\"|f:1"},
    {"m f=\"\xe6\x97\xa5\xe2\x98\x83\""sv, "m|f:\"\xe6\x97\xa5\xe2\x98\x83\""},
    // UTF-8.
    {"m f=\"\xff\""sv, "! invalid UTF-8"},
    {"m\xff f=1"sv, "! invalid UTF-8"},
    {"m f=\"\xed\xa0\x80\""sv, "! invalid UTF-8"},
    {"m f=\"\xc0\xaf\""sv, "! invalid UTF-8"},
    {"m f=\"\xe6\x97\""sv, "! invalid UTF-8"},
    {"m\xff f="sv, "! missing field value"},
    // Floats.
    {"m f=1"sv, "m|f:1"},
    {"m f=-1"sv, "m|f:-1"},
    {"m f=1.0"sv, "m|f:1"},
    {"m f=1."sv, "m|f:1"},
    {"m f=.5"sv, "m|f:0.5"},
    {"m f=-.5"sv, "m|f:-0.5"},
    {"m f=-0"sv, "m|f:-0"},
    {"m f=-0.0"sv, "m|f:-0"},
    {"m f=007"sv, "m|f:7"},
    {"m f=1e5"sv, "m|f:100000"},
    {"m f=1E+5"sv, "m|f:100000"},
    {"m f=1.e3"sv, "m|f:1000"},
    {"m f=.5e3"sv, "m|f:500"},
    {"m f=1e-400"sv, "m|f:0"},
    {"m f=0.1"sv, "m|f:0.10000000000000001"},
    {"m f=9007199254740993"sv, "m|f:9007199254740992"},
    {"m f=9007199254740993.0"sv, "m|f:9007199254740992"},
    {"m f=123456789012345678901234567890"sv, "m|f:1.2345678901234568e+29"},
    {"m f=0.3000000000000000166533453693773481063544750213623046875"sv, "m|f:0.30000000000000004"},
    {"m f=2.2250738585072011e-308"sv, "m|f:2.2250738585072009e-308"},
    {"m f=58.1317132"sv, "m|f:58.1317132"},
    {"m f=+1"sv, "! invalid boolean"},
    {"m f=."sv, "! invalid number"},
    {"m f=-"sv, "! invalid number"},
    {"m f=-."sv, "! invalid number"},
    {"m f=1.1.1"sv, "! invalid number"},
    {"m f=1_000"sv, "! invalid number"},
    {"m f=0x1F"sv, "! invalid number"},
    {"m f=1f"sv, "! invalid number"},
    {"m f=--1"sv, "! invalid number"},
    {"m f=1-"sv, "! invalid number"},
    {"m f=1+1"sv, "! invalid number"},
    {"m f=1e"sv, "! invalid float"},
    {"m f=1e+"sv, "! invalid float"},
    {"m f=-e5"sv, "! invalid float"},
    {"m f=1ee5"sv, "! invalid float"},
    {"m f=1e5.5"sv, "! invalid float"},
    {"m f=1e400"sv, "! invalid float"},
    {"m f=e5"sv, "! invalid boolean"},
    {"m f=inf"sv, "! invalid boolean"},
    {"m f=nan"sv, "! invalid number"},
    {"m f=NaN"sv, "! invalid number"},
    {"m f=-inf"sv, "! invalid number"},
    {"m f=null"sv, "! invalid number"},
    {"m f=no"sv, "! invalid number"},
    // Integers.
    {"m f=1i"sv, "m|f:1i"},
    {"m f=-1i"sv, "m|f:-1i"},
    {"m f=-0i"sv, "m|f:0i"},
    {"m f=007i"sv, "m|f:7i"},
    {"m f=999999999999999999i"sv, "m|f:999999999999999999i"},
    {"m f=9223372036854775807i"sv, "m|f:9223372036854775807i"},
    {"m f=-9223372036854775808i"sv, "m|f:-9223372036854775808i"},
    {"m f=000000000000000000000000001i"sv, "m|f:1i"},
    {"m f=9223372036854775808i"sv,
     "! unable to parse integer 9223372036854775808: strconv.ParseInt: parsing "
     "\"9223372036854775808\": value out of range"},
    {"m f=-9223372036854775809i"sv,
     "! unable to parse integer -9223372036854775809: strconv.ParseInt: parsing "
     "\"-9223372036854775809\": value out of range"},
    {"m f=i"sv, "! invalid boolean"},
    {"m f=+1i"sv, "! invalid boolean"},
    {"m f=-i"sv, "! invalid number"},
    {"m f=1.0i"sv, "! invalid number"},
    {"m f=1e2i"sv, "! invalid number"},
    {"m f=1ii"sv, "! invalid number"},
    {"m f=1i1"sv, "! invalid number"},
    {"m f=1I"sv, "! invalid number"},
    {"m f=1u"sv, "m|f:1u"},
    {"m f=0u"sv, "m|f:0u"},
    {"m f=18446744073709551615u"sv, "m|f:18446744073709551615u"},
    {"m f=18446744073709551616u"sv,
     "! unable to parse unsigned 18446744073709551616: strconv.ParseUint: parsing "
     "\"18446744073709551616\": value out of range"},
    {"m f=-1u"sv, "! invalid number"},
    {"m f=-0u"sv, "! invalid number"},
    {"m f=u"sv, "! invalid boolean"},
    {"m f=1ui"sv, "! invalid number"},
    {"m f=1iu"sv, "! invalid number"},
    // Booleans.
    {"m a=t,b=T,c=true,d=True,e=TRUE"sv, "m|a:true|b:true|c:true|d:true|e:true"},
    {"m a=f,b=F,c=false,d=False,e=FALSE"sv, "m|a:false|b:false|c:false|d:false|e:false"},
    {"m f=tRUE"sv, "! invalid boolean"},
    {"m f=tru"sv, "! invalid boolean"},
    {"m f=truee"sv, "! invalid boolean"},
    {"m f=tt"sv, "! invalid boolean"},
    {"m f=yes"sv, "! invalid boolean"},
    {"m f=hello"sv, "! invalid boolean"},
    // Timestamps.
    {"m f=1 0"sv, "m|f:1|0"},
    {"m f=1 -1"sv, "m|f:1|-1"},
    {"m f=1 -0"sv, "m|f:1|0"},
    {"m f=1 0001"sv, "m|f:1|1"},
    {"m f=1 00000000000000000000000001"sv, "m|f:1|1"},
    {"m f=1 9223372036854775806"sv, "m|f:1|9223372036854775806"},
    {"m f=1 -9223372036854775806"sv, "m|f:1|-9223372036854775806"},
    {"m f=1 9223372036854775807"sv,
     "! time outside range -9223372036854775806 - 9223372036854775806"},
    {"m f=1 -9223372036854775807"sv,
     "! time outside range -9223372036854775806 - 9223372036854775806"},
    {"m f=1 -9223372036854775808"sv,
     "! time outside range -9223372036854775806 - 9223372036854775806"},
    {"m f=1 9223372036854775808"sv,
     "! strconv.ParseInt: parsing \"9223372036854775808\": value out of range"},
    {"m f=1 -"sv, "! strconv.ParseInt: parsing \"-\": invalid syntax"},
    {"m f=1 +1"sv, "! bad timestamp"},
    {"m f=1 1.5"sv, "! bad timestamp"},
    {"m f=1 1e9"sv, "! bad timestamp"},
    {"m f=1 1i"sv, "! bad timestamp"},
    {"m f=1 now"sv, "! bad timestamp"},
    {"m f=1 --1"sv, "! bad timestamp"},
    {"m f=1 1-1"sv, "! bad timestamp"},
    {"m f=1 \"1\""sv, "! bad timestamp"},
    {"m f=1 1 2"sv, "! point is invalid"},
    {"m f=1 1 \0"sv, "! point is invalid"sv},
    {"m f=1 1\\"sv, "! bad timestamp"},
    {"m f=1 1\\\n"sv, "! bad timestamp"},
    // The line feed that a backslash takes along.
    {"m f=1\\\nm f=2 2\n"sv, "! invalid number"},
    {"m f=1 1\\\nm f=2 2\n"sv, "! bad timestamp"},
    // Which mistake wins.
    {",t=a,t=b f= x"sv, "! missing measurement"},
    {"m,t=a,t=b,u= f="sv, "! missing tag value"},
    {"m,t=a,t=b f="sv, "! duplicate tags"},
    {"m f=x,g=1.1.1 x"sv, "! invalid boolean"},
    {"m f=1,g x"sv, "! invalid field format"},
    {"m f=1 x 9223372036854775808"sv, "! bad timestamp"},
    {"m f=\"a\"b x"sv, "! bad timestamp"},
};

}  // namespace weir::test
