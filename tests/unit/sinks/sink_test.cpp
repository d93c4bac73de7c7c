// SPDX-License-Identifier: Apache-2.0
//
// The sink with everything around it faked: lanes, ages, failures, restarts.
#include "sinks/sink.hpp"

#include <gtest/gtest.h>

#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

const http_reply ok = reply_of(204);
const http_reply no_database = reply_of(404, R"({"error":"database not found: \"d\""})");

TEST_F(sinks, waits_for_the_age_then_delivers_what_came) {
  world_.start();
  const std::string first = put("d", 3);
  world_.turn();
  EXPECT_EQ(world_.server.requests, 0U);
  EXPECT_EQ(world_.due, world_.now_ms + 100);
  const std::string second = put("d", 2);
  world_.pass(99);
  EXPECT_EQ(world_.server.requests, 0U);
  world_.pass(1);
  ASSERT_EQ(world_.server.waiting.size(), 1U);
  EXPECT_EQ(world_.server.waiting[0].lines, first + second);
  EXPECT_EQ(world_.server.waiting[0].points, 5U);
  EXPECT_EQ(log_.released(world_.subscriber).number(), 1U);
  world_.reply(ok);
  EXPECT_EQ(world_.worker->cursor().delivered, 5U);
  EXPECT_EQ(log_.released(world_.subscriber).number(), 3U);
  EXPECT_EQ(world_.due, std::nullopt);
}

TEST_F(sinks, a_full_batch_does_not_wait_and_one_request_is_under_way_per_lane) {
  world_.settings.batch.points = 10;
  world_.start();
  put("d", 10);
  put("d", 10);
  world_.turn();
  EXPECT_EQ(world_.server.waiting.size(), 1U);
  world_.reply(ok);
  EXPECT_EQ(world_.server.waiting.size(), 1U);
  EXPECT_EQ(world_.server.requests, 2U);
  world_.reply(ok);
  EXPECT_EQ(world_.worker->cursor().delivered, 20U);
}

TEST_F(sinks, one_that_finishes_begins_nothing_and_follows_what_is_under_way) {
  world_.start();
  put("d", 3);
  world_.pass(100);
  ASSERT_EQ(world_.server.waiting.size(), 1U);
  put("d", 2);
  put("e", 2);
  world_.worker->finish();
  world_.pass(1000);
  EXPECT_EQ(world_.server.requests, 1U);
  EXPECT_TRUE(world_.worker->under_way());
  world_.reply(ok);
  EXPECT_FALSE(world_.worker->under_way());
  EXPECT_EQ(world_.worker->cursor().delivered, 3U);
  world_.pass(1000);
  EXPECT_EQ(world_.server.requests, 1U);
  EXPECT_EQ(world_.due, std::nullopt);
}

TEST_F(sinks, takes_only_the_databases_of_its_patterns) {
  world_.settings.databases = {"flink*", "metrics"};
  world_.server.behave = [](const auto&) { return ok; };
  world_.start();
  put("flink_a", 1);
  put("other", 1);
  put("metrics", 1);
  world_.pass(200);
  EXPECT_EQ(world_.server.stored.size(), 2U);
  EXPECT_EQ(world_.worker->cursor().accepted, 2U);
  // What it does not take, it does not hold either.
  EXPECT_EQ(log_.released(world_.subscriber), log_.end());
}

TEST_F(sinks, a_stuck_lane_holds_up_only_itself_and_its_frames) {
  world_.server.behave = [](const fake_server::request& one) {
    return one.lane.database == "stuck" ? reply_of(401) : ok;
  };
  world_.start();
  put("fine", 1);
  const std::string stuck = put("stuck", 1);
  std::string fine;
  for (int i = 0; i < 50; ++i) {
    put("fine", 1);
    world_.pass(200);
  }
  EXPECT_EQ(world_.worker->cursor().delivered, 51U);
  EXPECT_EQ(world_.worker->pending_points(), 1U);
  EXPECT_EQ(log_.released(world_.subscriber).number(), 2U);
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 1U);
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(2000);
  EXPECT_EQ((world_.server.stored[{"stuck", ""}]), stuck);
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 0U);
  EXPECT_EQ(log_.released(world_.subscriber), log_.end());
}

