// SPDX-License-Identifier: Apache-2.0
//
// Which lines a sink takes, in the filter alone, in batches, and in a sink that counts them.
#include "sinks/filters/line_filter.hpp"

#include <gtest/gtest.h>

#include "sinks/batcher.hpp"
#include "sinks/state/start_position.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

const std::string mixed = "cpu,host=a v=1i 1\ndisk v=2i 2\ncpu v=3i 3\nnet v=4i 4\n";
constexpr std::uint64_t no_limit = UINT64_MAX / 4;

std::string taken(std::vector<std::string> patterns, const std::string& lines) {
  std::string out;
  const std::uint32_t count = line_filter(std::move(patterns)).append_taken(lines, {}, out);
  EXPECT_EQ(count, static_cast<std::uint32_t>(std::count(out.begin(), out.end(), '\n'))) << out;
  return out;
}

TEST(line_filter, takes_what_is_named_and_not_excluded) {
  EXPECT_EQ(taken({"cpu"}, mixed), "cpu,host=a v=1i 1\ncpu v=3i 3\n");
  EXPECT_EQ(taken({"!cpu"}, mixed), "disk v=2i 2\nnet v=4i 4\n");
  EXPECT_EQ(taken({"*", "!d*", "!net"}, mixed), "cpu,host=a v=1i 1\ncpu v=3i 3\n");
  EXPECT_EQ(taken({"d*", "n?t"}, mixed), "disk v=2i 2\nnet v=4i 4\n");
  EXPECT_EQ(taken({"other"}, mixed), "");
  EXPECT_EQ(taken({"*"}, mixed), mixed);
  EXPECT_TRUE(line_filter({"*"}).takes_all());
  EXPECT_FALSE(line_filter({"*", "!a"}).takes_all());
}

TEST(line_filter, knows_names_by_what_they_stand_for) {
  const std::string escaped = "a\\ b\\,c v=1i 1\nab v=1i 1\n";
  EXPECT_EQ(taken({"a b,c"}, escaped), "a\\ b\\,c v=1i 1\n");
}

TEST(line_filter, a_line_feed_in_a_string_ends_no_line) {
  const std::string first = "log text=\"one\ncpu v=1i 1\n\" 1\n";
  std::string out;
  EXPECT_EQ(line_filter({"log"}).append_taken(first + "cpu v=2i 2\n", {}, out), 1U);
  EXPECT_EQ(out, first);
  EXPECT_EQ(taken({"cpu"}, first + "cpu v=2i 2\n"), "cpu v=2i 2\n");
}

TEST(line_filter, what_is_no_line_protocol_is_not_lost) {
  EXPECT_EQ(taken({"cpu"}, "disk v=1i 1\n,,,\nmore\n"), ",,,\nmore\n");
}

class filtered_batches : public ::testing::Test {
 protected:
  gathered gather_from(const lane_position& from, std::uint64_t bytes) {
    return gather(*reader_, {"d", ""}, from, log_.end(), {bytes, no_limit, true, &filter_});
  }
  static std::string lines_of(const batch& made) {
    std::string out;
    EXPECT_TRUE(append_lines(made, out));
    return out;
  }

  fake_log log_;
  line_filter filter_{{"cpu"}};
  std::unique_ptr<log_reader> reader_ = log_.reader();
};

TEST_F(filtered_batches, hold_what_is_taken_of_many_frames_and_count_the_rest) {
  append_frame(log_, make_frame("d", mixed, 4));
  append_frame(log_, make_frame("d", mixed, 4, frame_codec::gzip));
  const gathered got = gather_from({log_position(1), 0, 0}, no_limit);
  ASSERT_EQ(got.status, gather_status::ready);
  EXPECT_EQ(lines_of(got.made), taken({"cpu"}, mixed + mixed));
  EXPECT_EQ(got.made.points, 4U);
  EXPECT_EQ(got.made.filtered, 4U);
  EXPECT_EQ(got.made.inflated_bytes, 2 * mixed.size());
  gzip_compressor compressor;
  const request_body body = build_body(got.made, compression_mode::none, compressor);
  std::string sent;
  for (const std::string_view piece : body.pieces) {
    sent += piece;
  }
  EXPECT_EQ(sent, lines_of(got.made));
}

TEST_F(filtered_batches, parts_of_a_frame_go_on_where_the_unfiltered_lines_end) {
  append_frame(log_, make_frame("d", mixed, 4));
  lane_position at{log_position(1), 0, 0};
  std::string lines;
  std::uint64_t points = 0;
  std::uint64_t filtered = 0;
  for (int part = 0; part < 4; ++part) {
    const gathered got = gather_from(at, 1);
    ASSERT_EQ(got.status, gather_status::ready);
    EXPECT_EQ(got.made.points + got.made.filtered, 1U);
    lines += got.made.cut;
    points += got.made.points;
    filtered += got.made.filtered;
    at = got.made.after;
  }
  EXPECT_EQ(at, (lane_position{log_position(2), 0, 0}));
  EXPECT_EQ(lines, taken({"cpu"}, mixed));
  EXPECT_EQ(points, 2U);
  EXPECT_EQ(filtered, 2U);
}

