// SPDX-License-Identifier: Apache-2.0
//
// Excerpts: the caret stands below the mistake whatever stands before it, and long lines are cut
// around it.
#include "base/text/excerpt.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/text/terminal_text.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;

TEST(Excerpt, ShowsAShortLineWhole) {
  const excerpt cut = make_excerpt("cpu,dc=eu  host=b v=2", 9, 2);
  EXPECT_EQ(cut.shown, "cpu,dc=eu  host=b v=2");
  EXPECT_EQ(cut.mark_column, 9U);
  EXPECT_EQ(cut.mark_columns, 2U);
}

TEST(Excerpt, MarksTheEnd) {
  const excerpt cut = make_excerpt("cpu", 3, 1);
  EXPECT_EQ(cut.mark_column, 3U);
  EXPECT_EQ(cut.mark_columns, 1U);
  EXPECT_EQ(make_excerpt("", 0, 1).mark_column, 0U);
}

TEST(Excerpt, CutsALongLineAroundTheMistake) {
  const std::string line = "m,t=" + std::string(500, 'a') + "X" + std::string(500, 'b') + " f=1";
  const std::size_t at = line.find('X');
  const excerpt cut = make_excerpt(line, at, 1);
  EXPECT_TRUE(cut.shown.starts_with("...aaa"));
  EXPECT_TRUE(cut.shown.ends_with("bbb..."));
  EXPECT_LE(columns_of(cut.shown), excerpt_columns_max + 3);
  EXPECT_EQ(cut.shown[cut.mark_column], 'X');
}

TEST(Excerpt, ShowsTheBeginningAndTheEndOfALongLine) {
  const std::string line = "X" + std::string(300, 'a') + "Y";
  EXPECT_TRUE(make_excerpt(line, 0, 1).shown.starts_with("Xaaa"));
  const excerpt end = make_excerpt(line, 301, 1);
  EXPECT_TRUE(end.shown.ends_with("aaaY"));
  EXPECT_EQ(end.shown[end.mark_column], 'Y');
  const excerpt behind = make_excerpt(line, 302, 1);
  EXPECT_EQ(behind.mark_column, behind.shown.size());
}

TEST(Excerpt, CountsColumnsNotBytes) {
  // Two wide characters, one with a combining accent, one narrow.
  const std::string_view line =
      "\xE6\x97\xA5\xE6\x9C\xAC"
      "e\xCC\x81\xC3\xA9X"sv;
  const excerpt cut = make_excerpt(line, line.find('X'), 1);
  EXPECT_EQ(cut.mark_column, 6U);
  EXPECT_EQ(cut.shown, line);
}

TEST(Excerpt, SpellsOutWhatIsNotSeen) {
  const std::string_view line =
      "\xEF\xBB\xBF\t\xFF"
      "X"sv;
  const excerpt cut = make_excerpt(line, 0, 3);
  EXPECT_EQ(cut.shown, "<U+FEFF>\xE2\x90\x89\\xFFX");
  EXPECT_EQ(cut.mark_columns, 8U);
  EXPECT_EQ(make_excerpt(line, line.find('X'), 1).mark_column, 13U);
}

TEST(Visible, TellsSpacesApart) {
  EXPECT_EQ(visible("a\xC2\xA0"
                    "b\xE3\x80\x80"
                    "c\xE2\x80\xAF"),
            "a<U+00A0>b<U+3000>c<U+202F>");
}

TEST(Excerpt, EndsWithTheLineOfTheMistake) {
  const excerpt cut = make_excerpt("m f=\"a 1\nm f=\"b\" 2", 4, 1);
  EXPECT_EQ(cut.shown, "m f=\"a 1\xE2\x90\x8A...");
  EXPECT_EQ(cut.mark_column, 4U);
}

TEST(Visible, KnowsWhatIsNotUtf8) {
  EXPECT_EQ(visible("\xC0\xAF"), "\\xC0\\xAF");                    // too long a spelling
  EXPECT_EQ(visible("\xED\xA0\x80"), "\\xED\\xA0\\x80");           // a surrogate
  EXPECT_EQ(visible("\xF4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80");  // beyond U+10FFFF
  EXPECT_EQ(visible("\xE2\x82"), "\\xE2\\x82");                    // cut short
  EXPECT_EQ(visible("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(visible("\x7F\x1B"), "\xE2\x90\xA1\xE2\x90\x9B");
}

TEST(Excerpt, HoldsForRandomBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string line(random() % 400, '\0');
    for (char& byte : line) {
      byte = static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a' + random() % 26);
    }
    const std::size_t at = random() % (line.size() + 1);
    const excerpt cut = make_excerpt(line, at, 1 + random() % 20);
    EXPECT_LE(columns_of(cut.shown), excerpt_columns_max + 16);
    EXPECT_LE(cut.mark_column, columns_of(cut.shown));
    EXPECT_GE(cut.mark_columns, 1U);
    EXPECT_EQ(visible(cut.shown), cut.shown);
  }
}

}  // namespace
}  // namespace weir
