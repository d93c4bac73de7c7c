// SPDX-License-Identifier: Apache-2.0
#include "base/text/rfc3339.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace weir {
namespace {

TEST(rfc3339, of_any_time) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(rfc3339(1'767'323'045'000'000'001), "2026-01-02T03:04:05.000000001Z");
}

TEST(rfc3339, to_both_ends_of_time) {
  EXPECT_EQ(rfc3339(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(rfc3339(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
}

TEST(rfc3339, decimals) {
  EXPECT_EQ(rfc3339(0, rfc3339_decimals::needed), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(1'200'000'000, rfc3339_decimals::needed), "1970-01-01T00:00:01.2Z");
  EXPECT_EQ(rfc3339(-1, rfc3339_decimals::needed), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(rfc3339(1'999'999, rfc3339_decimals::three), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(rfc3339(0, rfc3339_decimals::three), "1970-01-01T00:00:00.000Z");
}

TEST(rfc3339, is_read_back) {
  for (const std::int64_t time :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'767'323'045'000'000'001}}) {
    EXPECT_EQ(parse_rfc3339(rfc3339(time)), time);
  }
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.2Z"), 1'200'000'000);
  EXPECT_EQ(parse_rfc3339("1970-01-01T01:30:00+01:30"), 0);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:00:00-01:00"), 0);
  EXPECT_EQ(parse_rfc3339("2024-02-29t00:00:00z"), 1'709'164'800'000'000'000);
  for (const char* wrong :
       {"", "2023-02-29T00:00:00Z", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
        "2026-01-02T24:00:00Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05Zx", "1500-01-01T00:00:00Z",
        "2300-01-01T00:00:00Z", "26-01-02T03:04:05Z"}) {
    EXPECT_EQ(parse_rfc3339(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace weir