TEST_F(sinks, tries_again_with_growing_pauses_until_it_is_stored_once) {
  int failures = 5;
  world_.server.behave = [&](const auto&) {
    return failures-- > 0 ? http_reply::failed("connection refused") : ok;
  };
  world_.start();
  const std::string lines = put("d", 4);
  world_.pass(10'000);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), lines);
  EXPECT_EQ(world_.server.requests, 6U);
  EXPECT_EQ(world_.worker->counters().retries.value(), 5U);
  EXPECT_EQ(world_.worker->cursor().delivered, 4U);
}

TEST_F(sinks, creates_a_database_that_clients_created_through_weir) {
  world_.created = {"d"};
  bool exists = false;
  world_.server.behave = [&](const fake_server::request& one) {
    if (one.creates) {
      exists = true;
      return reply_of(200, R"({"results":[{"statement_id":0}]})");
    }
    return exists ? ok : no_database;
  };
  world_.start();
  const std::string lines = put("d", 2);
  world_.pass(150);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), lines);
  EXPECT_EQ(world_.server.creations, 1U);
}

TEST_F(sinks, creates_nothing_that_was_only_mistyped) {
  world_.server.behave = [](const auto&) { return no_database; };
  world_.start();
  put("d", 2);
  world_.pass(5000);
  EXPECT_EQ(world_.server.creations, 0U);
  EXPECT_EQ(world_.worker->pending_points(), 2U);
}

TEST_F(sinks, creates_nothing_when_it_must_not) {
  world_.created = {"d"};
  std::get<influxdb_settings>(world_.settings.kind).create_databases = false;
  world_.server.behave = [](const auto&) { return no_database; };
  world_.start();
  put("d", 2);
  world_.pass(5000);
  EXPECT_EQ(world_.server.creations, 0U);
}

TEST_F(sinks, halves_down_to_the_one_line_that_is_too_large_and_sets_only_that_aside) {
  for (const frame_codec codec : {frame_codec::plain, frame_codec::gzip}) {
    world_.refused = {};
    world_.server.behave = [](const fake_server::request& one) {
      return one.lines.find("v=777i") != std::string::npos ? reply_of(413) : ok;
    };
    world_.start();
    next_value_ = 700;
    put("d", 40, codec);
    put("d", 100, codec);  // 740 ... 839
    world_.pass(5000);
    EXPECT_EQ(world_.refused.lines, make_lines(1, 777));
    EXPECT_EQ(world_.worker->pending_points(), 0U);
    EXPECT_TRUE(world_.conserves());
  }
  EXPECT_EQ(world_.discarded(discard_reason::too_large), 2U);
  EXPECT_EQ(world_.worker->cursor().delivered, 278U);
}

TEST_F(sinks, batches_stay_small_for_a_while_after_413_and_grow_again) {
  std::size_t limit = 600;
  std::size_t refusals = 0;
  world_.settings.batch.bytes = 4000;
  world_.server.behave = [&](const fake_server::request& one) {
    if (one.lines.size() <= limit) {
      return ok;
    }
    ++refusals;
    return reply_of(413);
  };
  world_.start();
  for (int i = 0; i < 60; ++i) {
    put("d", 5);
  }
  world_.pass(1000);
  EXPECT_EQ(world_.worker->cursor().delivered, 300U);
  EXPECT_LT(refusals, 10U);
  limit = 100'000;
  const std::size_t before = world_.server.requests;
  for (int i = 0; i < 600; ++i) {
    put("d", 5);
  }
  world_.pass(1000);
  EXPECT_EQ(world_.worker->cursor().delivered, 3300U);
  EXPECT_LT(world_.server.requests - before, 120U);
}

TEST_F(sinks, a_refused_line_is_set_aside_and_all_else_goes_on) {
  world_.server.behave = [](const fake_server::request& one) {
    return one.lines.find("v=0i") != std::string::npos
               ? reply_of(400, R"({"error":"unable to parse 'x': bad"})")
               : ok;
  };
  world_.start();
  const std::string lines = put("d", 2, frame_codec::gzip);
  world_.pass(200);
  const std::string good = put("d", 2);
  world_.pass(200);
  const std::string bad = lines.substr(0, lines.find('\n') + 1);
  EXPECT_EQ(world_.refused.lines, bad);
  EXPECT_EQ(world_.refused.words, "unable to parse 'x': bad");
  EXPECT_EQ((world_.server.stored[{"d", ""}]), lines.substr(bad.size()) + good);
  EXPECT_EQ(world_.discarded(discard_reason::refused), 1U);
}

TEST_F(sinks, a_partial_write_whose_lines_nobody_can_tell_counts_what_was_dropped) {
  // The same words for any lines: they are no help.
  world_.server.behave = [](const auto&) {
    return reply_of(400, R"({"error":"partial write: points beyond retention policy dropped=3"})");
  };
  world_.start();
  const std::string lines = put("d", 10);
  world_.pass(200);
  EXPECT_EQ(world_.worker->cursor().delivered, 7U);
  EXPECT_EQ(world_.discarded(discard_reason::partial), 3U);
  EXPECT_EQ(world_.refused.lines, lines);
  EXPECT_LT(world_.server.requests, 8U);
}

