// SPDX-License-Identifier: Apache-2.0
//
// From staged lines to frames: whose lines are in one, when it is closed, and what the cutter keeps
// for the next turn.
#include "ingest/frames/frame_cutter.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/text/series_shard.hpp"

namespace weir {
namespace {

using frames = frame_cutter::frames;

class staging {
 public:
  explicit staging(std::uint32_t shards) { staged.spread_over(shards); }

  void add(const std::string& series, std::int64_t time, std::string_view fields = "f=1") {
    const std::string line = series + " " + std::string(fields) + " " + std::to_string(time) + "\n";
    staged.buffer().append(line);
    staged.line_done(staged.text().size(), time, series.size());
  }

  staged_lines staged;
};

std::string inflated(const frame& each) {
  std::string lines;
  EXPECT_TRUE(inflate_frame(each, lines));
  return lines;
}

/// Adds all runs.
void add(frame_cutter& cutter, const std::string& database, const staging& from, frames& to) {
  cutter.add({database, "", 1}, from.staged, from.staged.runs().size(), 5, to);
}

TEST(frame_cutter, without_shards_a_database_has_one_frame) {
  frame_cutter cutter(1);
  staging first(1);
  first.add("b", 9);
  first.add("a", 3);
  staging second(1);
  second.add("c", 5);
  frames made;
  add(cutter, "db", first, made);
  add(cutter, "db", second, made);
  add(cutter, "other", second, made);
  EXPECT_TRUE(made.empty());
  cutter.seal(7, made);
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(inflated(*made[0]), "b f=1 9\na f=1 3\nc f=1 5\n");
  EXPECT_EQ(made[0]->header.points, 3U);
  EXPECT_EQ(made[0]->header.shard, 0U);
  EXPECT_EQ(made[0]->header.received_ns, 7);
  EXPECT_EQ(made[0]->header.time_least, 3);
  EXPECT_EQ(made[0]->header.time_greatest, 9);
  EXPECT_EQ(made[1]->header.database, "other");
  made.clear();
  cutter.seal(8, made);
  EXPECT_TRUE(made.empty());
}

TEST(frame_cutter, each_frame_has_lines_of_its_database_and_shard_in_their_order) {
  constexpr std::uint32_t shards = 12;
  frame_cutter cutter(shards);
  std::map<std::pair<std::string, std::uint32_t>, std::string> expected;
  frames made;
  std::mt19937 random(7);
  for (int request = 0; request < 20; ++request) {
    staging lines(shards);
    const std::string database = request % 3 == 0 ? "a" : "b";
    for (int i = 0; i < 50; ++i) {
      const std::string series = "m,t=" + std::to_string(random() % 40);
      const auto time = static_cast<std::int64_t>(random() % 1'000);
      lines.add(series, time);
      expected[{database, shard_of_series(series, shards)}] +=
          series + " f=1 " + std::to_string(time) + "\n";
    }
    add(cutter, database, lines, made);
  }
  cutter.seal(7, made);
  EXPECT_EQ(made.size(), expected.size());
  for (const auto& each : made) {
    const std::string lines = inflated(*each);
    EXPECT_EQ(lines, (expected[{each->header.database, each->header.shard}]));
    std::int64_t least = 1'000;
    std::int64_t greatest = 0;
    std::uint32_t points = 0;
    for (std::size_t at = 0; at < lines.size(); ++points) {
      const std::size_t end = lines.find('\n', at);
      const std::int64_t time = std::stoll(lines.substr(lines.rfind(' ', end) + 1));
      least = std::min(least, time);
      greatest = std::max(greatest, time);
      at = end + 1;
    }
    EXPECT_EQ(each->header.points, points);
    EXPECT_EQ(each->header.time_least, least);
    EXPECT_EQ(each->header.time_greatest, greatest);
  }
}

TEST(frame_cutter, a_frame_is_closed_when_its_shard_is_full) {
  constexpr std::uint32_t shards = 2;
  frame_cutter cutter(shards);
  staging lines(shards);
  const std::string text = "s=\"" + std::string(10'000, 'x') + "\"";
  std::map<std::uint32_t, std::uint64_t> bytes;
  for (int i = 0; i < 200; ++i) {
    lines.add("m,t=" + std::to_string(i), i, text);
  }
  lines.add("m,t=long", 1'000, "s=\"" + std::string(frame_inflated_bytes_max, 'y') + "\"");
  lines.add("m,t=long", 1'001);
  frames made;
  add(cutter, "db", lines, made);
  EXPECT_GE(made.size(), 4U);
  cutter.seal(7, made);
  std::uint64_t all = 0;
  std::string of_long;
  for (const auto& each : made) {
    all += each->header.inflated_bytes;
    if (each->header.points > 1) {
      EXPECT_LE(each->header.inflated_bytes, frame_inflated_bytes_max);
    }
    const std::string inside = inflated(*each);
    if (inside.find("t=long ") != std::string::npos) {
      of_long += inside.substr(inside.find("m,t=long "));
    }
  }
  EXPECT_EQ(all, lines.staged.text().size());
  EXPECT_TRUE(of_long.starts_with("m,t=long s=\"yyy"));
  EXPECT_TRUE(of_long.ends_with("m,t=long f=1 1001\n"));
}

TEST(frame_cutter, runs_behind_those_asked_for_stay_out) {
  constexpr std::uint32_t shards = 3;
  frame_cutter cutter(shards);
  staging lines(shards);
  const std::string text = "s=\"" + std::string(100'000, 'x') + "\"";
  for (int i = 0; i < 50; ++i) {
    lines.add("m,t=" + std::to_string(i), i, text);
  }
  ASSERT_GE(lines.staged.runs().size(), 2U);
  frames made;
  cutter.add({"db", "", 1}, lines.staged, 1, 5, made);
  cutter.seal(5, made);
  std::uint32_t points = 0;
  for (const auto& each : made) {
    points += each->header.points;
  }
  EXPECT_EQ(points, lines.staged.runs()[0].points);
}

// What it keeps between turns does not grow with databases, shards and the size of frames.
TEST(frame_cutter, keeps_little_for_the_next_turn) {
  constexpr std::uint32_t shards = 64;
  constexpr std::size_t kept_most = std::size_t{16} << 20;
  frame_cutter cutter(shards);
  frames made;
  for (int database = 0; database < 300; ++database) {
    staging lines(shards);
    for (int i = 0; i < 200; ++i) {
      lines.add("m,t=" + std::to_string(i), i);
    }
    add(cutter, std::to_string(database), lines, made);
  }
  cutter.seal(5, made);
  EXPECT_GT(made.size(), 300U * 50);
  EXPECT_LE(cutter.idle_bytes(), std::size_t{256} * 4096);
  EXPECT_GT(cutter.idle_bytes(), 0U) << "the next turn has buffers";
  made.clear();

  const std::string text = "s=\"" + std::string(400'000, 'x') + "\"";
  for (int i = 0; i < 200; ++i) {
    staging lines(shards);
    lines.add("m,t=" + std::to_string(i), i, text);
    add(cutter, "db", lines, made);
  }
  cutter.seal(5, made);
  EXPECT_LE(cutter.idle_bytes(), kept_most);
  EXPECT_GT(cutter.idle_bytes(), kept_most / 4);
  made.clear();
  cutter.seal(5, made);
  EXPECT_TRUE(made.empty());
}

}  // namespace
}  // namespace weir
