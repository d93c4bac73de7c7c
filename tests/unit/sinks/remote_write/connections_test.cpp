// SPDX-License-Identifier: Apache-2.0
//
// Several connections: how series are shared out, when their number changes, and that answers in
// any order, answers that get lost and processes that die with several requests under way lose
// nothing and poison nothing.
#include <map>
#include <optional>
#include <random>
#include <set>

#include "sinks/remote_write/sending/connection_scale.hpp"
#include "unit/sinks/remote_write/remote_writes.hpp"

namespace weir {
namespace {

/// Keeps requests until the test answers them.
class held_requests final : public transfer {
 public:
  struct one {
    std::string body;
    std::vector<std::string> headers;
    done on_done;
  };
  explicit held_requests(fake_prometheus& server) : server_(server) {}

  void post(transfer_request request, done on_done) override {
    one& made = all.emplace_back();
    for (const std::string_view piece : request.body) {
      made.body += piece;
    }
    made.headers = request.headers;
    made.on_done = std::move(on_done);
    most = std::max(most, all.size());
  }
  void abort() override { all.clear(); }

  [[nodiscard]] std::set<std::string> series_of(std::size_t which) const {
    std::set<std::string> series;
    for (const received_sample& each : decode_request(all[which].body)) {
      series.insert(each.series());
    }
    return series;
  }
  /// The server deals with it, and its answer arrives, or what is given instead of that.
  void answer(std::size_t which, bool taken = true, std::optional<http_reply> instead = {}) {
    one request = std::move(all[which]);
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(which));
    http_reply reply = http_reply::failed("reset");
    if (taken) {
      server_.post(request_of(request), [&](http_reply given) { reply = std::move(given); });
    }
    request.on_done(instead ? std::move(*instead) : std::move(reply));
  }
  /// The server deals with it when its sender is gone.
  void take(std::size_t which) {
    server_.post(request_of(all[which]), [](const http_reply&) {});
  }

  std::deque<one> all;
  std::size_t most = 0;

 private:
  static transfer_request request_of(const one& request) {
    transfer_request made;
    made.headers = request.headers;
    made.body = {request.body};
    return made;
  }
  fake_prometheus& server_;
};

class connections : public remote_writes {
 protected:
  connections() : held_(server_) {
    settings_.connections_least = 3;
    settings_.connections_most = 3;
    limits_.samples = 10;
    restart(held_);
  }
  static std::string lines_of(int series, int first, int end) {
    std::string lines;
    for (int t = first; t < end; ++t) {
      for (int i = 0; i < series; ++i) {
        lines += line_of(std::to_string(i), t);
      }
    }
    return lines;
  }
  void begin(const batch& what) {
    result_.reset();
    target_->deliver(what, [this](attempt_result got) { result_ = std::move(got); });
  }
  void answer_all() {
    while (!held_.all.empty()) {
      held_.answer(held_.all.size() - 1);
    }
  }

  held_requests held_;
  std::optional<attempt_result> result_;
};

TEST_F(connections, have_series_of_their_own_and_one_request_under_way_each) {
  begin(make(lines_of(20, 0, 6)));
  std::map<std::string, std::size_t> requests_of;
  while (!held_.all.empty()) {
    std::set<std::string> under_way;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < held_.all.size(); ++i) {
      const std::set<std::string> series = held_.series_of(i);
      sum += series.size();
      under_way.insert(series.begin(), series.end());
    }
    EXPECT_EQ(under_way.size(), sum) << "a series is in two requests";
    EXPECT_FALSE(result_);
    held_.answer(held_.all.size() / 2);
  }
  EXPECT_EQ(held_.most, 3U);
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->verdict, attempt_verdict::delivered);
  EXPECT_EQ(server_.stored.size(), 20U);
  for (const auto& [series, times] : server_.stored) {
    EXPECT_EQ(times.size(), 6U) << series;
  }
  EXPECT_EQ(server_.statuses[400], 0U);
  EXPECT_EQ(counters_->delivered.value(), 120U);
}

