// SPDX-License-Identifier: Apache-2.0
//
// Lanes that are held leave the log, and come back; those that are merely slow stay. And a crash at
// any step of it, played through.
#include <gtest/gtest.h>

#include "unit/sinks/parking/parking_world.hpp"

namespace weir {
namespace {

class sinks_that_park : public ::testing::Test, public parking_world {
 protected:
  void TearDown() override {
    if (world.worker) {
      EXPECT_TRUE(world.conserves());
    }
  }
  std::uint64_t parked() const { return counters().parked_points.value(); }
};

TEST_F(sinks_that_park, a_lane_held_for_long_leaves_the_log_and_comes_back_in_order) {
  missing = {"bad"};
  start();
  std::string bad = put("bad", 3);
  const std::string good = put("good", 2);
  bad += put("bad", 4);
  pass(9'000);
  EXPECT_EQ(parked(), 0U) << "not before park_after";
  EXPECT_EQ(released().number(), 1U);
  pass(2'000);
  EXPECT_EQ(parked(), 7U);
  EXPECT_EQ(released(), log.end());
  EXPECT_EQ(log.first(), log.end()) << "the log is empty";
  EXPECT_EQ(counters().parked_lanes.value(), 1U);
  EXPECT_GT(counters().parked_bytes.value(), 100U);
  // Later frames follow.
  bad += put("bad", 5);
  pass(1'000);
  EXPECT_EQ(parked(), 12U);
  EXPECT_EQ(released(), log.end());
  EXPECT_EQ(world.worker->pending_points(), 12U);
  missing.clear();
  pass(2'000);
  EXPECT_EQ(stored("bad"), bad);
  EXPECT_EQ(stored("good"), good);
  EXPECT_EQ(parked(), 0U);
  EXPECT_EQ(counters().parked_bytes.value(), 0U);
  EXPECT_EQ(world.worker->cursor().delivered, 14U);
  EXPECT_EQ(world.worker->cursor().discarded_total(), 0U);
}

TEST_F(sinks_that_park, what_is_parked_survives_restarts) {
  missing = {"bad"};
  start();
  std::string bad = put("bad", 3);
  pass(15'000);
  ASSERT_EQ(parked(), 3U);
  start();
  EXPECT_EQ(parked(), 3U);
  bad += put("bad", 2);
  pass(1'500);
  EXPECT_EQ(parked(), 5U) << "a parked lane does not wait anew";
  EXPECT_EQ(released(), log.end());
  start();
  missing.clear();
  bad += put("bad", 2);
  pass(3'000);
  EXPECT_EQ(stored("bad"), bad);
  EXPECT_EQ(world.worker->cursor().delivered, 7U);
  EXPECT_EQ(world.worker->cursor().discarded_total(), 0U);
  start();
  EXPECT_EQ(world.worker->pending_points(), 0U);
}

TEST_F(sinks_that_park, a_batch_goes_over_the_border_within_its_limits) {
  missing = {"bad"};
  world.settings.batch.points = 10;
  start();
  std::string bad;
  for (int i = 0; i < 3; ++i) {
    bad += put("bad", 4);
  }
  pass(15'000);
  ASSERT_EQ(parked(), 12U);
  world.settings.park_after = std::nullopt;  // of the next start
  start();
  for (int i = 0; i < 3; ++i) {
    bad += put("bad", 4);
  }
  std::vector<std::uint64_t> batches;
  missing.clear();
  world.server.behave = [&](const fake_server::request& one) {
    batches.push_back(one.points);
    return reply_of(204);
  };
  pass(3'000);
  EXPECT_EQ(stored("bad"), bad);
  EXPECT_EQ(batches, (std::vector<std::uint64_t>{8, 8, 8}));
}

TEST_F(sinks_that_park, nothing_is_parked_while_nothing_gets_through) {
  broken = reply_of(401);
  start();
  put("a", 3);
  put("b", 2);
  pass(60'000);
  EXPECT_EQ(counters().held_lanes.value(), 2U);
  EXPECT_EQ(parked(), 0U);
  broken = reply_of(503);
  pass(60'000);
  EXPECT_EQ(parked(), 0U);
  EXPECT_EQ(released().number(), 1U);
}

TEST_F(sinks_that_park, a_lane_that_alone_is_refused_is_parked_and_one_that_retries_is_not) {
  world.server.behave = [&](const fake_server::request& one) -> std::optional<http_reply> {
    return one.lane.database == "no"     ? reply_of(403)
           : one.lane.database == "slow" ? reply_of(503)
                                         : reply_of(204);
  };
  start();
  put("no", 3);
  put("slow", 4);
  pass(1'000);
  put("good", 2);
  pass(30'000);
  EXPECT_EQ(parked(), 3U);
  EXPECT_EQ(released().number(), 2U) << "the slow one holds the log";
}

TEST_F(sinks_that_park, a_log_half_full_parks_at_once_and_does_not_wait_for_the_batch) {
  missing = {"bad"};
  world.settings.batch.age = milliseconds(60'000);
  start();
  put("bad", 1);
  world.turn();
  EXPECT_EQ(world.server.requests, 0U);
  const std::string good = put("good", 200);
  log.bytes_max = 2 * good.size() - 10;
  pass(50);
  EXPECT_EQ(parked(), 1U);
  EXPECT_EQ(stored("good"), good);
  EXPECT_EQ(released(), log.end());
}

TEST_F(sinks_that_park, a_log_half_full_does_not_hurry_what_is_given_up_line_by_line) {
  world.server.behave = [](const auto&) { return reply_of(413); };
  start();
  put("d", 200);
  log.bytes_max = 1;
  for (int i = 0; i < 200; ++i) {  // turns for other reasons, such as appends
    pass(10);
  }
  EXPECT_GT(world.discarded(discard_reason::too_large), 2U);
  EXPECT_LT(world.discarded(discard_reason::too_large), 40U);
}

TEST_F(sinks_that_park, inf_parks_nothing) {
  missing = {"bad"};
  world.settings.park_after = std::nullopt;
  start();
  put("bad", 1);
  const std::string good = put("good", 200);
  log.bytes_max = good.size();
  pass(600'000);
  EXPECT_EQ(parked(), 0U);
  EXPECT_EQ(released().number(), 1U);
}

TEST_F(sinks_that_park, a_lane_in_the_middle_of_a_frame_parks_the_rest) {
  world.settings.batch.bytes = 100;
  start();
  const std::string lines = put("bad", 10);
  bool once = true;
  world.server.behave = [&](const fake_server::request&) -> std::optional<http_reply> {
    return std::exchange(once, false) ? reply_of(204)
                                      : reply_of(404, R"({"error":"database not found: \"d\""})");
  };
  pass(15'000);
  const std::uint64_t delivered = world.worker->cursor().delivered;
  ASSERT_GT(delivered, 0U);
  EXPECT_EQ(parked(), 10 - delivered);
  start();
  EXPECT_EQ(parked(), 10 - delivered);
  world.server.behave = [](const fake_server::request&) { return reply_of(204); };
  pass(3'000);
  EXPECT_EQ(stored("bad"), lines);
  EXPECT_EQ(world.worker->cursor().delivered, 10U);
}

TEST_F(sinks_that_park, a_full_place_gives_up_the_oldest_of_the_lane_that_holds_most) {
  missing = {"big", "small"};
  world.settings.park_keep = std::uint64_t{1} << 20;
  start();
  const std::string small = put("small", 50);
  std::string big;
  for (int i = 0; i < 60; ++i) {
    big += put("big", 800);
    pass(500);
  }
  pass(11'000);
  EXPECT_LE(counters().parked_bytes.value(), world.settings.park_keep);
  const std::uint64_t given_up = world.discarded(discard_reason::park_full);
  EXPECT_GT(given_up, 0U);
  EXPECT_EQ(parked() + given_up, 50 + 60 * 800U);
  EXPECT_EQ(world.discarded(discard_reason::lost), 0U);
  missing.clear();
  start();
  pass(3'000);
  EXPECT_EQ(stored("small"), small) << "it was below its share";
  const std::string rest = stored("big");
  EXPECT_EQ(rest, big.substr(big.size() - rest.size())) << "the newest are kept, in order";
  EXPECT_EQ(world.worker->cursor().delivered + given_up, 50 + 60 * 800U);
}

TEST_F(sinks_that_park, a_frame_larger_than_the_place_is_given_up_and_counted) {
  missing = {"bad"};
  world.settings.park_keep = std::uint64_t{1} << 16;
  start();
  put("bad", 5'000);
  const std::string after = put("bad", 5);
  pass(15'000);
  EXPECT_EQ(world.discarded(discard_reason::park_full), 5'000U);
  EXPECT_EQ(parked(), 5U);
  EXPECT_EQ(released(), log.end());
  missing.clear();
  pass(3'000);
  EXPECT_EQ(stored("bad"), after);
}

TEST_F(sinks_that_park, a_disk_that_refuses_leaves_the_lane_in_the_log) {
  missing = {"bad"};
  start();
  const std::string bad = put("bad", 3);
  pass(9'000);
  files.error = -ENOSPC;
  files.fail_at = static_cast<int>(files.calls.size());
  files.dead = true;
  pass(20'000);
  EXPECT_EQ(parked(), 0U);
  EXPECT_EQ(released().number(), 1U);
  EXPECT_GT(counters().park_failures.value(), 0U);
  EXPECT_LT(counters().park_failures.value(), 10U) << "it is not asked without end";
  files.fail_at = -1;
  pass(10'000);
  EXPECT_EQ(parked(), 3U);
  missing.clear();
  pass(3'000);
  EXPECT_EQ(stored("bad"), bad);
}

TEST_F(sinks_that_park, what_is_dropped_is_counted_and_the_rest_of_the_lane_goes_on) {
  missing = {"bad", "other"};
  start();
  put("bad", 3);
  put("other", 4);
  pass(15'000);
  ASSERT_EQ(parked(), 7U);
  const parked_count asked =
      world.worker->drop_parked({.database = "bad"}, discard_reason::dropped);
  EXPECT_EQ(asked.lanes, 1U);
  EXPECT_EQ(asked.points, 3U);
  pass(10);
  EXPECT_EQ(parked(), 4U);
  EXPECT_EQ(world.discarded(discard_reason::dropped), 3U);
  EXPECT_EQ(counters().held_lanes.value(), 1U);
  const std::string later = put("bad", 2);
  missing.clear();
  pass(5'000);
  EXPECT_EQ(stored("bad"), later);
  start();
  EXPECT_EQ(world.worker->pending_points(), 0U);
}

TEST_F(sinks_that_park, a_drop_waits_for_the_batch_that_is_under_way) {
  missing = {"bad"};
  start();
  const std::string lines = put("bad", 3);
  pass(15'000);
  world.server.behave = nullptr;
  EXPECT_EQ(world.worker->retry_parked({.database = "bad"}).points, 3U);
  world.turn();
  ASSERT_EQ(world.server.waiting.size(), 1U);
  static_cast<void>(world.worker->drop_parked({}, discard_reason::dropped));
  world.turn();
  EXPECT_EQ(world.discarded(discard_reason::dropped), 0U);
  world.reply(reply_of(204));
  EXPECT_EQ(stored("bad"), lines);
  EXPECT_EQ(world.discarded(discard_reason::dropped), 0U);
  EXPECT_EQ(world.worker->pending_points(), 0U);
  world.turn();
}

TEST_F(sinks_that_park, a_retry_asks_at_once) {
  missing = {"bad"};
  world.settings.retry_most = milliseconds(3'600'000);
  start();
  const std::string lines = put("bad", 3);
  pass(40'000);
  missing.clear();
  EXPECT_EQ(world.worker->retry_parked({.retention_policy = "x"}).lanes, 0U);
  EXPECT_EQ(world.worker->retry_parked({}).lanes, 1U);
  world.turn();
  EXPECT_EQ(stored("bad"), lines);
}

TEST_F(sinks_that_park, a_retry_asks_for_a_lane_that_is_held_and_not_parked_yet) {
  missing = {"bad"};
  world.settings.park_after = std::nullopt;
  world.settings.retry_most = milliseconds(3'600'000);
  start();
  const std::string lines = put("bad", 3);
  pass(40'000);
  missing.clear();
  ASSERT_EQ(parked(), 0U);
  world.turn();
  EXPECT_EQ(stored("bad"), "") << "it waits for an hour";
  EXPECT_EQ(world.worker->retry_parked({.database = "other"}).lanes, 0U);
  world.turn();
  EXPECT_EQ(stored("bad"), "");
  EXPECT_EQ(world.worker->retry_parked({.database = "bad"}).points, 0U) << "none is parked";
  world.turn();
  EXPECT_EQ(stored("bad"), lines);
}

TEST_F(sinks_that_park, hundreds_of_lanes_move_a_few_at_a_time_and_others_are_delivered_between) {
  for (int i = 0; i < 100; ++i) {
    missing.insert("bad" + std::to_string(i));
  }
  start();
  for (int i = 0; i < 100; ++i) {
    put("bad" + std::to_string(i), 1);
  }
  pass(9'900);
  ASSERT_EQ(parked(), 0U);
  std::uint64_t before = 0;
  for (int turns = 0; parked() < 100; ++turns) {
    ASSERT_LT(turns, 1000);
    pass(10);
    EXPECT_LE(parked() - before, 64U) << "two turns at most";
    before = parked();
  }
  EXPECT_EQ(released(), log.end());
}

TEST_F(sinks_that_park, records_lost_to_damage_are_counted_and_the_others_delivered) {
  missing = {"bad"};
  start();
  const std::string first = put("bad", 3);
  put("bad", 4);
  const std::string last = put("bad", 5);
  pass(15'000);
  ASSERT_EQ(parked(), 12U);
  std::string path;
  for (const auto& one : std::filesystem::recursive_directory_iterator(directory.file("parked"))) {
    path = one.is_regular_file() ? one.path().string() : path;
  }
  std::string text = file_text(path);
  text[text.find("\xFE\x57\x52\xFF", text.find("v=3i") - 150) + 9] ^= 1;
  write_text(path, text);
  start();
  EXPECT_EQ(parked(), 8U);
  EXPECT_EQ(world.discarded(discard_reason::lost), 4U);
  missing.clear();
  pass(3'000);
  EXPECT_EQ(stored("bad"), first + last);
  EXPECT_TRUE(world.conserves());
}

TEST_F(sinks_that_park, what_the_log_lost_before_it_was_parked_takes_nothing_parked_along) {
  missing = {"bad"};
  start();
  const std::string first = put("bad", 3);
  const log_position damaged = log.end();
  put("bad", 4);
  pass(5'000);
  log.lose(damaged);
  pass(6'000);
  EXPECT_EQ(parked(), 3U);
  EXPECT_EQ(world.discarded(discard_reason::lost), 4U);
  missing.clear();
  pass(3'000);
  EXPECT_EQ(stored("bad"), first);
  EXPECT_TRUE(world.conserves());
}

TEST_F(sinks_that_park, a_place_that_is_gone_is_read_from_the_log_where_that_has_it_still) {
  missing = {"bad"};
  start();
  const std::string bad = put("bad", 3);
  world.pass(15'000);  // the log forgets nothing
  ASSERT_EQ(parked(), 3U);
  put("bad", 0 + 2);
  world.worker.reset();
  std::filesystem::remove_all(directory.file("parked"));
  start();
  missing.clear();
  pass(3'000);
  EXPECT_EQ(stored("bad").substr(0, bad.size()), bad);
  EXPECT_EQ(world.worker->cursor().delivered, 5U);
  EXPECT_EQ(world.worker->cursor().discarded_total(), 0U);
}

TEST_F(sinks_that_park, without_a_cursor_what_is_parked_is_still_delivered) {
  missing = {"bad"};
  start();
  const std::string bad = put("bad", 3);
  pass(15'000);
  ASSERT_EQ(parked(), 3U);
  world.worker.reset();
  std::filesystem::remove(directory.file("s.cursor"));
  missing.clear();
  start();
  EXPECT_EQ(world.worker->pending_points(), 3U);
  pass(3'000);
  EXPECT_EQ(stored("bad"), bad);
}

/// What a process does until it is killed at step `k` of what it writes: lanes are held, parked,
/// delivered, dropped for want of room, and restarts.
class crash_world : public parking_world {
 public:
  void live(int k) {
    world.settings.park_keep = std::uint64_t{1} << 20;
    missing = {"bad", "worse"};
    start();
    files.calls.clear();
    files.fail_at = k;
    files.dead = true;
    for (int i = 0; i < 4; ++i) {
      add("bad", 20);
      add("good", 5);
      add("worse", 700);
      pass(6'000);
    }
    missing = {"worse"};
    add("bad", 3);
    pass(3'000);
    missing = {"bad", "worse"};
    add("bad", 4);
    pass(12'000);
    died = static_cast<int>(files.calls.size()) > k;
    // The process is gone; the disk is what it was at step k.
    files.fail_at = -1;
    start();
    EXPECT_TRUE(world.conserves());
    pass(500);
    start();
    missing.clear();
    for (int i = 0; i < 10; ++i) {
      pass(2'000);
    }
  }
  void add(const std::string& database, std::uint32_t points) {
    all[database] += put(database, points);
    points_ += points;
  }
  std::uint64_t points() const { return points_; }

  std::map<std::string, std::string> all;
  bool died = false;

 private:
  std::uint64_t points_ = 0;
};

TEST(parking_crash, at_every_step_no_point_is_lost_or_counted_twice) {
  int k = 0;
  for (;; ++k) {
    SCOPED_TRACE(k);
    crash_world one;
    one.live(k);
    ASSERT_TRUE(one.world.conserves());
    EXPECT_EQ(one.world.worker->cursor().accepted, one.points());
    EXPECT_EQ(one.world.worker->cursor().delivered, one.points());
    EXPECT_EQ(one.world.worker->pending_points(), 0U);
    for (const auto& [database, lines] : one.all) {
      const std::string stored = one.stored(database);
      for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at) + 1;
        ASSERT_NE(stored.find(lines.substr(at, end - at)), std::string::npos)
            << database << " " << lines.substr(at, end - at);
        at = end;
      }
    }
    if (::testing::Test::HasFailure() || !one.died) {
      break;
    }
  }
  EXPECT_GT(k, 20) << "steps were played through";
}

}  // namespace
}  // namespace weir
