// SPDX-License-Identifier: Apache-2.0
//
// What becomes of sinks' positions when frames move between a log and the partitions of a topic:
// what was delivered is not delivered again, and what was not is.
#include "tools/log/move/move_plan.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/text/series_shard.hpp"

namespace weir {
namespace {

log_position at(std::uint64_t number) {
  return log_position(number);
}
const lane_key a{"a", ""};
const lane_key b{"b", ""};

TEST(move_plan, lines_are_cut_by_series) {
  const std::string lines =
      "m,t=1 v=1 10\nm,t=2 s=\"x\ny z\" 30\nm,t=1 v=3 5\nn\\ n,t=3 v=4 40\nm,t=2 v=5 20\n";
  std::string again;
  std::uint32_t points = 0;
  std::set<std::uint32_t> seen;
  for (const shard_lines& each : cut_by_shard(lines, 4)) {
    EXPECT_TRUE(seen.insert(each.shard).second);
    points += each.points;
    again += each.lines;
    if (each.shard == shard_of_series("m,t=1", 4)) {
      EXPECT_NE(each.lines.find("m,t=1 v=1 10\n"), std::string::npos);
      EXPECT_LT(each.lines.find("m,t=1 v=1 10\n"), each.lines.find("m,t=1 v=3 5\n"));
      EXPECT_LE(each.time_least, 5);
      EXPECT_GE(each.time_greatest, 10);
    }
  }
  EXPECT_EQ(points, 5U);
  EXPECT_EQ(again.size(), lines.size());
  ASSERT_EQ(cut_by_shard(lines, 1).size(), 1U);
  EXPECT_EQ(cut_by_shard(lines, 1)[0].lines, lines);
  EXPECT_EQ(cut_by_shard(lines, 1)[0].time_least, 5);
  EXPECT_EQ(cut_by_shard(lines, 1)[0].time_greatest, 40);
}

TEST(move_plan, a_sink_goes_on_at_the_first_frame_that_it_needs) {
  cursor_state was;
  was.low_water = at(4);
  was.discovered = at(8);
  was.lanes[a] = {.next = at(4), .skip_bytes = 10, .skip_points = 2};
  const moved_frames moved{
      {.from = at(3), .to = at(11), .lane = a, .points = 3},   // delivered
      {.from = at(4), .to = at(12), .lane = a, .points = 5},   // in part
      {.from = at(5), .to = at(13), .lane = b, .points = 7},   // delivered: no lane pends
      {.from = at(6), .to = at(14), .lane = a, .points = 11},  // not
      {.from = at(9), .to = at(15), .lane = b, .points = 13},  // not even seen
  };
  EXPECT_FALSE(is_needed(was, at(3), a));
  EXPECT_TRUE(is_needed(was, at(4), a));
  EXPECT_FALSE(is_needed(was, at(5), b));
  EXPECT_TRUE(is_needed(was, at(8), b));
  const moved_start one = start_of_moved(was, moved, at(16));
  EXPECT_EQ(one.at, at(12));
  EXPECT_EQ(one.repeated_points, 9U) << "two of the first frame, and those of b behind it";
  EXPECT_EQ(start_of_moved(was, {moved[0], moved[2]}, at(16)).at, at(16)) << "nothing is needed";
  EXPECT_EQ(start_of_moved(was, {moved[0], moved[2]}, at(16)).repeated_points, 0U);
  EXPECT_EQ(start_of_moved(was, {}, at(1)).at, at(1));
}

TEST(move_plan, what_is_no_line_is_no_lanes) {
  frame_header header;
  header.database = "d";
  EXPECT_EQ(lane_of(header), (lane_key{"d", ""}));
  header.kind = frame_kind::events;
  EXPECT_EQ(lane_of(header), lane_key{});
}

}  // namespace
}  // namespace weir