TEST_F(connections, are_through_with_a_batch_before_the_next_one_begins) {
  begin(make(lines_of(20, 0, 2)));
  std::optional<attempt_result> second;
  target_->deliver(make(lines_of(20, 2, 4)), [&](attempt_result got) { second = std::move(got); });
  while (!result_) {
    for (std::size_t i = 0; i < held_.all.size(); ++i) {
      for (const received_sample& each : decode_request(held_.all[i].body)) {
        EXPECT_LT(each.time_ms, base_ms + 2);
      }
    }
    held_.answer(0);
  }
  EXPECT_FALSE(second);
  answer_all();
  EXPECT_TRUE(second);
  EXPECT_EQ(server_.stored.size(), 20U);
}

TEST_F(connections, one_that_gets_nothing_through_ends_the_attempt_and_no_other_repeats) {
  const batch& what = make(lines_of(20, 0, 6));
  begin(what);
  http_reply busy;
  busy.answered = true;
  busy.status = 503;
  busy.body = "later";
  ASSERT_EQ(held_.all.size(), 3U);
  held_.answer(1, false, busy);
  EXPECT_FALSE(result_);
  answer_all();  // those that were under way, and nothing further
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->verdict, attempt_verdict::retry);
  EXPECT_EQ(result_->message, "later");
  EXPECT_EQ(server_.requests, 2U);
  begin(what);
  answer_all();
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->verdict, attempt_verdict::delivered);
  EXPECT_EQ(result_->discarded.total(), 0U);
  EXPECT_EQ(server_.statuses[400], 0U);
  for (const auto& [series, times] : server_.stored) {
    EXPECT_EQ(times.size(), 6U) << series;
  }
}

TEST_F(connections, refusals_on_one_cost_nothing_on_the_others) {
  server_.extra = [](const received_sample& one) {
    return one.series() == stored_name("7") && one.time_ms % 2 == 0 ? "no" : "";
  };
  begin(make(lines_of(20, 0, 6)));
  answer_all();
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(*result_, discard_reason::refused), 3U);
  ASSERT_EQ(result_->refused.size(), 1U);
  EXPECT_EQ(count(result_->refused[0].lines), 3U);
  EXPECT_EQ(counters_->delivered.value(), 117U);
}

TEST_F(connections, all_fall_back_to_version_1_together) {
  settings_.version = 2;
  server_.status_for_v2 = 415;
  restart(held_);
  begin(make(lines_of(20, 0, 6)));
  EXPECT_EQ(held_.all.size(), 3U);
  answer_all();
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->verdict, attempt_verdict::delivered);
  EXPECT_EQ(server_.statuses[415], 3U);
  EXPECT_EQ(counters_->delivered.value(), 120U);
}

TEST_F(connections, of_samples_far_apart_are_one) {
  begin(make(lines_of(20, 0, 2) + line_of("0", -shard::span_ms_max)));
  EXPECT_EQ(held_.all.size(), 1U);
  answer_all();
  EXPECT_TRUE(result_);
  EXPECT_EQ(held_.most, 1U);
  begin(make(lines_of(20, 2, 3)));
  EXPECT_EQ(held_.all.size(), 2U) << "two requests' worth";
}

TEST_F(connections, grow_while_the_sink_is_behind_and_shrink_when_it_is_not) {
  settings_.connections_least = 1;
  settings_.connections_most = 6;
  restart(held_);
  int at = 0;
  const auto next = [&] {
    begin(make(lines_of(20, at, at + 6)));
    at += 6;
    answer_all();
    return counters_->connections.value();
  };
  static_cast<void>(target_->tick(clock_ms_, true));
  EXPECT_EQ(next(), 1U);
  static_cast<void>(target_->tick(clock_ms_, false));
  EXPECT_EQ(next(), 2U);
  EXPECT_EQ(next(), 4U);
  EXPECT_EQ(next(), 6U);
  EXPECT_EQ(next(), 6U);
  static_cast<void>(target_->tick(clock_ms_, true));
  for (std::size_t i = 1; i < connection_scale::calm_batches; ++i) {
    EXPECT_EQ(next(), 6U);
  }
  EXPECT_EQ(next(), 5U);
  EXPECT_EQ(server_.statuses[400], 0U);
  EXPECT_EQ(server_.times_of(stored_name("19")).size(), static_cast<std::size_t>(at));
}

