// SPDX-License-Identifier: Apache-2.0
//
// What was delivered since this process began, although the sinks' own counts are older.
#include "server/page/delivered_counts.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::vector<sink_standing> delivered(std::uint64_t points, const std::string& name = "influx") {
  return {{.name = name, .delivered_here = points}};
}

TEST(delivered_counts, begin_with_the_process) {
  delivered_counts counts;
  counts.note(delivered(1'000));
  EXPECT_EQ(counts.total(), 0U);
  counts.note(delivered(1'010));
  counts.note(delivered(1'010));
  EXPECT_EQ(counts.total(), 10U);
}

TEST(delivered_counts, of_a_sink_that_was_made_anew) {
  delivered_counts counts;
  counts.note(delivered(1'000));
  counts.note(delivered(5));
  EXPECT_EQ(counts.total(), 0U) << "no count goes back";
  counts.note(delivered(9));
  EXPECT_EQ(counts.total(), 4U);
}

TEST(delivered_counts, per_second) {
  delivered_counts counts;
  EXPECT_EQ(counts.per_second("influx"), std::nullopt);
  counts.sample(delivered(100), {0});
  EXPECT_EQ(counts.per_second("influx"), std::nullopt);
  counts.sample(delivered(130), {second_ns});
  EXPECT_DOUBLE_EQ(counts.per_second("influx").value(), 30);
  for (std::int64_t second = 2; second < 20; ++second) {
    counts.sample(delivered(130), {second * second_ns});
  }
  EXPECT_DOUBLE_EQ(counts.per_second("influx").value(), 0) << "of the last seconds";
  counts.sample(delivered(7, "other"), {20 * second_ns});
  EXPECT_EQ(counts.per_second("influx"), std::nullopt) << "it is gone";
}

TEST(delivered_counts, per_second_where_samples_were_seldom) {
  delivered_counts counts;
  for (std::int64_t second = 0; second <= 20; second += 4) {
    counts.sample(delivered(100), {second * second_ns});
  }
  counts.sample(delivered(500), {24 * second_ns});
  EXPECT_DOUBLE_EQ(counts.per_second("influx").value(), 100) << "since the one before";
  counts.sample(delivered(700), {25 * second_ns});
  EXPECT_DOUBLE_EQ(counts.per_second("influx").value(), 120) << "since five seconds before";
  for (std::int64_t second = 26; second <= 29; ++second) {
    counts.sample(delivered(700), {second * second_ns});
  }
  EXPECT_DOUBLE_EQ(counts.per_second("influx").value(), 40);
  counts.sample(delivered(700), {30 * second_ns});
  EXPECT_DOUBLE_EQ(counts.per_second("influx").value(), 0);
}

}  // namespace
}  // namespace weir
