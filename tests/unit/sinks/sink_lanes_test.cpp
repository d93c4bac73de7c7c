// SPDX-License-Identifier: Apache-2.0
//
// Lanes that keep together, for a server that takes nothing much older than its newest sample:
// after an outage none runs ahead of the others, however many points each has.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sinks/sink.hpp"
#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
constexpr std::int64_t begin_ns = 1'700'000'000'000'000'000;

/// Takes each batch, or fails those of `failing`, and notes when what is in it was received.
class noting_target final : public target {
 public:
  explicit noting_target(std::int64_t span_minutes) : span_ns_(span_minutes * minute_ns) {}
  struct note {
    std::string database;
    std::int64_t first_minute = 0;
    std::int64_t last_minute = 0;
  };
  void deliver(const batch& source, done on_done) override {
    if (source.lane.database == failing) {
      on_done(attempt_result::failed("not this one"));
      return;
    }
    const auto minute = [](const frame_ptr& one) {
      return (one->header.received_ns - begin_ns) / minute_ns;
    };
    notes.push_back(
        {source.lane.database, minute(source.frames.front()), minute(source.frames.back())});
    on_done(attempt_result::done(0));
  }
  void abort() override {}
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }
  [[nodiscard]] std::int64_t span_ns_most() const noexcept override { return span_ns_; }

  std::string failing;
  std::vector<note> notes;

 private:
  std::int64_t span_ns_;
};

class sink_lanes : public ::testing::Test {
 protected:
  static constexpr std::int64_t minutes = 300;

  void SetUp() override {
    world_.settings.batch.points = 10;
    // Batches of the first one have a frame, those of the other ones as many as their span allows.
    for (std::int64_t i = 0; i < minutes; ++i) {
      append("busy", 10, i);
      append("quiet", 1, i);
      append("rare", 1, i);
    }
  }
  void append(const std::string& database, std::uint32_t points, std::int64_t minute) {
    auto made = make_frame(database, make_lines(points), points);
    made->header.received_ns = begin_ns + minute * minute_ns;
    append_frame(log_, made);
  }
  /// Until it was so long the time.
  void run(target& to, std::int64_t ms) {
    sink subject(world_.settings,
                 {.log = log_, .memory = world_.memory, .target = to, .request_turn = [] {}},
                 cursor_state{});
    subject.open(0);
    for (std::int64_t now_ms = 0; now_ms < ms; now_ms += 50) {
      subject.turn(now_ms);
    }
  }
  /// How far a batch's newest minute was beyond the oldest one that another lane still had.
  static std::int64_t farthest_ahead(const std::vector<noting_target::note>& notes) {
    std::map<std::string, std::int64_t> next{{"busy", 0}, {"quiet", 0}, {"rare", 0}};
    std::int64_t found = 0;
    for (const auto& one : notes) {
      for (const auto& [database, minute] : next) {
        if (database != one.database && minute < minutes) {
          found = std::max(found, one.last_minute - minute);
        }
      }
      next[one.database] = one.last_minute + 1;
    }
    return found;
  }
  static std::int64_t delivered(const std::vector<noting_target::note>& notes,
                                const std::string& database) {
    std::int64_t count = 0;
    for (const auto& one : notes) {
      count += one.database == database ? one.last_minute - one.first_minute + 1 : 0;
    }
    return count;
  }

  fake_log log_;
  sink_world world_{log_};
};

TEST_F(sink_lanes, keep_together_where_the_server_wants_it) {
  noting_target to(20);
  run(to, 120'000);
  for (const char* database : {"busy", "quiet", "rare"}) {
    EXPECT_EQ(delivered(to.notes, database), minutes) << database;
  }
  EXPECT_TRUE(std::all_of(to.notes.begin(), to.notes.end(), [](const auto& one) {
    return one.last_minute - one.first_minute <= 20;
  }));
  EXPECT_LE(farthest_ahead(to.notes), 2 * 20);
}

TEST_F(sink_lanes, run_ahead_where_it_does_not) {
  noting_target to(0);
  run(to, 120'000);
  EXPECT_EQ(delivered(to.notes, "busy"), minutes);
  EXPECT_GT(farthest_ahead(to.notes), 2 * 20) << "so that the test above can fail";
}

TEST_F(sink_lanes, wait_for_one_that_fails_but_not_for_ever) {
  noting_target to(20);
  to.failing = "rare";
  run(to, 30'000);
  EXPECT_LT(delivered(to.notes, "busy"), 60);
  to.notes.clear();
  run(to, 300'000);
  EXPECT_EQ(delivered(to.notes, "busy"), minutes);
  EXPECT_EQ(delivered(to.notes, "quiet"), minutes);
}

/// Answers when the test says so.
class slow_target final : public target {
 public:
  void deliver(const batch& source, done on_done) override {
    asked.push_back(source.lane.database);
    waiting.push_back(std::move(on_done));
  }
  void abort() override { waiting.clear(); }
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }
  [[nodiscard]] std::int64_t span_ns_most() const noexcept override { return 20 * minute_ns; }

  std::vector<std::string> asked;
  std::vector<done> waiting;
};

class few_lanes : public sink_lanes {
 protected:
  void SetUp() override { world_.settings.batch.age = std::chrono::hours(1); }
};

TEST_F(few_lanes, a_batch_that_was_filling_is_waited_for_once_it_is_under_way) {
  slow_target to;
  sink subject(world_.settings,
               {.log = log_, .memory = world_.memory, .target = to, .request_turn = [] {}},
               cursor_state{});
  append("old", 1, 0);
  append("young", 1, 30);
  append("younger", 1, 60);
  subject.open(0);
  subject.turn(0);
  EXPECT_TRUE(to.asked.empty());
  subject.drain(100);
  subject.turn(100);
  EXPECT_EQ(to.asked, (std::vector<std::string>{"old"}));
  to.waiting.at(0)(attempt_result::done(0));
  subject.turn(200);
  EXPECT_EQ(to.asked, (std::vector<std::string>{"old", "young"}));
  to.waiting.at(1)(attempt_result::done(0));
  subject.turn(300);
  EXPECT_EQ(to.asked, (std::vector<std::string>{"old", "young", "younger"}));
}

}  // namespace
}  // namespace weir
