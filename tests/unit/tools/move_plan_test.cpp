// SPDX-License-Identifier: Apache-2.0
//
// What becomes of sinks' positions when frames move between a log and the partitions of a topic:
// what was delivered is not delivered again, and what was not is.
#include "tools/log/move/move_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/text/series_shard.hpp"
#include "tools/log/move/move_mark.hpp"

namespace weir {
namespace {

log_position at(std::uint64_t number) {
  return log_position(number);
}
const lane_key a{"a", ""};
const lane_key b{"b", ""};

move_part part(std::uint64_t position, const lane_key& lane, std::uint32_t points = 1,
               byte_range bytes = {0, 100}) {
  return {.position = at(position),
          .lane = lane,
          .kind = frame_kind::lines,
          .bytes = bytes,
          .points = points};
}

move_part ended(std::uint64_t position, const lane_key& lane) {
  move_part out = part(position, lane);
  out.kind = frame_kind::events;
  return out;
}

TEST(move_plan, lines_are_cut_by_series) {
  const std::string lines =
      "m,t=1 v=1 10\nm,t=2 s=\"x\ny z\" 30\nm,t=1 v=3 5\nn\\ n,t=3 v=4 40\nm,t=2 v=5 20\n";
  std::string again;
  std::uint32_t points = 0;
  std::set<std::uint32_t> seen;
  for (const cut_lines& each : cut_by_shard(lines, 4)) {
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
  EXPECT_EQ(points_of(lines), 5U);
  EXPECT_EQ(again.size(), lines.size());
  ASSERT_EQ(cut_by_shard(lines, 1).size(), 1U);
  EXPECT_EQ(cut_by_shard(lines, 1)[0].lines, lines);
  EXPECT_EQ(cut_by_shard(lines, 1)[0].time_least, 5);
  EXPECT_EQ(cut_by_shard(lines, 1)[0].time_greatest, 40);
}

TEST(move_plan, a_frame_is_cut_where_sinks_stand_in_it) {
  cursor_state one;
  one.discovered = at(9);
  one.lanes[a] = {.next = at(4), .skip_bytes = 30, .skip_points = 2};
  one.lanes[b] = {.next = at(5), .skip_bytes = 10, .skip_points = 1};
  cursor_state other = one;
  other.lanes[a].skip_bytes = 70;
  std::set<std::uint32_t> cuts;
  add_cuts(one, part(4, a), cuts);
  add_cuts(other, part(4, a), cuts);
  EXPECT_EQ(cuts, (std::set<std::uint32_t>{30, 70}));
  add_cuts(one, part(3, a), cuts);
  add_cuts(one, part(5, a), cuts);
  EXPECT_EQ(cuts.size(), 2U);
  EXPECT_EQ(ranges_between(cuts, 100), (std::vector<byte_range>{{0, 30}, {30, 70}, {70, 100}}));
  EXPECT_EQ(ranges_between({}, 100), (std::vector<byte_range>{{0, 100}}));
  EXPECT_EQ(ranges_between({0, 100, 120}, 100), (std::vector<byte_range>{{0, 100}}));

  EXPECT_FALSE(is_needed(one, part(4, a, 1, {0, 30})));
  EXPECT_TRUE(is_needed(one, part(4, a, 1, {30, 70})));
  EXPECT_FALSE(is_needed(other, part(4, a, 1, {30, 70})));
  EXPECT_EQ(delivered_of(one, part(4, a, 1, {30, 70})), 0U);
  EXPECT_EQ(delivered_of(one, part(4, a, 5, {0, 100})), 2U) << "it was not cut";
}

TEST(move_plan, what_is_needed_of_ended_series_is_what_was_not_told) {
  cursor_state one;
  one.low_water = at(4);
  one.discovered = at(9);
  EXPECT_FALSE(is_needed(one, ended(3, a)));
  EXPECT_TRUE(is_needed(one, ended(4, a)));
  frame_header header;
  header.kind = frame_kind::events;
  header.position = at(7);
  header.database = "a";
  header.inflated_bytes = 12;
  EXPECT_EQ(part_of(header).lane, a);
  EXPECT_EQ(part_of(header).bytes, (byte_range{0, 12}));
}

TEST(move_plan, a_cursor_of_a_partition) {
  cursor_state was;
  was.log_identity = 1;
  was.low_water = at(5);
  was.discovered = at(8);
  was.accepted = 100;
  was.delivered = 60;
  was.discarded[0] = 10;
  was.lanes[a] = {.next = at(4), .skip_bytes = 10, .skip_points = 2, .parked_end = at(5)};
  const std::vector<moved_part> moved{
      {part(4, a, 5, {10, 100}), at(12)},  // parked, in part
      {part(3, a, 3), at(13)},             // delivered
      {part(5, b, 7), at(14)},             // delivered: no lane pends
      {part(6, a, 11), at(15)},            // not
      {ended(7, b), at(16)},               // not told
      {part(9, b, 13), at(17)},            // not even seen
  };
  const moved_cursor one = cursor_of_moved(was, moved, at(18), 77, true);
  EXPECT_EQ(one.state.log_identity, 77U);
  EXPECT_EQ(one.state.discovered, at(17));
  EXPECT_EQ(one.state.low_water, at(12));
  ASSERT_EQ(one.state.lanes.size(), 1U);
  EXPECT_EQ(one.state.lanes.at(a), (lane_position{.next = at(12)})) << "nothing is parked there";
  EXPECT_EQ(one.state.delivered, 60U);
  EXPECT_EQ(one.state.accepted - one.state.delivered - one.state.discarded_total(), 16U);
  EXPECT_EQ(one.repeated_points, 0U);

  const moved_cursor none = cursor_of_moved(was, {}, at(1), 78, false);
  EXPECT_EQ(none.state.discovered, at(1));
  EXPECT_EQ(none.state.low_water, at(1));
  EXPECT_EQ(none.state.accepted, 0U);
  EXPECT_TRUE(none.state.lanes.empty());
}

TEST(move_plan, what_an_earlier_run_cut_elsewhere_is_repeated_and_counted) {
  cursor_state was;
  was.discovered = at(8);
  was.lanes[a] = {.next = at(4), .skip_bytes = 10, .skip_points = 2};
  const moved_cursor one = cursor_of_moved(was, {{part(4, a, 5), at(1)}}, at(2), 77, true);
  EXPECT_EQ(one.repeated_points, 2U);
  EXPECT_EQ(one.state.accepted, 5U);
}

// ---- from partitions to a log

struct placed_part {
  std::uint32_t partition = 0;
  move_part part;
};

/// Of each sink, its cursors by partition.
using standing = std::vector<std::vector<cursor_state>>;

struct gathered {
  std::vector<placed_part> ordered;
  std::vector<moved_cursor> cursors;
};

/// As `weir log move` does it: what fewer sinks need is first.
gathered gather(const standing& sinks, const std::vector<placed_part>& parts) {
  gathered out;
  gathered_cursors cursors(sinks.size(), at(1));
  for (std::size_t needs = 1; needs <= sinks.size(); ++needs) {
    for (const placed_part& each : parts) {
      std::vector<bool> needed_by;
      std::vector<std::uint64_t> delivered;
      for (const auto& of : sinks) {
        needed_by.push_back(is_needed(of[each.partition], each.part));
        delivered.push_back(needed_by.back() ? delivered_of(of[each.partition], each.part) : 0);
      }
      if (static_cast<std::size_t>(std::count(needed_by.begin(), needed_by.end(), true)) == needs) {
        cursors.add(each.part, needed_by, delivered);
        out.ordered.push_back(each);
      }
    }
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    out.cursors.push_back(cursors.cursor_of(i, 9));
  }
  return out;
}

TEST(move_plan, what_one_sink_needs_of_partitions) {
  cursor_state first;
  first.low_water = at(2);
  first.discovered = at(4);
  first.lanes[b] = {.next = at(2)};
  cursor_state second;
  second.low_water = second.discovered = at(1);
  const gathered all = gather({{first, second}}, {{0, part(1, b)},
                                                  {0, part(2, b)},
                                                  {0, part(3, a)},
                                                  {1, part(1, a)},
                                                  {0, part(4, a)},
                                                  {1, part(2, b)}});
  const moved_cursor& cursor = all.cursors[0];
  EXPECT_EQ(cursor.repeated_points, 0U);
  EXPECT_EQ(cursor.state.accepted, 4U);
  EXPECT_EQ(cursor.state.low_water, at(1));
  EXPECT_EQ(cursor.state.discovered, at(5));
  EXPECT_EQ(cursor.state.log_identity, 9U);
  EXPECT_EQ(cursor.state.lanes.at(b).next, at(1));
  EXPECT_EQ(cursor.state.lanes.at(a).next, at(2));
}

TEST(move_plan, a_sink_that_needs_nothing_begins_at_the_end) {
  cursor_state done;
  done.low_water = done.discovered = at(3);
  cursor_state behind;
  behind.low_water = behind.discovered = at(1);
  const gathered all = gather({{done}, {behind}}, {{0, part(1, a)}, {0, part(2, a)}});
  EXPECT_EQ(all.cursors[0].state.low_water, at(3));
  EXPECT_TRUE(all.cursors[0].state.lanes.empty());
  EXPECT_EQ(all.cursors[1].state.low_water, at(1));
  EXPECT_EQ(gather({{done}}, {}).cursors[0].state.low_water, at(1));
}

TEST(move_plan, a_sink_that_is_ahead_of_another_repeats_nothing) {
  cursor_state ahead;
  ahead.low_water = ahead.discovered = at(3);
  cursor_state behind;
  behind.low_water = behind.discovered = at(1);
  const gathered all = gather({{ahead, ahead}, {behind, behind}}, {{1, part(1, a)},
                                                                   {0, part(1, a)},
                                                                   {0, part(2, a)},
                                                                   {0, part(3, a)},
                                                                   {1, part(2, a)},
                                                                   {1, part(3, a)}});
  ASSERT_EQ(all.ordered.size(), 6U);
  EXPECT_EQ(all.cursors[0].repeated_points, 0U);
  EXPECT_EQ(all.cursors[0].state.accepted, 2U);
  EXPECT_EQ(all.cursors[0].state.lanes.at(a).next, at(5));
  EXPECT_EQ(all.cursors[1].state.accepted, 6U);
}

TEST(move_plan, sinks_that_cross_repeat_what_is_counted) {
  cursor_state done;
  done.low_water = done.discovered = at(2);
  cursor_state not_done;
  not_done.low_water = not_done.discovered = at(1);
  const gathered all =
      gather({{done, not_done}, {not_done, done}}, {{0, part(1, a, 3)}, {1, part(1, a, 5)}});
  ASSERT_EQ(all.ordered.size(), 2U);
  EXPECT_EQ(all.cursors[0].repeated_points, 0U);
  EXPECT_EQ(all.cursors[0].state.accepted, 5U);
  EXPECT_EQ(all.cursors[1].repeated_points, 5U);
  EXPECT_EQ(all.cursors[1].state.accepted, 8U);
}

/// Whatever the sinks have done: each gets all that it needs, each partition's lanes in their
/// order, and again only what is counted.
TEST(move_plan, nothing_is_lost_or_reordered_whatever_was_delivered) {
  std::mt19937 random(7);
  const auto draw = [&](std::uint64_t most) { return random() % (most + 1); };
  for (int round = 0; round < 500; ++round) {
    std::vector<placed_part> parts;
    std::vector<std::uint64_t> last(3);
    for (std::uint64_t i = 0; i < 30; ++i) {
      const auto partition = static_cast<std::uint32_t>(draw(2));
      parts.push_back({partition, part(++last[partition], draw(1) == 0 ? a : b)});
    }
    standing sinks(1 + draw(2), std::vector<cursor_state>(3));
    for (auto& sink : sinks) {
      for (std::size_t partition = 0; partition < 3; ++partition) {
        cursor_state& cursor = sink[partition];
        cursor.low_water = cursor.discovered = at(1 + draw(last[partition]));
        for (const lane_key& lane : {a, b}) {
          if (const std::uint64_t next = 1 + draw(last[partition]);
              next < cursor.discovered.number()) {
            cursor.lanes[lane] = {.next = at(next)};
            cursor.low_water = std::min(cursor.low_water, at(next));
          }
        }
      }
    }
    const gathered all = gather(sinks, parts);
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      const cursor_state& now = all.cursors[i].state;
      std::uint64_t needed = 0;
      std::uint64_t got = 0;
      std::map<std::pair<std::uint32_t, lane_key>, std::uint64_t> before;
      for (std::size_t j = 0; j < all.ordered.size(); ++j) {
        const placed_part& each = all.ordered[j];
        move_part moved = each.part;
        moved.position = at(j + 1);
        const bool gets = is_needed(now, moved);
        needed += is_needed(sinks[i][each.partition], each.part) ? 1 : 0;
        got += gets ? 1 : 0;
        ASSERT_TRUE(gets || !is_needed(sinks[i][each.partition], each.part)) << "round " << round;
        std::uint64_t& earlier = before[{each.partition, each.part.lane}];
        ASSERT_LT(earlier, each.part.position.number()) << "round " << round;
        earlier = each.part.position.number();
      }
      EXPECT_EQ(got, needed + all.cursors[i].repeated_points) << "round " << round;
      EXPECT_EQ(now.accepted, got) << "round " << round;
    }
  }
}

// ---- marks

TEST(move_mark, is_read_as_it_was_written_and_nothing_else_is) {
  move_mark mark{
      .identity = 77, .topic = "weir", .cluster = "c-1", .offsets = {0, 5, 1'000'000'000'000}};
  EXPECT_EQ(move_mark_of(to_text(mark)), mark);
  mark.whole = true;
  mark.cluster.clear();
  EXPECT_EQ(move_mark_of(to_text(mark)), mark);
  const std::string text = to_text(mark);
  for (std::size_t bytes = 0; bytes + 2 < text.size(); ++bytes) {
    EXPECT_FALSE(move_mark_of(text.substr(0, bytes))) << bytes;
  }
  EXPECT_FALSE(move_mark_of("weir-move 2" + text.substr(11)));
  move_mark other = mark;
  other.offsets = {7, 8, 9};
  other.whole = false;
  EXPECT_TRUE(is_same_move(mark, other)) << "it goes on";
  other.topic = "another";
  EXPECT_FALSE(is_same_move(mark, other));
}

TEST(moved_origin, is_read_as_it_was_written_and_nothing_else_is) {
  const moved_origin origin{
      .identity = 0xDEADBEEF, .position = at(12'345'678'901), .bytes = {0, 4'294'967'295}};
  EXPECT_EQ(to_text(origin), "deadbeef-12345678901-0-4294967295");
  EXPECT_EQ(moved_origin_of(to_text(origin)), origin);
  for (const char* text : {"", "-", "1-2-3", "1-2-3-", "1-2-3-4-", "1-2-3-4 ", "x-2-3-4",
                           "100000000-2-3-4", "1-2-3-4294967296", "1--3-4"}) {
    EXPECT_FALSE(moved_origin_of(text)) << text;
  }
}

}  // namespace
}  // namespace weir