TEST_F(sinks, frames_gone_from_the_log_are_counted_as_lost) {
  world_.server.behave = [](const auto&) { return http_reply::failed("down"); };
  world_.start();
  for (int i = 0; i < 5; ++i) {
    put("d", 10);
  }
  world_.pass(300);
  log_.lose(log_position(1));
  log_.lose(log_position(2));
  log_.lose(log_position(4));
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(5000);
  EXPECT_EQ(world_.worker->cursor().delivered, 20U);
  EXPECT_EQ(world_.discarded(discard_reason::lost), 30U);
}

TEST_F(sinks, all_frames_of_a_lane_gone_leave_nothing_pending) {
  world_.server.behave = [](const auto&) { return http_reply::failed("down"); };
  world_.start();
  put("d", 10);
  world_.pass(300);
  log_.lose(log_position(1));
  world_.pass(5000);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
  EXPECT_EQ(world_.discarded(discard_reason::lost), 10U);
  EXPECT_EQ(log_.released(world_.subscriber).number(), 2U);
}

TEST_F(sinks, a_disk_that_fails_is_tried_again) {
  world_.server.behave = [](const auto&) { return ok; };
  world_.start();
  put("d", 10);
  log_.fail_reads(true);
  world_.pass(500);
  EXPECT_EQ(world_.server.requests, 0U);
  log_.fail_reads(false);
  world_.pass(2000);
  EXPECT_EQ(world_.worker->cursor().delivered, 10U);
}

TEST_F(sinks, a_damaged_frame_costs_itself) {
  world_.settings.batch.bytes = 500;  // so that it must be cut, and therefore inflated
  world_.server.behave = [](const auto&) { return ok; };
  world_.start();
  auto damaged = make_frame("d", make_lines(50), 50, frame_codec::gzip);
  damaged->stored[damaged->stored.size() / 2] ^= 0x55;
  append_frame(log_, damaged);
  const std::string good = put("d", 3);
  world_.pass(500);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), good);
  EXPECT_EQ(world_.discarded(discard_reason::damaged), 50U);
}

TEST_F(sinks, after_a_crash_what_was_under_way_is_sent_again_and_nothing_else) {
  world_.settings.batch.points = 10;
  world_.start();
  const std::string first = put("d", 10);
  world_.turn();
  world_.reply(ok);
  const std::string second = put("d", 10);
  world_.turn();
  ASSERT_EQ(world_.server.waiting.size(), 1U);
  world_.start();
  world_.server.behave = [](const auto&) { return ok; };
  const std::string third = put("e", 4);
  world_.pass(500);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), first + second);
  EXPECT_EQ((world_.server.stored[{"e", ""}]), third);
  EXPECT_EQ(world_.worker->cursor().accepted, 24U);
  EXPECT_EQ(world_.worker->cursor().delivered, 24U);
}

TEST_F(sinks, a_crash_within_a_cut_frame_goes_on_at_the_same_line) {
  world_.settings.batch.bytes = 300;
  world_.start();
  const std::string lines = put("d", 50);
  world_.turn();
  world_.reply(ok);
  world_.reply(ok);
  const std::string before = world_.server.stored[{"d", ""}];
  ASSERT_LT(before.size(), lines.size());
  world_.start();
  EXPECT_TRUE(world_.conserves());
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(500);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), lines);
  EXPECT_EQ(world_.worker->cursor().delivered, 50U);
}

TEST_F(sinks, points_lost_between_two_runs_are_counted) {
  world_.server.behave = [](const auto&) { return http_reply::failed("down"); };
  world_.settings.batch.points = 5;
  world_.start();
  put("d", 5);
  put("e", 7);
  world_.cursors.kept.reset();
  world_.server.behave = [](const fake_server::request& one) {
    return one.lane.database == "e" ? ok : http_reply::failed("down");
  };
  world_.pass(300);  // a delivery writes the cursor, with `d` still pending
  ASSERT_TRUE(world_.cursors.kept.has_value());
  log_.lose(log_position(1));
  world_.server.behave = [](const auto&) { return ok; };
  world_.start();
  world_.pass(500);
  EXPECT_EQ(world_.discarded(discard_reason::lost), 5U);
  EXPECT_EQ(world_.worker->cursor().accepted, 12U);
}

