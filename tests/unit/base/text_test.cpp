// SPDX-License-Identifier: Apache-2.0
//
// Escapes, patterns, one-line texts and identifiers.
#include <gtest/gtest.h>

#include <string>

#include "base/glob.hpp"
#include "base/influxql_identifier.hpp"
#include "base/one_line.hpp"
#include "base/percent_escape.hpp"

namespace weir {
namespace {

TEST(percent_escape, leaves_only_safe_bytes) {
  EXPECT_EQ(percent_escape("abc_XYZ-019"), "abc_XYZ-019");
  EXPECT_EQ(percent_escape("a b/c.d%\n\xff"), "a%20b%2Fc%2Ed%25%0A%FF");
  EXPECT_EQ(percent_escape(""), "");
}

TEST(percent_escape, is_undone_for_every_byte) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
  }
  const auto back = percent_unescape(percent_escape(all));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, all);
}

TEST(percent_unescape, refuses_what_escape_never_makes) {
  for (const char* wrong : {"a b", "%", "%4", "%4g", "%4a", "a/b", "%G0"}) {
    EXPECT_FALSE(percent_unescape(wrong).has_value()) << wrong;
  }
}

TEST(matches_pattern, knows_star_and_question_mark) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("*", "anything"));
  EXPECT_TRUE(matches_pattern("flink*", "flink_prod"));
  EXPECT_FALSE(matches_pattern("flink*", "my_flink"));
  EXPECT_TRUE(matches_pattern("*_prod", "a_prod_prod"));
  EXPECT_TRUE(matches_pattern("a*b*c", "axxbyybc"));
  EXPECT_FALSE(matches_pattern("a*b*c", "axxbyyb"));
  EXPECT_TRUE(matches_pattern("d?", "d1"));
  EXPECT_FALSE(matches_pattern("d?", "d"));
  EXPECT_FALSE(matches_pattern("", "x"));
  EXPECT_TRUE(matches_pattern("", ""));
}

TEST(one_line, escapes_and_cuts) {
  EXPECT_EQ(one_line("a\nb\x7f", 100), "a\\x0Ab\\x7F");
  EXPECT_EQ(one_line("abcdef", 3), "abc...");
}

TEST(quoted_identifier, escapes_quotes_and_line_feeds) {
  EXPECT_EQ(quoted_identifier("plain"), "\"plain\"");
  EXPECT_EQ(quoted_identifier("a\"b\\c\nd"), "\"a\\\"b\\\\c\\nd\"");
}

}  // namespace
}  // namespace weir
