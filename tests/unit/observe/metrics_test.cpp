// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

namespace weir {
namespace {

TEST(metrics_text, writes_families_once_and_adds_equal_labels) {
  metrics_text out;
  out.counter_value("weir_lines_total", "Lines.", 2, {{"database", "b"}});
  out.counter_value("weir_lines_total", "Lines.", 3, {{"database", "a"}});
  out.counter_value("weir_lines_total", "Lines.", 4, {{"database", "b"}});
  out.gauge_value("weir_connections", "Open connections.", 7, {});
  EXPECT_EQ(out.text(),
            "# HELP weir_connections Open connections.\n"
            "# TYPE weir_connections gauge\n"
            "weir_connections 7\n"
            "# HELP weir_lines_total Lines.\n"
            "# TYPE weir_lines_total counter\n"
            "weir_lines_total{database=\"a\"} 3\n"
            "weir_lines_total{database=\"b\"} 6\n");
}

TEST(metrics_text, escapes_label_values) {
  metrics_text out;
  out.gauge_value("weir_x", "X.", 1, {{"database", "a\"b\\c\nd"}});
  EXPECT_NE(out.text().find("{database=\"a\\\"b\\\\c\\nd\"}"), std::string::npos);
}

TEST(metrics_text, histograms_are_cumulative_and_equal_labels_are_added) {
  durations first;
  first.note(100'000);  // a bound is in its bucket
  first.note(100'001);
  first.note(20'000'000'000);
  durations second;
  second.note(-5);
  second.note(3'000'000'000);
  metrics_text out;
  out.histogram_value("weir_t_seconds", "T.", first.reported(), {{"route", "/write"}});
  out.histogram_value("weir_t_seconds", "T.", second.reported(), {{"route", "/write"}});
  out.histogram_value("weir_t_seconds", "T.", second.reported(), {{"route", "/ping"}});
  const std::string text = out.text();
  EXPECT_NE(text.find("# TYPE weir_t_seconds histogram\n"), std::string::npos);
  for (const char* line : {"weir_t_seconds_bucket{route=\"/write\",le=\"0.0001\"} 2\n",
                           "weir_t_seconds_bucket{route=\"/write\",le=\"0.00025\"} 3\n",
                           "weir_t_seconds_bucket{route=\"/write\",le=\"2.5\"} 3\n",
                           "weir_t_seconds_bucket{route=\"/write\",le=\"5\"} 4\n",
                           "weir_t_seconds_bucket{route=\"/write\",le=\"10\"} 4\n",
                           "weir_t_seconds_bucket{route=\"/write\",le=\"+Inf\"} 5\n",
                           "weir_t_seconds_count{route=\"/write\"} 5\n",
                           "weir_t_seconds_sum{route=\"/write\"} 23.000200001\n",
                           "weir_t_seconds_count{route=\"/ping\"} 2\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(durations, bounds_grow) {
  EXPECT_TRUE(std::is_sorted(durations::bounds_ns.begin(), durations::bounds_ns.end()));
}

void fill(metrics_text& out) {
  for (int i = 0; i < 3000; ++i) {
    const std::string database = "database " + std::to_string(i % 1500);
    out.counter_value("weir_a_total", "A.", 1, {{"database", database}, {"reason", "r"}});
    out.gauge_value("weir_b", "B.", 0.5, {{"database", database}});
  }
}

TEST(metrics_text, comes_in_pieces_that_make_the_whole_and_need_less_and_less_memory) {
  metrics_text whole;
  fill(whole);
  metrics_text pieces;
  fill(pieces);
  const std::size_t held = pieces.held_bytes();
  EXPECT_LT(held, 1'000'000U) << "a text that many rows have is held once";
  std::string out;
  std::size_t before = 0;
  int count = 1;
  while (pieces.write_some(out)) {
    EXPECT_LT(out.size() - before, metrics_text::piece_bytes + 1000);
    before = out.size();
    ++count;
  }
  EXPECT_GT(count, 3);
  EXPECT_LT(pieces.held_bytes(), held);
  EXPECT_EQ(out, whole.text());
  EXPECT_NE(out.find("weir_a_total{database=\"database 7\",reason=\"r\"} 2\n"), std::string::npos);
  EXPECT_NE(out.find("weir_b{database=\"database 7\"} 1\n"), std::string::npos);
}

TEST(metrics_text, has_each_header_once_wherever_a_piece_ends) {
  constexpr int families = 400;
  for (std::size_t shift = 0; shift < 150; ++shift) {
    metrics_text pieces;
    pieces.gauge_value("weir_a", std::string(shift, 'x'), 1, {});
    for (int i = 1; i < families; ++i) {
      pieces.gauge_value("weir_b" + std::to_string(i), std::string(100, 'x'), 1, {});
    }
    std::string out;
    while (pieces.write_some(out)) {
    }
    ASSERT_GT(out.size(), metrics_text::piece_bytes + 10'000);
    int headers = 0;
    for (std::size_t at = out.find("# HELP"); at != std::string::npos;
         at = out.find("# HELP", at + 1)) {
      ++headers;
    }
    ASSERT_EQ(headers, families) << shift;
  }
}

TEST(metrics_text, spells_numbers_as_prometheus_reads_them) {
  metrics_text out;
  out.gauge_value("weir_a", "", 1234567890, {});
  out.gauge_value("weir_b", "", 0.25, {});
  out.gauge_value("weir_c", "", std::numeric_limits<double>::infinity(), {});
  out.gauge_value("weir_d", "", std::numeric_limits<double>::quiet_NaN(), {});
  for (const char* expected :
       {"weir_a 1234567890\n", "weir_b 0.25\n", "weir_c +Inf\n", "weir_d NaN\n"}) {
    EXPECT_NE(out.text().find(expected), std::string::npos) << expected;
  }
}

TEST(counter, keeps_what_is_added) {
  counter c;
  c.add();
  c.add(4);
  c.add_shared(5);
  EXPECT_EQ(c.value(), 10U);
}

TEST(seconds_histogram, counts_cumulatively_and_has_a_bucket_for_all) {
  seconds_histogram of;
  for (const double seconds : {0.0, 0.001, 0.0011, 2.0, 1e6, -1.0}) {
    of.observe(seconds);
  }
  metrics_text out;
  out.histogram_value("weir_x_seconds", "X.", of.now(), {{"sink", "a"}});
  const std::string text = out.text();
  for (const char* line :
       {"# TYPE weir_x_seconds histogram\n", "weir_x_seconds_count{sink=\"a\"} 6\n",
        "weir_x_seconds_bucket{sink=\"a\",le=\"0.001\"} 3\n",
        "weir_x_seconds_bucket{sink=\"a\",le=\"0.005\"} 4\n",
        "weir_x_seconds_bucket{sink=\"a\",le=\"1\"} 4\n",
        "weir_x_seconds_bucket{sink=\"a\",le=\"2.5\"} 5\n",
        "weir_x_seconds_bucket{sink=\"a\",le=\"43200\"} 5\n",
        "weir_x_seconds_bucket{sink=\"a\",le=\"+Inf\"} 6\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace weir
