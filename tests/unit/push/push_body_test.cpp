// SPDX-License-Identifier: Apache-2.0
#include "push/push_body.hpp"

#include <gtest/gtest.h>

namespace weir::push {
namespace {

TEST(push_body, the_content_type_names_the_format) {
  EXPECT_EQ(format_of(""), body_format::text);
  EXPECT_EQ(format_of("text/plain; version=0.0.4; charset=utf-8"), body_format::text);
  EXPECT_EQ(format_of("application/x-www-form-urlencoded"), body_format::text) << "curl's";
  EXPECT_EQ(format_of("application/openmetrics-text; version=1.0.0"), body_format::open_metrics);
  EXPECT_EQ(format_of("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                      "encoding=delimited"),
            body_format::protobuf);
  EXPECT_EQ(format_of("application/vnd.google.protobuf;encoding=delimited;"
                      "proto=io.prometheus.client.MetricFamily"),
            body_format::protobuf);
  EXPECT_EQ(format_of("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                      "encoding=text"),
            body_format::text);
}

TEST(push_body, a_mistake_says_where_it_is) {
  exposition::document text;
  EXPECT_EQ(read_body(body_format::text, "a 1\nb x\n", text).value_or(""),
            "text format parsing error in line 2, column 3: expected float as value, got \"x\"");
  exposition::document open;
  EXPECT_EQ(read_body(body_format::open_metrics, "a x\n", open).value_or(""),
            "OpenMetrics parsing error in line 1, column 3: expected float as value, got \"x\"");
  exposition::document protobuf;
  EXPECT_EQ(read_body(body_format::protobuf, "a 1\n", protobuf).value_or(""),
            "protobuf parsing error at byte 0: a message of 97 bytes is announced, and only 3 "
            "follow");
  exposition::document good;
  EXPECT_FALSE(read_body(body_format::text, "a 1\n", good).has_value());
  EXPECT_EQ(good.samples().size(), 1U);
}

}  // namespace
}  // namespace weir::push
