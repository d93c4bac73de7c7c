// SPDX-License-Identifier: Apache-2.0
//
// Answers that get lost, processes that die, other writers, servers that are busy: seeds of all of
// it. In the end the server has each sample that the rules admit, and it was never asked in a loop.
#include <random>
#include <set>

#include "unit/sinks/remote_write/remote_writes.hpp"

namespace weir {
namespace {

constexpr std::uint64_t frames_in_log = 300;

class lost_answers : public remote_writes, public ::testing::WithParamInterface<int> {
 protected:
  std::uint64_t up_to(std::uint64_t n) { return random_() % n; }

  void write_log() {
    std::int64_t time = 0;
    for (std::uint64_t number = 1; number <= frames_in_log; ++number) {
      std::string lines;
      const std::uint64_t steps = 1 + up_to(12);
      for (std::uint64_t step = 0; step < steps; ++step) {
        ++time;
        for (std::uint64_t series = 0; series <= up_to(6); ++series) {
          lines += line_of(std::to_string(series), time, std::to_string(time));
          expected_[stored_name(std::to_string(series))].insert(base_ms + time);
        }
      }
      auto made = make_frame("d", lines, count(lines));
      made->header.position = log_position(number);
      log_.push_back(made);
    }
  }

  batch next_batch() {
    batch what;
    what.lane = {"d", ""};
    const std::size_t frames = std::min<std::size_t>(1 + up_to(5), log_.size() - cursor_);
    for (std::size_t i = 0; i < frames; ++i) {
      what.frames.push_back(log_[cursor_ + i]);
      what.points += log_[cursor_ + i]->header.points;
    }
    return what;
  }

  /// What goes wrong in this attempt, if anything does.
  void choose_trouble() {
    const std::size_t at = server_.requests + 1 + up_to(4);
    const std::uint64_t which = up_to(9);
    server_.take_and_lose = [at, which](std::size_t number) { return number == at && which == 0; };
    server_.behave = [this, at, which](std::size_t number) -> std::optional<http_reply> {
      if (number != at || which == 0 || which > 3) {
        return std::nullopt;
      }
      ++troubles_;
      http_reply given = http_reply::failed("reset");
      if (which > 1) {
        given.answered = true;
        given.status = which == 2 ? 503 : 429;
      }
      return given;
    };
    server_.samples_max = up_to(4) == 0 ? 1 + up_to(30) : 0;
    dies_at_ = which > 3 && which < 6 ? server_.requests + 1 + up_to(6) : 0;
    const bool taken = up_to(2) == 0;
    if (dies_at_ != 0) {
      server_.behave = [this, taken](std::size_t number) -> std::optional<http_reply> {
        server_.silent = number >= dies_at_;
        return server_.silent && !taken ? std::optional(http_reply::failed("not sent"))
                                        : std::nullopt;
      };
    }
  }

  void run() {
    while (cursor_ < log_.size()) {
      ASSERT_LT(++turns_, 20'000U) << "it does not get on";
      const batch what = next_batch();
      choose_trouble();
      clock_ms_ += 10;
      const attempt_result given = deliver(what);
      if (server_.silent) {
        target_->abort();
        restart(log_[cursor_]->header.position);
        server_.silent = false;
        ++troubles_;
        continue;
      }
      if (given.verdict == attempt_verdict::retry) {
        clock_ms_ += 10'000;
        ++troubles_;
        continue;
      }
      ASSERT_EQ(given.verdict, attempt_verdict::delivered);
      discarded_ += given.discarded.total();
      if (up_to(8) == 0) {
        restart(log_[cursor_]->header.position);  // before the cursor was kept
        ++troubles_;
        continue;
      }
      cursor_ += what.frames.size();
      target_->saved(log_position(cursor_ + 1));
    }
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
  std::vector<frame_ptr> log_;
  std::map<std::string, std::set<std::int64_t>> expected_;
  std::size_t cursor_ = 0;
  std::size_t troubles_ = 0;
  std::size_t turns_ = 0;
  std::size_t dies_at_ = 0;
  std::uint64_t discarded_ = 0;
};

TEST_P(lost_answers, lose_nothing_and_poison_nothing) {
  write_log();
  run();
  EXPECT_GT(troubles_, 30U);
  EXPECT_EQ(discarded_, 0U);
  EXPECT_LE(server_.statuses[400], troubles_) << "one for each request that is asked about";
  for (const auto& [series, times] : expected_) {
    EXPECT_EQ(server_.times_of(series), times) << series;
  }
}

TEST_P(lost_answers, a_receiver_that_keeps_what_is_good_has_all_of_it) {
  server_.keeps_the_rest = true;
  write_log();
  run();
  for (const auto& [series, times] : expected_) {
    EXPECT_EQ(server_.times_of(series), times) << series;
  }
}

// Of some series somebody else's newer samples are there: those are refused, and no others.
TEST_P(lost_answers, another_writer_costs_only_its_series) {
  write_log();
  const std::set<std::string> of_others{stored_name("1"), stored_name("4")};
  for (const std::string& series : of_others) {
    server_.stored[series][base_ms + 100'000] = 7;
  }
  run();
  for (const auto& [series, times] : expected_) {
    if (!of_others.contains(series)) {
      EXPECT_EQ(server_.times_of(series), times) << series;
    }
  }
  EXPECT_LE(server_.statuses[400], 30 * turns_);
}

INSTANTIATE_TEST_SUITE_P(seeds, lost_answers, ::testing::Range(1, 76));

}  // namespace
}  // namespace weir