TEST_F(sinks, a_log_that_ends_before_the_cursor_does_not_confuse_it) {
  world_.server.behave = [](const auto&) { return ok; };
  cursor_state ahead;
  ahead.low_water = ahead.discovered = log_position(1000);
  ahead.accepted = ahead.delivered = 3;
  world_.cursors.kept = ahead;
  world_.start();
  const std::string lines = put("d", 2);
  world_.pass(500);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), lines);
}

// A full log discarded a lane's first frames, and a loss of power brought them back: the cursor's
// low water is beyond them, where the lane stands is not.
TEST_F(sinks, frames_that_come_back_below_the_low_water_are_not_delivered) {
  world_.server.behave = [](const auto&) { return ok; };
  put("d", 2);
  put("d", 3);
  const std::string pending = put("d", 4);
  cursor_state kept;
  kept.low_water = log_position(log_.first().number() + 2);
  kept.discovered = log_.end();
  kept.accepted = 9;
  kept.discarded[static_cast<std::size_t>(discard_reason::lost)] = 5;
  kept.lanes[{"d", ""}] = {.next = log_.first(), .skip_bytes = 5, .skip_points = 1};
  world_.cursors.kept = kept;
  world_.start();
  world_.pass(500);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), pending);
  EXPECT_EQ(world_.worker->cursor().accepted, 9U);
  EXPECT_EQ(world_.worker->cursor().delivered, 4U);
}

// A lane whose server is away learns at once what a full log discarded; what was delivered of those
// frames does not count, nor what is under way.
TEST_F(sinks, what_a_full_log_discards_is_counted_before_the_server_is_back) {
  world_.settings.retry_least = world_.settings.retry_most = milliseconds(1'000'000);
  world_.server.behave = [](const fake_server::request& one) {
    return one.lane.database == "e" ? std::optional(ok) : std::optional(http_reply::failed("down"));
  };
  world_.start();
  put("d", 5);  // frame 1
  put("e", 7);  // frame 2
  put("d", 3);  // frame 3
  world_.pass(300);
  log_.lose(log_position(1));
  log_.lose(log_position(2));
  world_.turn();
  EXPECT_EQ(world_.discarded(discard_reason::lost), 5U);
  EXPECT_EQ(world_.worker->counters().discarded_unread.value(), 5U);
  EXPECT_EQ(world_.worker->pending_points(), 3U);
  EXPECT_TRUE(world_.conserves());
}

TEST_F(sinks, nothing_is_released_that_the_cursor_on_disk_still_asks_for) {
  world_.server.behave = [](const auto&) { return ok; };
  world_.start();
  world_.turn();
  world_.cursors.failing = true;
  put("d", 2);
  world_.pass(500);
  EXPECT_EQ(world_.worker->cursor().delivered, 2U);
  EXPECT_EQ(log_.released(world_.subscriber).number(), 1U);
  EXPECT_GT(world_.worker->counters().cursor_failures.value(), 0U);
  world_.cursors.failing = false;
  world_.pass(10);
  EXPECT_EQ(log_.released(world_.subscriber).number(), 2U);
}

