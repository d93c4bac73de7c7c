// SPDX-License-Identifier: Apache-2.0
//
// What a sink does when a database is dropped at its server.
#include <gtest/gtest.h>

#include "sinks/sink.hpp"
#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

const http_reply ok = reply_of(204);

class dropped_databases : public sinks {};

TEST_F(dropped_databases, gives_up_what_waited_for_a_database_that_was_dropped) {
  world_.start();
  put("d", 3);
  put("other", 1);
  put("d", 4);
  const log_position before = log_.end();
  const std::string after = put("d", 2);
  bool done = false;
  world_.worker->when_idle("d", before, [&] { done = true; });
  world_.turn();
  EXPECT_TRUE(done);
  EXPECT_EQ(world_.worker->pending_points(), 3U);
  EXPECT_EQ(world_.worker->cursor().discarded[static_cast<std::size_t>(discard_reason::dropped)],
            7U);
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(200);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), after);
  EXPECT_EQ(world_.worker->cursor().delivered, 3U);
  EXPECT_EQ(log_.released(world_.subscriber), log_.end());
}

TEST_F(dropped_databases, waits_for_what_is_under_way_to_a_database_that_is_dropped) {
  world_.settings.batch.points = 1;
  world_.start();
  put("d", 1);
  world_.turn();
  ASSERT_EQ(world_.server.waiting.size(), 1U);
  int idle = 0;
  world_.worker->when_idle("d", std::nullopt, [&] { ++idle; });
  world_.worker->when_idle("none", std::nullopt, [&] { ++idle; });
  world_.turn();
  EXPECT_EQ(idle, 1);
  bool done = false;
  put("d", 1);
  world_.worker->when_idle("d", log_.end(), [&] { done = true; });
  world_.turn();
  EXPECT_FALSE(done);
  world_.reply(ok);
  world_.turn();
  EXPECT_EQ(idle, 2);
}

TEST_F(dropped_databases, a_database_of_many_frames_is_dropped_to_the_point) {
  world_.settings.batch.age = std::chrono::hours(1);
  world_.settings.batch.points = 100'000;
  world_.start();
  for (int i = 0; i < 3'000; ++i) {
    put("d", 2);
  }
  const log_position before = log_.end();
  std::string after;
  for (int i = 0; i < 500; ++i) {
    after += put("d", 1);
  }
  world_.turn();
  world_.turn();
  bool done = false;
  world_.worker->when_idle("d", before, [&] { done = true; });
  world_.turn();
  EXPECT_TRUE(done);
  EXPECT_EQ(world_.worker->cursor().discarded[static_cast<std::size_t>(discard_reason::dropped)],
            6'000U);
  EXPECT_EQ(world_.worker->pending_points(), 500U);
  world_.server.behave = [](const auto&) { return ok; };
  world_.worker->drain(world_.now_ms);
  world_.pass(200);
  EXPECT_EQ((world_.server.stored[{"d", ""}]), after);
}

TEST_F(dropped_databases, what_is_no_lines_of_it_does_not_count_as_given_up) {
  world_.settings.batch.age = std::chrono::hours(1);
  world_.settings.batch.points = 100'000;
  world_.start();
  for (int i = 0; i < 600; ++i) {
    put("d", 1);
    const auto events = make_frame("d", "m value=0 7\n", 0);
    events->header.kind = frame_kind::events;
    append_frame(log_, events);
  }
  const log_position before = log_.end();
  std::size_t bytes_after = 0;
  for (int i = 0; i < 100; ++i) {
    bytes_after += put("d", 1).size();
  }
  world_.turn();
  world_.turn();
  world_.worker->when_idle("d", before, [] {});
  world_.turn();
  EXPECT_EQ(world_.worker->pending_points(), 100U);
  EXPECT_EQ(world_.worker->counters().pending_bytes.value(), bytes_after);
}

}  // namespace
}  // namespace weir
