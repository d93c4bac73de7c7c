// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/cursor.hpp"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstdio>

#include "sinks/state/cursor_area.hpp"

namespace weir {
namespace {

constexpr std::uint64_t area_bytes = 4096;

cursor_state example() {
  cursor_state state;
  state.log_identity = 0xFEDCBA98U;
  state.low_water = log_position(17);
  state.discovered = log_position(42);
  state.accepted = 1000;
  state.delivered = 700;
  state.discarded = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  state.lanes[{"flink", ""}] = {log_position(17), 0, 0, {}};
  state.lanes[{"my db/\n\xc3\xa9", "one hour"}] = {log_position(20), 4096, 33, log_position(19)};
  return state;
}

/// A file of two areas, written to like cursor_file does.
struct written_file {
  std::string bytes = std::string(2 * area_bytes, '\0');
  cursor_place at{0, 0, area_bytes};
  int area = 1;
  std::uint64_t end = 0;

  void put(const std::string& record) {
    const auto begin = static_cast<std::size_t>(area) * area_bytes + end;
    bytes.replace(begin, record.size(), record);
    end += record.size();
    bytes.replace(begin + record.size(), cursor_end_mark_bytes,
                  std::string(cursor_end_mark_bytes, '\0'));
  }
  void snapshot(const cursor_state& state) {
    at = {at.generation + 1, 0, area_bytes};
    area = 1 - area;
    end = 0;
    put(encode_cursor_snapshot(state, at));
  }
  void change(const cursor_state& state, const std::set<lane_key>& changed) {
    ++at.ordinal;
    put(encode_cursor_change(state, changed, at));
  }
};

/// The text that earlier weirs wrote.
std::string earlier_text(const std::string& body) {
  char checksum[32];
  std::snprintf(checksum, sizeof checksum, "checksum %016llx\n",
                static_cast<unsigned long long>(XXH64(body.data(), body.size(), 0)));
  return body + checksum;
}

const std::string earlier_body =
    "weir-cursor 1\nlow_water 5\ndiscovered 9\naccepted 30\ndelivered 20\n"
    "discarded refused 1\ndiscarded partial 0\ndiscarded too_large 0\ndiscarded damaged 0\n"
    "discarded lost 2\ndiscarded out_of_order 0\ndiscarded duplicate 0\ndiscarded too_old 0\n"
    "discarded future 0\ndiscarded string 1\nlane 5 0 0 db=flink rp=one%20hour\n";

TEST(cursor, a_snapshot_is_read_as_it_was_written) {
  for (const cursor_state& state : {example(), cursor_state{}}) {
    written_file file;
    file.snapshot(state);
    const cursor_content read = read_cursor_content(file.bytes);
    EXPECT_EQ(read.state, state);
    EXPECT_EQ(read.generation, 1U);
    EXPECT_EQ(read.area_bytes, area_bytes);
    EXPECT_FALSE(read.damaged);
  }
}

TEST(cursor, changes_follow_a_snapshot) {
  written_file file;
  cursor_state state = example();
  file.snapshot(state);
  state.delivered += 5;
  state.lanes.erase({"flink", ""});
  state.lanes[{"new", "x"}] = {log_position(41), 1, 2, {}};
  file.change(state, {{"flink", ""}, {"new", "x"}});
  EXPECT_EQ(read_cursor_content(file.bytes).state, state);
  state.lanes[{"new", "x"}].next = log_position(42);
  state.discarded[4] += 2;
  file.change(state, {{"new", "x"}});
  const cursor_content read = read_cursor_content(file.bytes);
  EXPECT_EQ(read.state, state);
  EXPECT_FALSE(read.damaged);
}

TEST(cursor, the_newer_of_two_areas_counts) {
  written_file file;
  cursor_state state = example();
  file.snapshot(state);
  file.change(state, {});
  file.change(state, {});
  state.delivered += 1;
  file.snapshot(state);
  EXPECT_EQ(read_cursor_content(file.bytes).state, state);
  // The first area again, over records of its first generation, which do not count any more.
  state.delivered += 1;
  file.snapshot(state);
  const cursor_content read = read_cursor_content(file.bytes);
  EXPECT_EQ(read.state, state);
  EXPECT_EQ(read.generation, 3U);
  EXPECT_FALSE(read.damaged);
}

/// Every byte of the file is flipped, and the file is cut at every byte of what was written last:
/// what is read then was kept at one time, never a mixture, and that it is not the newest is said.
TEST(cursor, damage_costs_the_newest_states_and_is_told) {
  written_file file;
  std::vector<cursor_state> kept(1, example());
  file.snapshot(kept.back());
  for (int i = 0; i < 3; ++i) {
    kept.push_back(kept.back());
    kept.back().delivered += 1;
    kept.back().lanes[{"flink", ""}].next = log_position(20 + static_cast<unsigned>(i));
    file.change(kept.back(), {{"flink", ""}});
  }
  kept.push_back(kept.back());
  kept.back().low_water = log_position(20);
  file.snapshot(kept.back());
  const std::uint64_t snapshot_end = file.end;
  kept.push_back(kept.back());
  kept.back().lanes.clear();
  file.change(kept.back(), {{"flink", ""}, {"my db/\n\xc3\xa9", "one hour"}});
  ASSERT_EQ(read_cursor_content(file.bytes).state, kept.back());

  const auto check = [&](const std::string& damaged, std::size_t where, bool clean) {
    const cursor_content read = read_cursor_content(damaged);
    ASSERT_TRUE(read.state.has_value()) << where;
    EXPECT_NE(std::find(kept.begin(), kept.end(), *read.state), kept.end()) << where;
    EXPECT_TRUE(read.damaged || clean || *read.state == kept.back()) << where;
  };
  for (std::size_t i = 0; i < file.bytes.size(); ++i) {
    std::string damaged = file.bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    check(damaged, i, false);
  }
  for (std::size_t cut = area_bytes; cut < area_bytes + file.end; ++cut) {
    // Where a record ends, nothing says that another one followed.
    const bool clean = cut == area_bytes || cut == area_bytes + snapshot_end;
    check(file.bytes.substr(0, cut) + std::string(file.bytes.size() - cut, '\0'), cut, clean);
  }
}

TEST(cursor, two_unreadable_areas_are_no_state) {
  written_file file;
  file.snapshot(example());
  file.snapshot(example());
  file.bytes[20] = 'x';
  file.bytes[area_bytes + 20] = 'x';
  EXPECT_FALSE(read_cursor_content(file.bytes).state.has_value());
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{8192}}) {
    EXPECT_FALSE(read_cursor_content(std::string(bytes, '\0')).state.has_value());
  }
}