TEST_F(sinks, draining_waits_for_no_age_and_tries_resting_lanes_once_more) {
  world_.settings.batch.age = milliseconds(1'000'000);
  world_.settings.retry_least = world_.settings.retry_most = milliseconds(1'000'000);
  world_.server.behave = [](const auto&) { return http_reply::failed("down"); };
  world_.start();
  put("d", 2);
  world_.worker->drain(world_.now_ms);
  world_.turn();
  EXPECT_EQ(world_.server.requests, 1U);
  world_.turn();
  EXPECT_EQ(world_.server.requests, 1U);
  world_.server.behave = [](const auto&) { return ok; };
  world_.worker->drain(world_.now_ms);
  put("e", 1);
  world_.turn();
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(sinks, lanes_wait_for_memory_but_one_batch_may_always_go) {
  world_.settings.batch.points = 1;
  world_.start();
  ASSERT_TRUE(world_.memory.take(world_.memory.limit()));
  put("a", 1);
  put("b", 1);
  world_.turn();
  EXPECT_EQ(world_.server.waiting.size(), 1U);
  ASSERT_TRUE(world_.due.has_value());
  EXPECT_GT(*world_.due, world_.now_ms);
  world_.memory.give_back(world_.memory.limit());
  world_.pass(50);
  EXPECT_EQ(world_.server.waiting.size(), 2U);
  EXPECT_GT(world_.memory.used(), 0U);
  world_.reply(ok);
  world_.reply(ok);
  EXPECT_EQ(world_.memory.used(), 0U);
}

TEST_F(sinks, a_lane_that_rests_holds_no_memory) {
  world_.server.behave = [](const auto&) { return http_reply::failed("down"); };
  world_.start();
  put("a", 100);
  world_.pass(200);
  EXPECT_GT(world_.server.requests, 0U);
  EXPECT_EQ(world_.memory.used(), 0U);
}

TEST_F(sinks, requests_under_way_are_bounded) {
  world_.settings.batch.points = 1;
  world_.start();
  for (std::size_t i = 0; i < sink::in_flight_max + 10; ++i) {
    put("d" + std::to_string(i), 1);
  }
  world_.turn();
  EXPECT_EQ(world_.server.waiting.size(), sink::in_flight_max);
  while (!world_.server.waiting.empty()) {
    world_.reply(ok);
  }
  EXPECT_EQ(world_.worker->cursor().delivered, sink::in_flight_max + 10);
}

TEST_F(sinks, idle_lanes_are_forgotten_beyond_a_bound) {
  world_.server.behave = [](const auto&) { return ok; };
  world_.start();
  for (std::size_t i = 0; i < sink::idle_lanes_max + 500; ++i) {
    put("d" + std::to_string(i), 1);
  }
  world_.pass(1000);
  EXPECT_EQ(world_.worker->cursor().delivered, sink::idle_lanes_max + 500);
  EXPECT_LE(world_.worker->counters().lanes.value(), sink::idle_lanes_max);
}

TEST_F(sinks, its_metrics_say_what_happened) {
  world_.server.behave = [](const auto&) { return ok; };
  world_.start();
  put("d", 3);
  world_.pass(200);
  metrics_text text;
  world_.worker->counters().collect("test", world_.now_ms, world_.now_ns(), text);
  const std::string out = text.text();
  EXPECT_NE(out.find("weir_sink_delivered_points_total{sink=\"test\"} 3"), std::string::npos)
      << out;
  EXPECT_NE(out.find("weir_sink_pending_points{sink=\"test\"} 0"), std::string::npos) << out;
}

TEST_F(sinks, a_disk_that_cannot_be_read_at_the_start_costs_nothing) {
  world_.start();
  const std::string lines = put("d", 3);
  world_.turn();
  log_.fail_reads(true);
  world_.start();
  world_.pass(2'000);
  EXPECT_EQ(world_.server.requests, 0U);
  EXPECT_EQ(world_.worker->counters().points().pending, 3U);
  EXPECT_FALSE(world_.worker->opened());
  log_.fail_reads(false);
  world_.pass(1'000);
  EXPECT_TRUE(world_.worker->opened());
  EXPECT_EQ(world_.discarded(discard_reason::lost), 0U);
  ASSERT_EQ(world_.server.waiting.size(), 1U);
  EXPECT_EQ(world_.server.waiting[0].lines, lines);
}

TEST_F(sinks, one_that_ends_before_the_disk_could_be_read_stands_where_it_began) {
  world_.start();
  put("d", 3);
  world_.turn();
  const cursor_state stood = world_.worker->standing();
  ASSERT_EQ(stood.lanes.size(), 1U);
  log_.fail_reads(true);
  world_.cursors.kept = stood;
  world_.start();
  world_.pass(2'000);
  ASSERT_FALSE(world_.worker->opened());
  EXPECT_EQ(world_.worker->standing(), stood);
  log_.fail_reads(false);
  world_.pass(1'000);
  EXPECT_EQ(world_.worker->standing().lanes, stood.lanes);
}

TEST_F(sinks, a_disk_that_could_not_be_read_is_looked_at_again_without_an_append) {
  world_.start();
  log_.fail_reads(true);
  const std::string lines = put("d", 3);
  world_.turn();
  ASSERT_TRUE(world_.due.has_value());
  log_.fail_reads(false);
  world_.pass(2'000);
  ASSERT_EQ(world_.server.waiting.size(), 1U);
  EXPECT_EQ(world_.server.waiting[0].lines, lines);
}

TEST_F(sinks, a_cursor_that_could_not_be_kept_is_kept_later_without_an_append) {
  world_.start();
  put("d", 3);
  world_.pass(100);
  world_.cursors.failing = true;
  world_.reply(ok);
  world_.cursors.failing = false;
  EXPECT_EQ(log_.released(world_.subscriber), log_position(1));
  world_.pass(1'000);
  EXPECT_EQ(log_.released(world_.subscriber), log_position(2));
}

}  // namespace
}  // namespace weir
