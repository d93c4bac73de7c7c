// SPDX-License-Identifier: Apache-2.0
//
// One line at a time: each case of the table, and what a point says beyond its values.
#include <gtest/gtest.h>

#include "cases.hpp"
#include "reference/reference.hpp"

namespace weir::test {
namespace {

std::string read_one(std::string_view body, const parse_options& options = {}) {
  line_reader reader{options};
  reader.feed(body);
  std::string out;
  for (int pass = 0; pass < 2; ++pass) {
    for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
      out += out.empty() ? "" : " and ";
      out += event == line_event::point ? render(reader.point()) : "! " + reason(reader.error());
    }
    reader.finish();
  }
  return out;
}

TEST(Line, EveryCaseOfTheTable) {
  for (const line_case& each : line_cases) {
    EXPECT_EQ(read_one(each.body), each.expected) << testing::PrintToString(each.body);
  }
}

TEST(Line, TheReferenceAgreesWithTheTable) {
  const parse_options options;
  for (const line_case& each : line_cases) {
    EXPECT_EQ(read_by_reference(each.body, options), observe({each.body}).lines)
        << testing::PrintToString(each.body);
  }
}

TEST(Line, AnotherLineBehindItChangesNothing) {
  for (const line_case& each : line_cases) {
    if (each.body.empty() || each.expected == "! unbalanced quotes" ||
        (each.body.find('\\') != std::string_view::npos && each.body.size() < 3) ||
        each.body.ends_with("\\") || each.body.ends_with("\\\n")) {
      continue;  // the end of the body is part of these
    }
    const std::string body = std::string{each.body} + "\nnext f=1 2\n";
    const std::string expected =
        each.expected.empty() ? "next|f:1|2" : std::string{each.expected} + " and next|f:1|2";
    EXPECT_EQ(read_one(body), expected) << testing::PrintToString(body);
  }
}

TEST(Line, ViewsOfAPoint) {
  const std::string_view body = "\n  m\\,x,b=2,a=1  f=\"s\",g=-2.5 17 \r\n";
  line_reader reader;
  reader.feed(body);
  ASSERT_EQ(reader.next(), line_event::point);
  const point_view& point = reader.point();
  EXPECT_EQ(point.text, "m\\,x,b=2,a=1  f=\"s\",g=-2.5 17 ");
  EXPECT_EQ(point.text.data(), body.data() + 3) << "read where it lies";
  EXPECT_EQ(point.series, "m\\,x,b=2,a=1");
  EXPECT_EQ(point.measurement, "m\\,x");
  EXPECT_EQ(point.series_and_fields, "m\\,x,b=2,a=1  f=\"s\",g=-2.5");
  ASSERT_EQ(point.tags.size(), 2U);
  EXPECT_EQ(point.tags[0].key, "b");
  EXPECT_EQ(point.tags[1].value, "1");
  ASSERT_EQ(point.fields.size(), 2U);
  EXPECT_EQ(point.fields[0].text, "\"s\"");
  EXPECT_EQ(point.fields[0].string_text(), "s");
  EXPECT_EQ(point.fields[1].text, "-2.5");
  EXPECT_EQ(point.line, 2U);
  EXPECT_FALSE(point.tags_sorted);
  EXPECT_FALSE(point.canonical);
  EXPECT_EQ(reader.next(), line_event::more);
  EXPECT_EQ(reader.counts().points, 1U);
  EXPECT_EQ(reader.counts().blank, 1U);
  EXPECT_EQ(reader.counts().carriage_returns, 1U);
}

TEST(Line, LinesAreNumberedByTheirFirstByte) {
  const observed all =
      observe({"a f=1\n\n#c\nb f=\"x\ny\" 1\nbad\nc f=1\\\nd f=2\n#\ne f=\"open\nf f=1\n"});
  std::vector<std::uint64_t> numbers;
  for (const outcome& line : all.lines) {
    numbers.push_back(line.line);
  }
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 4, 6, 7, 10, 11}));
  EXPECT_EQ(all.counts.comments, 2U);
  EXPECT_EQ(all.counts.errors, 3U);
}

