// SPDX-License-Identifier: Apache-2.0
#include "tools/screen/screen_text.hpp"

#include <gtest/gtest.h>

#include "base/text/counted.hpp"
#include "base/text/terminal_text.hpp"

namespace weir::test {
namespace {

std::string wrapped(std::string_view text, std::size_t used, std::size_t columns) {
  std::string out;
  append_wrapped_words(text, "  ", used, columns, out);
  return out;
}

TEST(ScreenText, WrapsWords) {
  EXPECT_EQ(wrapped("one two three", 0, 80), "one two three\n");
  EXPECT_EQ(wrapped("one two three", 0, 9), "one two\n  three\n");
  EXPECT_EQ(wrapped("one two", 5, 9), "one\n  two\n");
  EXPECT_EQ(wrapped("a_word_that_is_longer b", 0, 8), "a_word_that_is_longer\n  b\n");
  EXPECT_EQ(wrapped("one\ntwo", 0, 80), "one\n  two\n");
  EXPECT_EQ(wrapped("", 0, 80), "\n");
}

TEST(ScreenText, CutsByColumnsAndNotBytes) {
  EXPECT_EQ(cut_to("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to("abcdef", 5), "abcd\xE2\x80\xA6");
  EXPECT_EQ(cut_to("abc", 0), "");
  EXPECT_EQ(columns_of(cut_to("\xE6\xB8\xA9\xE5\xBA\xA6\xE6\xB8\xA9", 4)), 3U);
  EXPECT_EQ(padded("ab", 4), "ab  ");
  EXPECT_EQ(columns_of(padded("\xE6\xB8\xA9\xE5\xBA\xA6\xE6\xB8\xA9", 4)), 4U);
}

TEST(ScreenText, NumbersAreShort) {
  EXPECT_EQ(grouped_digits(0), "0");
  EXPECT_EQ(grouped_digits(999), "999");
  EXPECT_EQ(grouped_digits(1234567), "1,234,567");
  EXPECT_EQ(short_count(0), "0");
  EXPECT_EQ(short_count(-1), "0");
  EXPECT_EQ(short_count(0.25), "0.2");
  EXPECT_EQ(short_count(7), "7");
  EXPECT_EQ(short_count(999), "999");
  EXPECT_EQ(short_count(999.7), "1.00k");
  EXPECT_EQ(short_count(48'000), "48.0k");
  EXPECT_EQ(short_count(1'234'567), "1.23M");
  EXPECT_EQ(short_bytes(0), "0 B");
  EXPECT_EQ(short_bytes(1536), "1.5 KiB");
  EXPECT_EQ(short_bytes(23.0 * 1024 * 1024 * 1024), "23 GiB");
  EXPECT_EQ(percent(std::nullopt), "-");
  EXPECT_EQ(percent(0.0), "0%");
  EXPECT_EQ(percent(0.004), "<1%");
  EXPECT_EQ(percent(0.41), "41%");
}

TEST(ScreenText, DurationsHaveTheirTwoLargestUnits) {
  EXPECT_EQ(short_duration(0), "0 s");
  EXPECT_EQ(short_duration(0.42), "0.4 s");
  EXPECT_EQ(short_duration(12), "12 s");
  EXPECT_EQ(short_duration(200), "3 min 20 s");
  EXPECT_EQ(short_duration(3600), "1 h");
  EXPECT_EQ(short_duration(18'720), "5 h 12 min");
  EXPECT_EQ(short_duration(273'600), "3 d 4 h");
  EXPECT_EQ(short_duration(-5), "0 s");
  EXPECT_EQ(short_duration(3.2e8), "10 years");
  EXPECT_EQ(short_duration(1e300), "31709 years");
}

}  // namespace
}  // namespace weir::test
