// SPDX-License-Identifier: Apache-2.0
//
// Words and places of mistakes.
#include <gtest/gtest.h>

#include <set>

#include "cases.hpp"

namespace weir::test {
namespace {

struct place {
  std::uint64_t line;
  std::uint64_t column;
  std::string text;
  std::string span;
  bool operator==(const place&) const = default;
};

std::ostream& operator<<(std::ostream& out, const place& at) {
  return out << at.line << ':' << at.column << " '" << at.text << "' '" << at.span << "'";
}

place place_of(std::string_view body) {
  line_reader reader;
  reader.feed(body);
  line_event event = reader.next();
  if (event == line_event::more) {
    reader.finish();
    event = reader.next();
  }
  if (event != line_event::error) {
    ADD_FAILURE() << "no error in " << body;
    return {};
  }
  const parse_error& error = reader.error();
  return {error.line, error.column, std::string{error.text}, std::string{error.span}};
}

TEST(Error, HasAPlace) {
  EXPECT_EQ(place_of("m,t= f=1 1"), (place{1, 5, "m,t= f=1 1", "t"}));
  EXPECT_EQ(place_of("m, f=1"), (place{1, 3, "m, f=1", " "}));
  EXPECT_EQ(place_of("  m f=x 1"), (place{1, 7, "m f=x 1", "x"}));
  EXPECT_EQ(place_of("\n\nm f=1.1.1 1"), (place{3, 8, "m f=1.1.1 1", "1.1.1"}));
  EXPECT_EQ(place_of("m f=1 1 2"), (place{1, 9, "m f=1 1 2", "2"}));
  EXPECT_EQ(place_of("m f=1 x"), (place{1, 7, "m f=1 x", "x"}));
  EXPECT_EQ(place_of("m f=9223372036854775808i"),
            (place{1, 5, "m f=9223372036854775808i", "9223372036854775808"}));
  EXPECT_EQ(place_of("m,a=1,b=2,a=3 f=1"), (place{1, 11, "m,a=1,b=2,a=3 f=1", "a"}));
  EXPECT_EQ(place_of("m f=\"ab"), (place{1, 5, "m f=\"ab", "\"ab"}));
  EXPECT_EQ(place_of("m f=\"\xc3\xa9\xe6\x97\""),
            (place{1, 8, "m f=\"\xc3\xa9\xe6\x97\"", "\xe6"}));
  EXPECT_EQ(place_of("m,t=\xff f=1"), (place{1, 5, "m,t=\xff f=1", "\xff"}));
  EXPECT_EQ(place_of("m\r\n"), (place{1, 2, "m", ""}));
  // InfluxDB leaves a line feed at the end of what it quotes out, escaped or not.
  EXPECT_EQ(place_of("m\\\n\nx f=1"), (place{1, 3, "m\\", ""}));
  EXPECT_EQ(place_of("m\\\n\r\nx f=1"), (place{1, 3, "m\\", ""}));
  EXPECT_EQ(place_of("m\\\nx\nx f=1"), (place{1, 3, "m\\\nx", ""}));
}

TEST(Error, ColumnsStayInTheFirstLine) {
  EXPECT_EQ(place_of("m f=\"a\nb\",g= 1").column, 7U);
}

TEST(Error, EveryCodeHasWords) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < parse_code_count; ++i) {
    parse_error error;
    error.code = static_cast<parse_code>(i);
    error.text = "m f=1";
    error.span = error.text.substr(2, 1);
    names.insert(name_of(error.code));
    EXPECT_EQ(reason(error).empty(), error.code == parse_code::none);
    EXPECT_EQ(explanation(error).empty(), error.code == parse_code::none);
  }
  EXPECT_EQ(names.size(), parse_code_count);
}

TEST(Error, ShieldsAreNamedSo) {
  const auto first = static_cast<std::size_t>(parse_code::shield_empty_field_key);
  for (std::size_t i = 0; i < parse_code_count; ++i) {
    EXPECT_EQ(name_of(static_cast<parse_code>(i)).starts_with("shield_"), i >= first);
  }
}

TEST(Error, TypesAreNamedAsInfluxdbNamesThem) {
  EXPECT_EQ(name_of(field_type::float64), "float");
  EXPECT_EQ(name_of(field_type::int64), "integer");
  EXPECT_EQ(name_of(field_type::uint64), "unsigned");
  EXPECT_EQ(name_of(field_type::boolean), "boolean");
  EXPECT_EQ(name_of(field_type::string), "string");
}

}  // namespace
}  // namespace weir::test