TEST(cursor, sums_that_cannot_be_are_refused) {
  cursor_state state = example();
  state.delivered = 2000;
  written_file file;
  file.snapshot(state);
  EXPECT_FALSE(read_cursor_content(file.bytes).state.has_value());
  state = example();
  state.low_water = log_position(43);
  written_file other;
  other.snapshot(state);
  EXPECT_FALSE(read_cursor_content(other.bytes).state.has_value());
}

TEST(cursor, of_another_log_says_nothing_of_this_one) {
  cursor_state kept = example();
  const started_cursor same = start_on_log(kept, kept.log_identity, log_position(3));
  EXPECT_FALSE(same.of_another_log);
  EXPECT_EQ(same.state, kept);
  const started_cursor other = start_on_log(kept, 7, log_position(3));
  EXPECT_TRUE(other.of_another_log);
  EXPECT_EQ(other.owed, 1000U - 700 - 55);
  EXPECT_EQ(other.state.low_water, log_position(3));
  EXPECT_EQ(other.state.discovered, log_position(3));
  EXPECT_TRUE(other.state.lanes.empty());
  EXPECT_EQ(other.state.discarded_total(), 300U);
  EXPECT_EQ(other.state.log_identity, 7U);
  // One of an earlier weir is taken for this log's.
  kept.log_identity = 0;
  const started_cursor earlier = start_on_log(kept, 7, log_position(3));
  EXPECT_FALSE(earlier.of_another_log);
  EXPECT_EQ(earlier.state.log_identity, 7U);
  EXPECT_EQ(earlier.state.lanes, kept.lanes);
}

TEST(cursor_text, is_read_as_earlier_weirs_wrote_it) {
  const auto read = decode_cursor_text(earlier_text(earlier_body));
  ASSERT_TRUE(read.ok()) << read.error().message;
  cursor_state expected;
  expected.low_water = log_position(5);
  expected.discovered = log_position(9);
  expected.accepted = 30;
  expected.delivered = 20;
  expected.discarded = {1, 0, 0, 0, 2, 0, 0, 0, 0, 1};
  expected.lanes[{"flink", "one hour"}] = {log_position(5), 0, 0, {}};
  EXPECT_EQ(read.value(), expected);
}

TEST(cursor_text, reasons_that_came_later_may_be_missing) {
  const auto read = decode_cursor_text(earlier_text(
      "weir-cursor 1\nlow_water 5\ndiscovered 9\naccepted 30\ndelivered 20\n"
      "discarded refused 1\ndiscarded partial 0\ndiscarded too_large 0\ndiscarded damaged 0\n"
      "discarded lost 2\nlane 5 0 0 db=d rp=\n"));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().discarded_total(), 3U);
  EXPECT_EQ(read.value().lanes.size(), 1U);
}

TEST(cursor_text, any_flipped_byte_and_any_cut_is_noticed) {
  const std::string text = earlier_text(earlier_body);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(decode_cursor_text(damaged).ok()) << i;
    EXPECT_FALSE(decode_cursor_text(text.substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(decode_cursor_text(text + "\n").ok());
}

}  // namespace
}  // namespace weir
