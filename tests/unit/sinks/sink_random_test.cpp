// SPDX-License-Identifier: Apache-2.0
//
// Random histories of a sink: appends, every kind of answer, losses, crashes and restarts. After
// every step accepted = delivered + discarded + pending; at the end every line that was not lost
// was stored (at least once), and with a healthy server nothing stays behind.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

class random_history {
 public:
  explicit random_history(std::uint64_t seed) : random_(seed) {
    world_.seed = seed;
    world_.settings.batch.points = 20;
    world_.settings.batch.bytes = 700;
    world_.created = {"db0", "db1"};
    world_.start();
  }

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        append();
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        if (!world_.server.waiting.empty()) {
          reply(random_answer(world_.server.waiting.front()));
        }
        break;
      case 8:
        world_.pass(static_cast<std::int64_t>(below(300)));
        break;
      case 9:
        world_.turn();
        break;
      case 10:
        if (below(4) == 0) {
          world_.start();
        }
        break;
      case 11:
        if (below(10) == 0 && log_.end().number() > 1) {
          lose(1 + below(log_.end().number() - 1));
        }
        break;
    }
    ASSERT_TRUE(world_.conserves());
  }

  void settle() {
    for (int i = 0; i < 2000 && (i < 10 || world_.worker->pending_points() > 0); ++i) {
      world_.pass(300);
      while (!world_.server.waiting.empty()) {
        reply(world_.server.waiting.front().creates
                  ? reply_of(200, R"({"results":[{"statement_id":0}]})")
                  : reply_of(204));
      }
    }
  }

  void check_end() {
    ASSERT_TRUE(world_.conserves());
    EXPECT_EQ(world_.worker->pending_points(), 0U);
    EXPECT_EQ(log_.released(world_.subscriber), log_.end());
    EXPECT_EQ(world_.memory.used(), 0U);
    for (const std::string& line : appended_) {
      EXPECT_TRUE(settled_.contains(line) || lost_.contains(line)) << line;
    }
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  void append() {
    const std::string database = "db" + std::to_string(below(4));
    const auto points = static_cast<std::uint32_t>(1 + below(40));
    const std::string lines = make_lines(points, value_);
    for (std::uint32_t i = 0; i < points; ++i) {
      appended_.insert(make_lines(1, value_ + i));
    }
    const frame_codec codec = below(2) == 0 ? frame_codec::plain : frame_codec::gzip;
    const std::uint64_t sequence =
        append_frame(log_, make_frame(database, lines, points, codec)).number();
    frames_[sequence] = {value_, points};
    value_ += points;
    world_.turn();
  }

  void lose(std::uint64_t sequence) {
    log_.lose(log_position(sequence));
    const auto [first, points] = frames_[sequence];
    for (std::uint32_t i = 0; i < points; ++i) {
      lost_.insert(make_lines(1, first + i));
    }
  }

  http_reply random_answer(const fake_server::request& one) {
    if (one.creates) {
      return below(2) == 0 ? reply_of(200, R"({"results":[{"statement_id":0}]})") : reply_of(403);
    }
    switch (below(12)) {
      case 0:
        return http_reply::failed("reset");
      case 1:
        return reply_of(413);
      case 2:
        return reply_of(404, R"({"error":"database not found: \"x\""})");
      case 3:
        return reply_of(503);
      case 4:
        return reply_of(400, R"({"error":"unable to parse 'x'"})");
      case 5:
        return reply_of(400, R"({"error":"partial write: x dropped=2"})");
      case 6:
        return reply_of(401);
      default:
        return reply_of(204);
    }
  }

  /// Lines of a request that the sink will not send again on purpose.
  void reply(const http_reply& given) {
    const std::string lines = world_.server.waiting.front().lines;
    const bool single = world_.server.waiting.front().points == 1;
    const bool final_word = given.answered && (given.status == 204 || given.status == 400 ||
                                               (given.status == 413 && single));
    if (final_word) {
      for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at) + 1;
        settled_.insert(lines.substr(at, end - at));
        at = end;
      }
    }
    world_.reply(given);
  }

  std::mt19937_64 random_;
  fake_log log_;
  sink_world world_{log_};
  std::uint64_t value_ = 0;
  std::set<std::string> appended_;
  std::set<std::string> settled_;
  std::set<std::string> lost_;
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint32_t>> frames_;
};

TEST(sink_random, conserves_points_in_every_step_of_any_history) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    random_history history(seed);
    for (int i = 0; i < 300; ++i) {
      history.step();
      if (::testing::Test::HasFatalFailure()) {
        return;
      }
    }
    history.settle();
    history.check_end();
    if (::testing::Test::HasFailure()) {
      return;
    }
  }
}

}  // namespace
}  // namespace weir
