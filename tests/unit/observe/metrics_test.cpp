// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

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
