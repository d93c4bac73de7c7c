// SPDX-License-Identifier: Apache-2.0
//
// Frames that say which series ended: when a target is told, over failures and restarts.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sinks/sink.hpp"
#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

/// Answers batches when the test says so, and notes what it is told.
class marking_target final : public target {
 public:
  void deliver(const batch&, done on_done) override { waiting.push_back(std::move(on_done)); }
  void abort() override { waiting.clear(); }
  [[nodiscard]] bool marks_ends() const noexcept override { return marks; }
  void end_series(const lane_key& lane, std::string_view lines) override {
    told.push_back(lane.database + ": " + std::string(lines));
  }
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }

  std::vector<done> waiting;
  std::vector<std::string> told;
  bool marks = true;
};

class sink_ends : public ::testing::Test {
 protected:
  sink_ends() { world_.settings.batch.age = milliseconds(0); }
  void put(const std::string& database) {
    append_frame(log_, make_frame(database, make_lines(2), 2));
    turn();
  }
  void put_end(const std::string& database, const std::string& lines = "m value=0 7\n") {
    auto made = make_frame(database, lines, 0);
    made->header.kind = frame_kind::events;
    append_frame(log_, made);
    turn();
  }
  void start() {
    cursor_state from;
    from.low_water = from.discovered = log_.first();
    if (cursors_.kept) {
      from = *cursors_.kept;
    }
    subscriber_ = log_.subscribe({"test", true, {}}, from.low_water);
    subject_.emplace(world_.settings,
                     sink_parts{.log = log_,
                                .memory = world_.memory,
                                .target = to_,
                                .cursors = &cursors_,
                                .refused = &world_.refused,
                                .request_turn = [] {},
                                .subscriber = subscriber_,
                                .now_ns = [this] { return now_ms_ * 1'000'000; }},
                     from);
    subject_->open(now_ms_);
    turn();
  }
  void turn() {
    now_ms_ += 100;
    subject_->turn(now_ms_);
  }
  void answer(attempt_result with = attempt_result::done(0)) {
    const target::done on_done = std::move(to_.waiting.at(0));
    to_.waiting.erase(to_.waiting.begin());
    on_done(std::move(with));
    turn();
  }

  fake_log log_;
  sink_world world_{log_};
  fake_cursors cursors_;
  marking_target to_;
  std::optional<sink> subject_;
  std::size_t subscriber_ = 0;
  std::int64_t now_ms_ = 1'000;
};

TEST_F(sink_ends, are_told_when_all_of_their_lane_before_them_is_dealt_with) {
  start();
  put("a");
  put("b");
  put_end("a");
  put("a");
  EXPECT_TRUE(to_.told.empty());
  answer();  // the first of a
  EXPECT_EQ(to_.told, (std::vector<std::string>{"a: m value=0 7\n"}));
  EXPECT_EQ(subject_->cursor().accepted, 6U) << "they are no points";
  put_end("c");
  EXPECT_EQ(to_.told.size(), 2U) << "nothing of c waits";
}

TEST_F(sink_ends, wait_for_their_own_lane_alone) {
  start();
  put("a");
  put("b");
  put_end("a", "m value=0 7\n");
  put_end("a", "m value=0 8\n");
  put_end("b");
  EXPECT_TRUE(to_.told.empty());
  std::swap(to_.waiting.at(0), to_.waiting.at(1));
  answer();  // all of b
  EXPECT_EQ(to_.told, (std::vector<std::string>{"b: m value=0 7\n"}));
  EXPECT_EQ(log_.released(subscriber_).number(), 1U);
  answer();
  EXPECT_EQ(to_.told,
            (std::vector<std::string>{"b: m value=0 7\n", "a: m value=0 7\n", "a: m value=0 8\n"}));
  EXPECT_EQ(log_.released(subscriber_), log_.end());
}

TEST_F(sink_ends, of_too_many_the_oldest_are_given_up) {
  start();
  put("a");
  put("b");
  for (std::size_t i = 0; i < sink::ends_max + 2; ++i) {
    auto made = make_frame(i % 2 == 0 ? "a" : "b", "m value=0 7\n", 0);
    made->header.kind = frame_kind::events;
    append_frame(log_, made);
  }
  turn();
  answer();
  answer();
  EXPECT_EQ(to_.told.size(), sink::ends_max);
  EXPECT_EQ(log_.released(subscriber_), log_.end());
}

TEST_F(sink_ends, hold_the_log_until_they_are_told_and_outlive_a_restart) {
  start();
  put("a");
  put_end("a");
  EXPECT_EQ(log_.released(subscriber_).number(), 1U);
  answer(attempt_result::failed("down"));
  subject_.reset();
  start();
  now_ms_ += 10'000;
  turn();
  EXPECT_TRUE(to_.told.empty());
  answer();
  EXPECT_EQ(to_.told.size(), 1U);
  EXPECT_EQ(log_.released(subscriber_), log_.end());
}

TEST_F(sink_ends, wait_for_a_disk_that_refuses) {
  start();
  put_end("a");
  EXPECT_EQ(to_.told.size(), 1U);
  put("a");
  put_end("a");
  log_.fail_reads(true);
  answer();
  EXPECT_EQ(to_.told.size(), 1U);
  EXPECT_LT(log_.released(subscriber_), log_.end());
  log_.fail_reads(false);
  now_ms_ += 1'000;
  turn();
  EXPECT_EQ(to_.told.size(), 2U);
  EXPECT_EQ(log_.released(subscriber_), log_.end());
}

TEST_F(sink_ends, of_a_lane_that_is_held_are_given_up) {
  start();
  put("a");
  put_end("a");
  attempt_result held;
  held.verdict = attempt_verdict::hold;
  answer(held);
  now_ms_ += 60'000;
  turn();
  answer();
  EXPECT_TRUE(to_.told.empty());
  EXPECT_EQ(log_.released(subscriber_), log_.end());
}

TEST_F(sink_ends, go_by_the_sinks_filters) {
  world_.settings.databases = {"a"};
  world_.settings.measurements = {"m"};
  start();
  put_end("b");
  put_end("a", "other value=0 7\nm value=0 8\n");
  put_end("a", "other value=0 9\n");
  EXPECT_EQ(to_.told, (std::vector<std::string>{"a: m value=0 8\n"}));
}

TEST_F(sink_ends, are_passed_over_by_targets_that_have_no_use_for_them) {
  to_.marks = false;
  start();
  put_end("a");
  EXPECT_TRUE(to_.told.empty());
  EXPECT_EQ(subject_->cursor().accepted, 0U);
  EXPECT_EQ(log_.released(subscriber_), log_.end());
}

}  // namespace
}  // namespace weir
