// SPDX-License-Identifier: Apache-2.0
#include "exposition/text_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "unit/exposition/read_samples.hpp"

namespace weir::exposition {
namespace {

std::string read(std::string_view body) {
  return samples_of(body, read_text);
}

TEST(text_reader, reads_families_of_every_type) {
  EXPECT_EQ(read("# HELP a_total how many\\n of \\\\ them\n"
                 "# TYPE a_total counter\n"
                 "a_total{b=\"c\"} 3\n"
                 "# just words\n"
                 "\n"
                 " \t\n"
                 "# TYPE s summary\n"
                 "s{quantile=\"0.5\"} 1\ns_sum 4\ns_count 2\n"
                 "# TYPE h histogram\n"
                 "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
                 "free NaN 12\n"),
            "a_total counter | a_total{b=\"c\"} 3\n"
            "s summary | s{quantile=\"0.5\"} 1\n"
            "s summary | s_sum 4\n"
            "s summary | s_count 2\n"
            "h histogram | h_bucket{le=\"1\"} 1\n"
            "h histogram | h_bucket{le=\"+Inf\"} 2\n"
            "h histogram | h_sum 3\n"
            "h histogram | h_count 2\n"
            "free untyped | free NaN @12\n");
}

TEST(text_reader, blanks_are_free_and_a_comma_may_follow_the_last_label) {
  EXPECT_EQ(read("  a{ b = \"c\" , d=\"e\", }\t 1 \t 5 \n"),
            "a untyped | a{b=\"c\",d=\"e\"} 1 @5\n");
  EXPECT_EQ(read("a {b=\"c\"}1\n"), "a untyped | a{b=\"c\"} 1\n");
  EXPECT_EQ(read("#TYPE a gauge\na{} 1\n"), "a gauge | a 1\n");
  EXPECT_EQ(read(""), "");
}

TEST(text_reader, escapes_and_names_in_quotes_are_read) {
  EXPECT_EQ(read("a{b=\"x\\\\y\\n\\\"z\"} 1\n"), "a untyped | a{b=\"x\\\\y\\n\\\"z\"} 1\n");
  EXPECT_EQ(read("# TYPE \"my.name\" gauge\n{\"my.name\",\"a.b\"=\"c\"} 1\n"),
            "my.name gauge | {\"my.name\",\"a.b\"=\"c\"} 1\n");
  EXPECT_EQ(read("{\"温度\"} 1\n"), "温度 untyped | {\"温度\"} 1\n");
}

TEST(text_reader, samples_of_one_family_may_stand_apart) {
  EXPECT_EQ(read("a 1\nb 2\na{c=\"d\"} 3\n"),
            "a untyped | a 1\nb untyped | b 2\na untyped | a{c=\"d\"} 3\n");
}

TEST(text_reader, a_mistake_has_its_line_and_column) {
  const auto begins = [](std::string_view body, std::string_view words) {
    const std::string said = read(body);
    EXPECT_TRUE(said.starts_with(words)) << said;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  };
  begins("a 1\nb 2", "line 2, column 4: unexpected end of input stream");
  begins("a 1\r\n", "line 1, column 4: the line ends with a carriage return");
  begins("a\n", "line 1, column 2: the value of the sample is missing");
  begins("a x\n", "line 1, column 3: expected float as value, got \"x\"");
  begins("a 1 x\n", "line 1, column 5: expected a timestamp in whole milliseconds, got \"x\"");
  begins("a 1 2 3\n", "line 1, column 7: unexpected \"3\" behind the timestamp");
  begins("1a 1\n", "line 1, column 1: no name of a metric begins with \"1\"");
  begins("a-b 1\n", "line 1, column 2: the name of a metric has no \"-\" in it");
  begins("a{b=\"c\" 1\n", "line 1, column 9: expected ',' or '}' behind a label, found \"1\"");
  begins("a{b=\"c\n\"} 1\n", "line 1, column 5: the quote that begins here is not closed");
  begins("a{b=c} 1\n", "line 1, column 5: the value of the label \"b\" does not begin");
  begins("a{b} 1\n", "line 1, column 4: expected '=' behind the label's name \"b\"");
  begins("a{,} 1\n", "line 1, column 3: no name of a label begins with \",\"");
  begins("a{b=\"c\",,} 1\n", "line 1, column 9: no name of a label");
  begins("a{b=\"\\t\"} 1\n", "line 1, column 6: there is no escape \"\\\\t\"");
  begins("a{b=\"1\",b=\"2\"} 1\n", "line 1, column 9: the label \"b\" is there twice");
  begins("a{__name__=\"b\"} 1\n", "line 1, column 3: the label __name__ is reserved");
  begins("{b=\"c\"} 1\n", "line 1, column 1: the name of the metric is missing");
  begins("a{\"b\"} 1\n", "line 1, column 3: a text in quotes without '='");
  begins("# TYPE a gauge\n# TYPE a gauge\n", "line 2, column 8: a second TYPE");
  begins("# HELP a b\n# HELP a b\n", "line 2, column 8: a second HELP");
  begins("a 1\n# TYPE a gauge\n", "line 2, column 8: TYPE of the metric \"a\" stands behind");
  begins("# TYPE a info\n", "line 1, column 10: unknown type \"info\"");
  begins("# TYPE\n", "line 1, column 7: the name of a metric is missing behind TYPE");
  begins("# TYPE a histogram\na_bucket{le=\"x\"} 1\n",
         "line 2, column 1: expected float as value "
         "for 'le'");
  begins("a{b=\"\xff\"} 1\n", "line 1, column 6: this byte is not valid UTF-8");
  begins("é 1\nb\xc3 1\n", "line 2, column 2: this byte is not valid UTF-8");
}

TEST(text_reader, a_document_that_is_full_ends_the_reading) {
  std::string body;
  for (int i = 0; i < 1000; ++i) {
    body += "a{i=\"" + std::to_string(i) + "\"} 1\n";
  }
  document small(/*bytes_max=*/10'000);
  const auto wrong = read_text(body, small);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(wrong->message, too_many_samples);
  EXPECT_LT(small.samples().size(), 1000U);
  document large(/*bytes_max=*/1'000'000);
  EXPECT_FALSE(read_text(body, large).has_value());
  EXPECT_EQ(large.samples().size(), 1000U);
}

TEST(text_reader, a_sample_has_1024_labels_at_most) {
  const auto body_of = [](int labels) {
    std::string body = "a{";
    for (int i = 0; i < labels; ++i) {
      body += "l" + std::to_string(i) + "=\"v\",";
    }
    return body + "} 1\n";
  };
  document all;
  EXPECT_FALSE(read_text(body_of(1024), all).has_value());
  EXPECT_EQ(all.labels_of(all.samples().front()).size(), 1024U);
  document more;
  const auto wrong = read_text(body_of(1025), more);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(wrong->message, too_many_labels);
  document two;
  EXPECT_FALSE(read_text(body_of(1000) + "b" + body_of(1000).substr(1), two).has_value())
      << "each sample counts its own";
}

TEST(text_reader, types_are_told_in_letters_of_any_size) {
  document all;
  ASSERT_FALSE(read_text("# TYPE a GAUGE\n# TYPE b Histogram\na 1\nb_count 1\n", all).has_value());
  ASSERT_EQ(all.families().size(), 2U);
  EXPECT_EQ(all.families()[0].type, metric_type::gauge);
  EXPECT_EQ(all.families()[1].type, metric_type::histogram);
}

TEST(text_reader, families_without_samples_count_as_well) {
  std::string body;
  for (int i = 0; i < 1000; ++i) {
    body += "# TYPE a" + std::to_string(i) + " gauge\n";
  }
  document small(/*bytes_max=*/10'000);
  const auto wrong = read_text(body, small);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(wrong->message, too_many_samples);
  EXPECT_TRUE(small.was_full());
}

TEST(text_reader, a_document_asks_for_what_it_holds_as_it_grows) {
  std::size_t granted = 0;
  std::size_t asked = 0;
  const byte_allowance room([&](std::size_t bytes) {
    ++asked;
    granted = std::max(granted, bytes);
    return true;
  });
  document one(room);
  EXPECT_FALSE(read_text("a 1\n", one).has_value());
  EXPECT_LT(granted, 20'000U) << "a small body asks for little";
  document all(room);
  std::string body;
  for (int i = 0; i < 10'000; ++i) {
    body += "b" + std::to_string(i) + " 1\n";
  }
  EXPECT_FALSE(read_text(body, all).has_value());
  EXPECT_GE(granted, all.held_bytes());
  EXPECT_LT(asked, 200U) << "not every sample asks";
}

}  // namespace
}  // namespace weir::exposition