class seeds_of_connections : public connections, public ::testing::WithParamInterface<int> {
 protected:
  std::uint64_t up_to(std::uint64_t n) { return random_() % n; }

  void restart_anyhow() {
    settings_.connections_least = static_cast<std::uint32_t>(1 + up_to(3));
    settings_.connections_most = settings_.connections_least + static_cast<std::uint32_t>(up_to(4));
    restart(held_, batches_[cursor_].frames.front()->header.position);
    static_cast<void>(target_->tick(clock_ms_, up_to(2) == 0));
  }

  void make_log() {
    std::int64_t time = 0;
    for (int number = 0; number < 60; ++number) {
      std::string lines;
      for (std::uint64_t step = 0, steps = 1 + up_to(8); step < steps; ++step) {
        ++time;
        for (std::uint64_t series = 0, all = 1 + up_to(12); series < all; ++series) {
          lines += line_of(std::to_string(series), time, std::to_string(time));
          expected_[stored_name(std::to_string(series))].insert(base_ms + time);
        }
      }
      make(lines);
    }
  }

  /// Answers in any order, until the attempt is over or the process dies. True: it is over.
  bool answer_somehow() {
    while (!result_) {
      if (held_.all.empty()) {
        ADD_FAILURE() << "it waits for nothing";
        return false;
      }
      const std::size_t which = up_to(held_.all.size());
      switch (up_to(40)) {
        case 0:
        case 1: {
          ++troubles_;
          held_.answer(which, up_to(2) == 0, http_reply::failed("reset"));
          break;
        }
        case 2: {
          for (std::size_t i = 0; i < held_.all.size(); ++i, ++troubles_) {
            if (up_to(2) == 0) {
              held_.take(i);
            }
          }
          return false;
        }
        default:
          held_.answer(which);
      }
    }
    return true;
  }

  void run() {
    restart_anyhow();
    while (cursor_ < batches_.size()) {
      ASSERT_LT(++turns_, 20'000U) << "it does not get on";
      server_.samples_max = up_to(6) == 0 ? 1 + up_to(20) : 0;
      clock_ms_ += 100;
      begin(batches_[cursor_]);
      const bool over = answer_somehow();
      ASSERT_TRUE(over || !result_);
      if (!over) {
        held_.abort();
        target_->abort();
        restart_anyhow();
        continue;
      }
      if (result_->verdict == attempt_verdict::retry) {
        clock_ms_ += 10'000;
        continue;
      }
      ASSERT_EQ(result_->verdict, attempt_verdict::delivered);
      discarded_ += result_->discarded.total();
      if (up_to(8) == 0) {
        ++troubles_;
        restart_anyhow();  // before the cursor was kept
        continue;
      }
      target_->saved(batches_[cursor_].frames.front()->header.position.next());
      ++cursor_;
    }
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
  std::map<std::string, std::set<std::int64_t>> expected_;
  std::size_t cursor_ = 0;
  std::size_t troubles_ = 0;
  std::size_t turns_ = 0;
  std::uint64_t discarded_ = 0;
};

TEST_P(seeds_of_connections, lose_nothing_and_poison_nothing) {
  make_log();
  run();
  EXPECT_GT(held_.most, 1U);
  EXPECT_GT(troubles_, 5U);
  EXPECT_EQ(discarded_, 0U);
  EXPECT_LE(server_.statuses[400], troubles_) << "one for each request that is asked about";
  for (const auto& [series, times] : expected_) {
    EXPECT_EQ(server_.times_of(series), times) << series;
  }
}

TEST_P(seeds_of_connections, a_receiver_that_keeps_what_is_good_has_all_of_it) {
  server_.keeps_the_rest = true;
  make_log();
  run();
  for (const auto& [series, times] : expected_) {
    EXPECT_EQ(server_.times_of(series), times) << series;
  }
}

TEST_P(seeds_of_connections, version_2_has_all_of_it) {
  settings_.version = 2;
  server_.status_for_v2 = up_to(2) == 0 ? 0 : 415;
  make_log();
  run();
  EXPECT_EQ(discarded_, 0U);
  for (const auto& [series, times] : expected_) {
    EXPECT_EQ(server_.times_of(series), times) << series;
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, seeds_of_connections, ::testing::Range(1, 101));

}  // namespace
}  // namespace weir
