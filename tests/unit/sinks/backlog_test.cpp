// SPDX-License-Identifier: Apache-2.0
#include "sinks/backlog.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(backlog, adds_and_takes_whole_frames) {
  backlog pending;
  pending.add(log_position(3), 10, 100, 5);
  pending.add(log_position(7), 20, 200, 6);
  EXPECT_EQ(pending.points(), 30U);
  EXPECT_EQ(pending.bytes(), 300U);
  EXPECT_EQ(pending.first().number(), 3U);
  EXPECT_EQ(pending.oldest_ms(), 5);
  EXPECT_EQ(pending.take(log_position(3), 10, 100, true), 0U);
  EXPECT_EQ(pending.first().number(), 7U);
  EXPECT_EQ(pending.oldest_ms(), 6);
  EXPECT_EQ(pending.take(log_position(7), 20, 200, true), 0U);
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.points(), 0U);
  EXPECT_EQ(pending.bytes(), 0U);
}

TEST(backlog, takes_a_frame_in_parts) {
  backlog pending;
  pending.add(log_position(3), 10, 100, 0);
  EXPECT_EQ(pending.take(log_position(3), 4, 40, false), 0U);
  EXPECT_EQ(pending.points(), 6U);
  EXPECT_EQ(pending.first().number(), 3U);
  EXPECT_EQ(pending.take(log_position(3), 6, 60, true), 0U);
  EXPECT_TRUE(pending.empty());
}

TEST(backlog, frames_gone_before_the_next_one_are_lost) {
  backlog pending;
  pending.add(log_position(1), 5, 50, 0);
  pending.add(log_position(2), 6, 60, 0);
  pending.add(log_position(3), 7, 70, 0);
  EXPECT_EQ(pending.skip_to(log_position(3)), 11U);
  EXPECT_EQ(pending.take(log_position(3), 7, 70, true), 0U);
  EXPECT_TRUE(pending.empty());
}

TEST(backlog, stays_bounded_and_exact_with_many_frames) {
  backlog pending;
  const std::uint64_t frames = backlog::runs_max * 10;
  for (std::uint64_t i = 1; i <= frames; ++i) {
    pending.add(log_position(i), 2, 20, 0);
  }
  EXPECT_EQ(pending.points(), frames * 2);
  std::uint64_t lost = 0;
  // Every other frame is gone.
  for (std::uint64_t i = 2; i <= frames; i += 2) {
    lost += pending.take(log_position(i), 2, 20, true);
  }
  EXPECT_EQ(lost, frames);
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.points(), 0U);
}

TEST(backlog, frames_lost_at_the_end_of_a_merged_run_are_told_by_skip_to) {
  backlog pending;
  const std::uint64_t frames = backlog::runs_max + 10;
  for (std::uint64_t i = 1; i <= frames; ++i) {
    pending.add(log_position(i), 1, 1, 0);
  }
  for (std::uint64_t i = 1; i < frames - 3; ++i) {
    EXPECT_EQ(pending.take(log_position(i), 1, 1, true), 0U);
  }
  EXPECT_EQ(pending.skip_to(log_position(frames + 1)), 4U);
  EXPECT_TRUE(pending.empty());
}

}  // namespace
}  // namespace weir
