// SPDX-License-Identifier: Apache-2.0
#include "exposition/text_writer.hpp"

#include <gtest/gtest.h>

#include <array>

#include "exposition/text_reader.hpp"

namespace weir::exposition {
namespace {

TEST(text_writer, what_it_writes_is_read_back) {
  const std::array labels{label{"plain", "a\\b\"c\nd"}, label{"with.dot", ""}, label{"ж", "温"}};
  std::string text;
  append_family_head("my metric", metric_type::gauge, "first\nsecond \\ \"third\"", text);
  append_sample("my metric", labels, -0.1, text);
  document made;
  const auto wrong = read_text(text, made);
  ASSERT_FALSE(wrong.has_value()) << wrong->text() << text;
  ASSERT_EQ(made.samples().size(), 1U);
  EXPECT_EQ(made.families()[0].name, "my metric");
  EXPECT_EQ(made.families()[0].type, metric_type::gauge);
  EXPECT_EQ(made.families()[0].help, "first\nsecond \\ \"third\"");
  EXPECT_EQ(made.samples()[0].name, "my metric");
  EXPECT_EQ(made.samples()[0].value, -0.1);
  ASSERT_EQ(made.labels_of(made.samples()[0]).size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(made.labels_of(made.samples()[0])[i].name, labels[i].name);
    EXPECT_EQ(made.labels_of(made.samples()[0])[i].value, labels[i].value);
  }
}

TEST(text_writer, no_line_ends_with_a_carriage_return) {
  std::string text;
  append_family_head("x", metric_type::gauge, "a\rb\r\r", text);
  append_family_head("y", metric_type::gauge, "\r", text);
  EXPECT_EQ(text, "# HELP x a\rb\n# TYPE x gauge\n# TYPE y gauge\n");
  document made;
  EXPECT_FALSE(read_text(text, made).has_value());
}

}  // namespace
}  // namespace weir::exposition