TEST_F(filtered_batches, a_damaged_frame_is_told_and_what_was_before_it_goes_first) {
  append_frame(log_, make_frame("d", mixed, 4));
  auto broken = make_frame("d", mixed, 4, frame_codec::gzip);
  broken->stored.resize(broken->stored.size() / 2);
  append_frame(log_, broken);
  const gathered good = gather_from({log_position(1), 0, 0}, no_limit);
  ASSERT_EQ(good.status, gather_status::ready);
  EXPECT_EQ(good.made.after.next, log_position(2));
  const gathered bad = gather_from(good.made.after, no_limit);
  EXPECT_EQ(bad.status, gather_status::damaged);
  EXPECT_EQ(bad.made.points, 4U);
  EXPECT_EQ(bad.made.after.next, log_position(3));
}

class filtering_sinks : public ::testing::Test {
 protected:
  void put(const std::string& lines, std::uint32_t points, const std::string& policy = {}) {
    append_frame(log_, make_frame("d", lines, points, frame_codec::plain, policy));
  }
  std::uint64_t discarded(discard_reason reason) {
    return world_.worker->cursor().discarded[static_cast<std::size_t>(reason)];
  }
  void TearDown() override { EXPECT_TRUE(world_.conserves()); }

  fake_log log_;
  sink_world world_{log_};
};

TEST_F(filtering_sinks, deliver_their_measurements_and_count_the_others) {
  world_.settings.measurements = {"cpu", "net"};
  world_.server.behave = [](const auto&) { return reply_of(204); };
  world_.start();
  put(mixed, 4);
  put("disk v=1i 1\n", 1);
  world_.pass(200);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), taken({"!disk"}, mixed));
  EXPECT_EQ(world_.worker->cursor().accepted, 5U);
  EXPECT_EQ(world_.worker->cursor().delivered, 3U);
  EXPECT_EQ(discarded(discard_reason::filtered), 2U);
  EXPECT_EQ(world_.worker->cursor().discarded_total(), 2U);
  EXPECT_EQ(log_.released(world_.subscriber), log_.end());
}

TEST_F(filtering_sinks, ask_no_server_for_what_is_not_theirs) {
  world_.settings.measurements = {"!disk"};
  world_.start();
  put("disk v=1i 1\n", 1);
  world_.pass(200);
  EXPECT_EQ(world_.server.requests, 0U);
  EXPECT_EQ(discarded(discard_reason::filtered), 1U);
  EXPECT_EQ(log_.released(world_.subscriber), log_.end());
}

TEST_F(filtering_sinks, count_what_is_refused_apart_from_what_is_filtered) {
  world_.settings.measurements = {"cpu"};
  world_.server.behave = [](const auto&) { return reply_of(413); };
  world_.start();
  put(mixed, 4);
  for (int i = 0; i < 100; ++i) {
    world_.pass(1000);
  }
  EXPECT_EQ(discarded(discard_reason::filtered), 2U);
  EXPECT_EQ(discarded(discard_reason::too_large), 2U);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(filtering_sinks, leave_frames_of_other_policies_alone) {
  world_.settings.retention_policies = {"", "long*"};
  world_.server.behave = [](const auto&) { return reply_of(204); };
  world_.start();
  put("cpu v=1i 1\n", 1);
  put("cpu v=2i 1\n", 1, "long_term");
  put("cpu v=3i 1\n", 1, "short");
  world_.pass(200);
  EXPECT_EQ(world_.worker->cursor().accepted, 2U);
  EXPECT_EQ(world_.worker->cursor().delivered, 2U);
  EXPECT_FALSE(world_.server.stored.contains({"d", "short"}));
  EXPECT_EQ(log_.released(world_.subscriber), log_.end());
}

TEST(start_position, is_the_first_frame_that_is_not_older) {
  using place = sink_start::place;
  fake_log log;
  EXPECT_EQ(start_position({place::time, 5}, log, 0), log.end());
  for (const std::int64_t received_ns : {100, 200, 150, 300}) {
    auto one = make_frame("d", mixed, 4);
    one->header.received_ns = received_ns;
    append_frame(log, one);
  }
  EXPECT_EQ(start_position({}, log, 1000), log_position(1));
  EXPECT_EQ(start_position({place::now, 0}, log, 1000), log_position(5));
  EXPECT_EQ(start_position({place::time, 100}, log, 1000), log_position(1));
  EXPECT_EQ(start_position({place::time, 160}, log, 1000), log_position(2));
  EXPECT_EQ(start_position({place::time, 201}, log, 1000), log_position(4));
  EXPECT_EQ(start_position({place::time, 301}, log, 1000), log_position(5));
  EXPECT_EQ(start_position({place::before, 700}, log, 1000), log_position(4));
  EXPECT_EQ(start_position({place::before, 1000}, log, 1000), log_position(1));
}

}  // namespace
}  // namespace weir
