// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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
