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

}  // namespace
}  // namespace weir