TEST(Line, ABadLineCostsItselfAlone) {
  EXPECT_EQ(read_one("m f=\"abc 1\nm f=2 2\n"), "! unbalanced quotes and m|f:2|2");
  EXPECT_EQ(read_one("m f=\"abc 1\nm f=\"x\" 2\nm f=3 3\n"),
            "! unbalanced quotes and m|f:\"x\"|2 and m|f:3|3");
  EXPECT_EQ(read_one("m f=1 \"\nm f=2 2\n"), "! bad timestamp and m|f:2|2");
  EXPECT_EQ(read_one("m f=1\"2 1\nm f=2 2\n"), "! invalid number and m|f:2|2");
  EXPECT_EQ(read_one("# x =\"oops\nm f=1 1\n"), "m|f:1|1");
  EXPECT_EQ(read_one("# x\\\nm f=1 1\n"), "m|f:1|1");
}

TEST(Line, AClosedStringOfABadLineBecomesNoPoint) {
  EXPECT_EQ(read_one("m f=\"a\nevil f=1 1\n\",g= 1\nm f=2 2\n"),
            "! missing field value and m|f:2|2");
  EXPECT_EQ(read_one("m f=\"a\"b\"\nevil f=1 1\n\" 1\nm f=2 2\n"),
            "! text after closing quote and m|f:2|2");
}

TEST(Line, LeadingWhiteSpaceDoesNotBeginTheFields) {
  EXPECT_EQ(read_one(" m=\" f=1 1\nm f=2 2\n"), "m=\"|f:1|1 and m|f:2|2");
  EXPECT_EQ(read_one(" m=\"\nx\" f=1 1\n"), "! missing fields and x\"|f:1|1");
}

TEST(Line, ManyTagsAndFields) {
  for (const int count : {31, 33, 63, 64, 65, 201, 5000}) {
    std::string body = "m";
    for (int i = count; i > 0; --i) {
      body += ",t" + std::to_string(i) + "=v";
    }
    for (int i = 0; i < count; ++i) {
      body.append(i == 0 ? " f" : ",f").append(std::to_string(i)).append("=1i");
    }
    const observed twice = observe({body + "\n" + body + "\n"});
    ASSERT_EQ(twice.lines.size(), 2U) << count;
    const bool fits = body.find(' ') + 4 + 6 < 65535;
    EXPECT_EQ(twice.lines[0].code == parse_code::none, fits);
    EXPECT_EQ(twice.lines[0].tags, twice.lines[1].tags);
    EXPECT_EQ(twice.lines[1].fields.size(), static_cast<std::size_t>(count));
    const std::string twin = body.substr(0, body.find(' ')) + ",t1=w f=1\n";
    EXPECT_EQ(observe({twin}).lines[0].code, parse_code::duplicate_tags) << count;
  }
}

TEST(Line, KeysHaveALength) {
  const std::string longest(65535, 'x');
  EXPECT_EQ(read_one(std::string(65535 - 5, 'x') + " f=1").substr(0, 3), "xxx");
  EXPECT_EQ(read_one(std::string(65535 - 4, 'x') + " f=1"),
            "! max key length exceeded: 65536 > 65535");
  EXPECT_EQ(read_one(longest + " f=1"), "! max key length exceeded: 65540 > 65535");
  EXPECT_EQ(read_one(longest + "y f=1"), "! max key length exceeded: 65536 > 65535");
  EXPECT_EQ(read_one("m g=1," + std::string(65530, 'x') + "=1"),
            "m|g:1|" + std::string(65530, 'x') + ":1");
  EXPECT_EQ(read_one("m g=1," + std::string(65531, 'x') + "=1"),
            "! max key length exceeded: 65536 > 65535");
}

}  // namespace
}  // namespace weir::test
