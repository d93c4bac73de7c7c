// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/backlog.hpp"

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

TEST(backlog, gives_up_whole_entries_and_a_part_of_a_merged_one) {
  backlog pending;
  const std::uint64_t frames = backlog::runs_max + 100;
  for (std::uint64_t i = 1; i <= frames; ++i) {
    pending.add(log_position(i), 3, 30, 0);
  }
  EXPECT_EQ(pending.give_up(log_position(11), 30, 300), 30U);
  EXPECT_EQ(pending.first().number(), 11U);
  const std::uint64_t most = backlog::runs_max + 40;
  EXPECT_EQ(pending.give_up(log_position(most), (most - 11) * 3, (most - 11) * 30),
            (most - 11) * 3);
  EXPECT_EQ(pending.first().number(), most);
  EXPECT_EQ(pending.points(), (frames - most + 1) * 3);
  EXPECT_EQ(pending.bytes(), (frames - most + 1) * 30);
  for (std::uint64_t i = most; i <= frames; ++i) {
    EXPECT_EQ(pending.take(log_position(i), 3, 30, true), 0U);
  }
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.points(), 0U);
}

TEST(backlog, what_is_given_up_and_was_not_counted_by_the_place_is_given_up_too) {
  backlog pending;
  pending.add(log_position(1), 5, 50, 0);
  pending.add(log_position(2), 6, 60, 0);
  pending.add(log_position(3), 7, 70, 0);
  // The place found a damaged record, and knows of one frame.
  EXPECT_EQ(pending.give_up(log_position(3), 6, 60), 11U);
  EXPECT_EQ(pending.points(), 7U);
}

TEST(backlog, what_was_passed_over_as_damaged_is_not_given_up_as_well) {
  backlog pending;
  pending.add(log_position(1), 5, 50, 0);
  pending.add(log_position(4), 6, 60, 0);
  EXPECT_EQ(pending.skip_to(log_position(4)), 5U);
  // The place still counts what it cannot read of the first frame.
  EXPECT_EQ(pending.give_up(log_position(2), 5, 50), 0U);
  EXPECT_EQ(pending.points(), 6U);
  EXPECT_EQ(pending.take(log_position(4), 6, 60, true), 0U);
  EXPECT_TRUE(pending.empty());
}

TEST(lane_backlog, moves_its_oldest_frames_and_takes_from_both) {
  lane_backlog pending;
  pending.add(log_position(2), 5, 50, 10, 1000);
  pending.add(log_position(4), 6, 60, 20, 2000);
  pending.add(log_position(7), 7, 70, 30, 3000);
  EXPECT_EQ(pending.park(log_position(2), 5, 50), 0U);
  EXPECT_EQ(pending.park(log_position(4), 6, 60), 0U);
  EXPECT_EQ(pending.parked().points(), 11U);
  EXPECT_EQ(pending.logged().points(), 7U);
  EXPECT_EQ(pending.points(), 18U);
  EXPECT_EQ(pending.oldest_ms(), 10);
  EXPECT_EQ(pending.logged().first().number(), 7U);
  EXPECT_EQ(pending.take(log_position(2), 5, 50, true), 0U);
  EXPECT_EQ(pending.oldest_received_ns(), 2000);
  // The frame in the middle is not found any more.
  EXPECT_EQ(pending.take(log_position(7), 7, 70, true), 6U);
  EXPECT_TRUE(pending.empty());
}

TEST(lane_backlog, parks_a_frame_of_which_a_part_is_done_and_drops_all) {
  lane_backlog pending;
  pending.add(log_position(2), 5, 50, 10);
  pending.add(log_position(3), 6, 60, 10);
  pending.add(log_position(4), 7, 70, 10);
  EXPECT_EQ(pending.take(log_position(2), 2, 20, false), 0U);
  EXPECT_EQ(pending.park(log_position(2), 3, 30), 0U);
  // That of position 3 is lost.
  EXPECT_EQ(pending.park(log_position(4), 7, 70), 6U);
  EXPECT_EQ(pending.parked().points(), 10U);
  EXPECT_EQ(pending.drop_parked(), 10U);
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.drop_parked(), 0U);
}

}  // namespace
}  // namespace weir
