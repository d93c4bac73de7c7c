// SPDX-License-Identifier: Apache-2.0
//
// Which lines that the parser refused are repaired, and how.
#include "gate/line_repair.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

class line_repair_test : public ::testing::Test {
 protected:
  line_repair::outcome repair(const std::string& line, std::int64_t unit_ns = 1) {
    const parse_options options{.unit_ns = unit_ns};
    body_ = "m f=1\n" + line + "\n";
    line_reader reader{options};
    reader.feed(body_);
    EXPECT_EQ(reader.next(), line_event::point);
    EXPECT_EQ(reader.next(), line_event::error) << line;
    return repair_.try_repair(reader.error(), options, unit_ns, policy_);
  }

  std::string body_;
  database_settings policy_;
  line_repair repair_;
};

TEST_F(line_repair_test, a_time_that_overflows_is_a_number_without_its_unit) {
  EXPECT_EQ(repair("m f=1 1700000000000000000", second_ns), line_repair::outcome::overflowed_time);
  EXPECT_EQ(repair_.point().time, 1'700'000'000'000'000'000);
  EXPECT_EQ(repair_.point().line, 2U);
  EXPECT_EQ(repair("m f=1 99999999999999999999", second_ns), line_repair::outcome::none);
}

TEST_F(line_repair_test, gauges_without_a_value_are_taken_out_where_the_policy_says_so) {
  EXPECT_EQ(repair("m f=NaN,g=2 5"), line_repair::outcome::none);
  policy_.flink_gauges = true;
  EXPECT_EQ(repair("m f=NaN,g=2 5"), line_repair::outcome::gauge_taken_out);
  EXPECT_EQ(repair_.point().text, "m g=2 5");
  EXPECT_EQ(repair_.point().line, 2U);
  EXPECT_EQ(repair("m f=NaN 5"), line_repair::outcome::nothing_left);
  EXPECT_EQ(repair("m f=NaN,g=oops 5"), line_repair::outcome::none);  // another mistake beside it
  EXPECT_EQ(repair("m f= 5"), line_repair::outcome::none);
}

TEST_F(line_repair_test, is_reused) {
  policy_.flink_gauges = true;
  EXPECT_EQ(repair("m f=null,g=\"" + std::string(100'000, 'x') + "\" 5"),
            line_repair::outcome::gauge_taken_out);
  repair_.shrink(1'000);
  EXPECT_EQ(repair("m f=Infinity,g=2 5"), line_repair::outcome::gauge_taken_out);
  EXPECT_EQ(repair_.point().text, "m g=2 5");
}

}  // namespace
}  // namespace weir
