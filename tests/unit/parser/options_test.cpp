// SPDX-License-Identifier: Apache-2.0
//
// What parse_options change, and what a reader keeps from one body to the next.
#include <gtest/gtest.h>

#include "cases.hpp"

namespace weir::test {
namespace {

std::optional<std::int64_t> time_of(std::string_view digits, std::int64_t unit_ns) {
  parse_options options;
  options.unit_ns = unit_ns;
  const observed all = observe({std::string{"m f=1 "}.append(digits)}, options);
  if (all.lines[0].code != parse_code::none) {
    EXPECT_EQ(all.lines[0].code, parse_code::time_outside_range);
    return std::nullopt;
  }
  return all.lines[0].time;
}

TEST(Options, PrecisionMultipliesAndIsChecked) {
  constexpr std::int64_t second = 1'000'000'000;
  EXPECT_EQ(time_of("1", 1'000), 1'000);
  EXPECT_EQ(time_of("-2", 1'000'000), -2'000'000);
  EXPECT_EQ(time_of("9223372036", second), 9223372036 * second);
  EXPECT_EQ(time_of("9223372037", second), std::nullopt);
  EXPECT_EQ(time_of("-9223372037", second), std::nullopt);
  EXPECT_EQ(time_of("18446744074", second), std::nullopt);
  EXPECT_EQ(time_of("2562047", 3600 * second), std::int64_t{2562047} * 3600 * second);
  EXPECT_EQ(time_of("2562048", 3600 * second), std::nullopt);
  EXPECT_EQ(time_of("9223372036854775806", 1'000), std::nullopt);
  EXPECT_EQ(time_of("153722867", 60 * second), std::int64_t{153722867} * 60 * second);
}

TEST(Options, Utf8CanPass) {
  parse_options options;
  options.utf8 = utf8_policy::pass;
  const observed all = observe({"m\xff,t=\xc0 f=\"\xfe\" 1\n"}, options);
  ASSERT_EQ(all.lines.size(), 1U);
  EXPECT_EQ(all.lines[0].measurement, "m\xff");
  EXPECT_EQ(all.lines[0].fields[0].text, "\"\xfe\"");
}

TEST(Options, AByteOrderMarkIsTakenOffABodyOrLeftToItsFirstName) {
  const std::string body = "\xEF\xBB\xBFm f=1 1\nn f=1 1\n";
  for (const bool take : {true, false}) {
    parse_options options;
    options.take_byte_order_mark = take;
    const observed all = observe({body}, options);
    ASSERT_EQ(all.lines.size(), 2U);
    EXPECT_EQ(all.lines[0].measurement, take ? "m" : "\xEF\xBB\xBFm");
    EXPECT_EQ(all.lines[0].line, 1U);
    EXPECT_EQ(all.lines[1].line, 2U);
    EXPECT_EQ(all.counts.byte_order_marks, take ? 1U : 0U);
    for (std::size_t first = 0; first < 6; ++first) {
      for (std::size_t second = first; second < 6; ++second) {
        ASSERT_TRUE(same(all, observe({body.substr(0, first), body.substr(first, second - first),
                                       body.substr(second)},
                                      options)))
            << first << ' ' << second;
      }
    }
  }
  line_reader reader;  // each body of a reader has a beginning
  for (int i = 0; i < 2; ++i) {
    reader.reset({});
    reader.feed(body);
    ASSERT_EQ(reader.next(), line_event::point);
    EXPECT_EQ(reader.point().measurement, "m");
    EXPECT_EQ(reader.counts().byte_order_marks, 1U);
  }
}

TEST(Options, BadUtf8CostsItsLineAlone) {
  std::string body;
  for (int i = 0; i < 3000; ++i) {
    body += i % 1000 == 999 ? "m f=\"\xe6\x97\" 1\n" : "m,t=\xc3\xa9 f=\"\xe6\x97\xa5\" 1\n";
  }
  const observed all = observe({body});
  EXPECT_EQ(all.counts.points, 2997U);
  EXPECT_EQ(all.counts.errors, 3U);
  EXPECT_EQ(all.lines[999].code, parse_code::shield_invalid_utf8);
  EXPECT_EQ(all.lines[999].line, 1000U);
}

TEST(Options, LinesHaveALength) {
  parse_options options;
  options.line_bytes_max = 8;
  const observed all = observe(
      {"m f=1234\nm f=12345\nm f=\"123456789\nm f=2\n m f=1 1\nm f=1 1 \n#123456789\nm f=3"},
      options);
  std::vector<std::pair<std::uint64_t, parse_code>> actual;
  for (const outcome& line : all.lines) {
    actual.emplace_back(line.line, line.code);
  }
  const std::vector<std::pair<std::uint64_t, parse_code>> expected{
      {1, parse_code::none},
      {2, parse_code::shield_line_too_long},
      {3, parse_code::shield_line_too_long},
      {4, parse_code::none},
      {5, parse_code::none},
      {6, parse_code::none},
      {8, parse_code::none}};
  EXPECT_EQ(actual, expected);
  EXPECT_EQ(all.lines[1].text, "m f=1234");
}

TEST(Options, AStringReachesNoFurtherThanALine) {
  parse_options options;
  options.line_bytes_max = 16;
  const observed all = observe({"m f=\"open 1\nm f=2 2\nm f=3 3\nm f=\"4\n4\" 4\n"}, options);
  ASSERT_EQ(all.lines.size(), 4U);
  EXPECT_EQ(all.lines[0].code, parse_code::unbalanced_quotes);
  EXPECT_EQ(all.lines[0].text, "m f=\"open 1");
  EXPECT_EQ(all.lines[3].fields[0].text, "\"4\n4\"");
}

TEST(Options, ResetBeginsANewBody) {
  line_reader reader;
  const std::string first = "m f=1 1\n\nm f=\"open";
  reader.feed(first);
  ASSERT_EQ(reader.next(), line_event::point);
  ASSERT_EQ(reader.next(), line_event::more);
  parse_options options;
  options.unit_ns = 1'000;
  reader.reset(options);
  EXPECT_EQ(reader.held_bytes(), 0U);
  const std::string second = "m f=2 2";
  reader.feed(second);
  EXPECT_EQ(reader.next(), line_event::more);
  reader.finish();
  ASSERT_EQ(reader.next(), line_event::point);
  EXPECT_EQ(reader.point().line, 1U);
  EXPECT_EQ(reader.point().time, 2'000);
  EXPECT_EQ(reader.next(), line_event::more);
  EXPECT_EQ(reader.counts().points, 1U);
  EXPECT_EQ(reader.counts().blank, 0U);
}

TEST(Options, NumbersOfTagsThatSomeServersFailOn) {
  for (const std::size_t count : {100U, 200U, 400U}) {
    std::string line = "m";
    for (std::size_t i = 0; i < count; ++i) {
      line += ",t" + std::to_string(i) + "=v";
    }
    line += " f=1 1";
    for (const std::string_view kernel : kernel_names()) {
      line_reader rejecting{{.kernel = kernel}};
      rejecting.feed(line);
      rejecting.finish();
      ASSERT_EQ(rejecting.next(), line_event::error);
      EXPECT_EQ(rejecting.error().code, parse_code::shield_tag_count);
      line_reader passes{{.tag_count = tag_count_policy::pass, .kernel = kernel}};
      passes.feed(line);
      passes.finish();
      ASSERT_EQ(passes.next(), line_event::point) << kernel;
      EXPECT_EQ(passes.point().tags.size(), count);
    }
  }
}

TEST(Options, MovesAndShrinks) {
  line_reader reader;
  const std::string big = "m f=\"" + std::string(100'000, 'x');
  reader.feed(big);
  ASSERT_EQ(reader.next(), line_event::more);
  line_reader other = std::move(reader);
  EXPECT_EQ(other.held_bytes(), big.size());
  const std::string rest = "\" 1\n";
  other.feed(rest);
  ASSERT_EQ(other.next(), line_event::point);
  EXPECT_EQ(other.point().fields[0].text.size(), 100'002U);
  ASSERT_EQ(other.next(), line_event::more);
  other.shrink(1024);
  const std::string next = "m f=1 1\n";
  other.feed(next);
  ASSERT_EQ(other.next(), line_event::point);
  EXPECT_EQ(other.point().line, 2U);
}

TEST(Options, TheKernelHasAName) {
  EXPECT_FALSE(kernel_name().empty());
}

}  // namespace
}  // namespace weir::test
