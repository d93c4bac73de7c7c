// SPDX-License-Identifier: Apache-2.0
#include "sinks/mapping/name_text.hpp"

#include <gtest/gtest.h>

#include "base/text/utf8.hpp"

namespace weir {
namespace {

std::string series(std::string_view text) {
  return written_name(text, name_kind::of_series, name_letters::escaped);
}
std::string label_of(std::string_view text) {
  return written_name(text, name_kind::of_label, name_letters::escaped);
}

TEST(name_text, punctuation_becomes_underscores_and_nothing_is_trimmed) {
  EXPECT_EQ(series("a-b.c d"), "a_b_c_d");
  EXPECT_EQ(series("1abc"), "_1abc");
  EXPECT_EQ(series("a:b"), "a:b");
  EXPECT_EQ(series("_x_"), "_x_");
  EXPECT_EQ(series(""), "_");
  EXPECT_EQ(label_of("a:b"), "a_b");
  EXPECT_EQ(label_of("9"), "_9");
}

// The names are those that a Prometheus 3.16 writes under escaping=values.
TEST(name_text, other_letters_are_escaped_as_prometheus_does) {
  EXPECT_EQ(series("temp\xC3\xA9.x-y"), "U__temp_e9__2e_x_2d_y");
  EXPECT_EQ(escaped_name("1abc", name_kind::of_series), "U___31_abc");
  EXPECT_EQ(label_of("r\xC3\xA9gion.a"), "U__r_e9_gion_2e_a");
  EXPECT_EQ(series("\xE6\xB8\xA9\xE5\xBA\xA6_a"), "U___6e29__5ea6___a");
  EXPECT_EQ(series("x\xF0\x9F\x98\x80"), "U__x_1f600_");
  EXPECT_EQ(series("a\xFF"), "U__a_FFFD_");
  EXPECT_EQ(label_of("\xC3\xA9:"), "U___e9__3a_");
  EXPECT_EQ(series("\xC3\xA9:"), "U___e9_:");
}

TEST(name_text, letters_may_be_replaced_kept_or_trimmed) {
  const auto written = [](std::string_view text, name_letters letters) {
    return written_name(text, name_kind::of_series, letters);
  };
  EXPECT_EQ(written("\xE6\xB8\xA9 a", name_letters::underscored), "__a");
  EXPECT_EQ(written("\x80\x80", name_letters::underscored), "_");
  EXPECT_EQ(written("\xE6\xB8\xA9 a-1", name_letters::kept), "\xE6\xB8\xA9 a-1");
  EXPECT_TRUE(is_utf8(written("a\xFF", name_letters::kept)));
  EXPECT_EQ(written("-cpu-", name_letters::trimmed), "cpu");
  EXPECT_EQ(written("_x_", name_letters::trimmed), "_x_") << "it is a name already";
  EXPECT_EQ(written("1abc", name_letters::trimmed), "abc");
  EXPECT_EQ(written("12abc", name_letters::trimmed), "_2abc");
  EXPECT_EQ(written("-1abc", name_letters::trimmed), "_1abc");
  EXPECT_EQ(written("\xE6\xB8\xA9", name_letters::trimmed), "_");
}

TEST(name_text, a_filtered_value_has_no_underscore_before_a_digit) {
  EXPECT_EQ(filtered_value("10.0.0.1:80"), "10_0_0_1:80");
  EXPECT_EQ(filtered_value("a b\xE6\xB8\xA9"), "a_b_");
}

TEST(name_text, what_is_cut_keeps_its_beginning_and_whole_characters) {
  const std::string text = std::string(20, 'a') + "\xE6\xB8\xA9" + std::string(40, 'b');
  for (std::size_t limit = 32; limit < 60; ++limit) {
    const std::string cut = cut_with_hash(text, limit);
    EXPECT_LE(cut.size(), limit);
    EXPECT_GE(cut.size() + 2, limit);
    EXPECT_TRUE(is_utf8(cut)) << limit;
  }
  EXPECT_NE(cut_with_hash(text + "c", 32), cut_with_hash(text + "d", 32));
}

}  // namespace
}  // namespace weir
