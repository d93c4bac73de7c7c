// SPDX-License-Identifier: Apache-2.0
//
// The deliverer against a Prometheus in memory: requests, refusals, bisection, crashes.
#include <gtest/gtest.h>

#include <random>

#include "sinks/remote_write/remote_write_target.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/remote_write/fake_prometheus.hpp"

namespace weir {
namespace {

constexpr std::int64_t now_ms = 1'700'000'000'000;
constexpr std::int64_t base_ms = now_ms - 600'000;

/// A file that outlives deliverers.
class memory_store final : public sent_store {
 public:
  explicit memory_store(std::string& file) : file_(file) {}
  bool append(std::string_view bytes) override {
    file_ += bytes;
    return true;
  }
  bool replace(std::string_view bytes) override {
    file_ = bytes;
    return true;
  }

 private:
  std::string& file_;
};

std::string line_of(const std::string& series, std::int64_t ms, const std::string& value = "1") {
  return "m,s=" + series + " v=" + value + " " + std::to_string((base_ms + ms) * 1'000'000) + "\n";
}

std::string stored_name(const std::string& series) {
  return "m_v{s=\"" + series + "\"}";
}

class remote_writes : public ::testing::Test {
 protected:
  remote_writes() { restart(); }

  void restart(log_position low_water = {}) {
    const std::string before = file_;
    counters_ = std::make_shared<sample_counters>();
    shard_parts parts{server_,
                      std::make_unique<encoder_v1>(),
                      std::make_unique<memory_store>(file_),
                      [] { return now_ms * 1'000'000; },
                      std::size_t{1} << 20,
                      counters_};
    target_ = std::make_unique<remote_write_target>("test", settings_, std::move(parts), before,
                                                    low_water);
  }

  /// A batch of these lines, which becomes the log's next frame.
  batch& make(const std::string& lines) {
    batch& made = batches_.emplace_back();
    auto held = make_frame("d", lines, count(lines));
    held->header.position = log_position(++sequence_);
    made.lane = {"d", ""};
    made.points = held->header.points;
    made.frames.push_back(held);
    return made;
  }
  static std::uint32_t count(const std::string& lines) {
    return static_cast<std::uint32_t>(std::count(lines.begin(), lines.end(), '\n'));
  }
  attempt_result deliver(const batch& what) {
    attempt_result got = attempt_result::failed("no answer came");
    target_->deliver(what, [&got](attempt_result result) { got = std::move(result); });
    return got;
  }
  attempt_result deliver(const std::string& lines) { return deliver(make(lines)); }
  static std::uint64_t of(const attempt_result& given, discard_reason reason) {
    return given.discarded.of[static_cast<std::size_t>(reason)];
  }

  remote_write_settings settings_;
  fake_prometheus server_;
  std::string file_;
  std::shared_ptr<sample_counters> counters_;
  std::unique_ptr<remote_write_target> target_;
  std::deque<batch> batches_;
  int limit_reached_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(remote_writes, send_what_the_specification_asks_for) {
  settings_.token = "secret";
  settings_.headers = {"X-Scope-OrgID: team"};
  restart();
  const attempt_result given =
      deliver("m,b=2,a=1,Z=3 v=1.5,s=\"x\",n=2i,t=true 1699999999123456789\n");
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(given.discarded.total(), 0U);
  EXPECT_GT(given.sent_bytes, 0U);
  using samples = fake_prometheus::samples;
  EXPECT_EQ(server_.stored, (std::map<std::string, samples>{
                                {"m_v{Z=\"3\",a=\"1\",b=\"2\"}", {{1699999999123, 1.5}}},
                                {"m_n{Z=\"3\",a=\"1\",b=\"2\"}", {{1699999999123, 2}}},
                                {"m_t{Z=\"3\",a=\"1\",b=\"2\"}", {{1699999999123, 1}}}}));
  for (const std::string header :
       {"Content-Type: application/x-protobuf", "Content-Encoding: snappy",
        "X-Prometheus-Remote-Write-Version: 0.1.0", "Authorization: Bearer secret",
        "X-Scope-OrgID: team"}) {
    EXPECT_EQ(std::count(server_.headers.begin(), server_.headers.end(), header), 1) << header;
  }
  EXPECT_EQ(counters_->delivered.value(), 3U);
  EXPECT_EQ(counters_->discarded[static_cast<std::size_t>(discard_reason::string)].value(), 1U);
}

TEST_F(remote_writes, a_batch_is_many_requests_when_series_repeat_or_are_many) {
  std::string lines;
  for (int i = 0; i < 4500; ++i) {
    lines += line_of(std::to_string(i), 1);
  }
  lines += line_of("7", 2) + line_of("7", 3);
  EXPECT_EQ(deliver(lines).discarded.total(), 0U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{2000, 2000, 500, 1, 1}));
  EXPECT_EQ(server_.stored.size(), 4500U);
  EXPECT_EQ(server_.stored[stored_name("7")].size(), 3U);
}

TEST_F(remote_writes, find_one_bad_sample_among_many) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += line_of(std::to_string(i), i);
  }
  server_.stored[stored_name("1234")][base_ms + 5000] = 7;
  const attempt_result given = deliver(lines);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::out_of_order), 1U);
  EXPECT_EQ(given.discarded.total(), 1U);
  EXPECT_EQ(given.refused.at(0).lines, line_of("1234", 1234));
  EXPECT_EQ(given.refused.at(0).code, 400);
  EXPECT_EQ(given.refused.at(0).message, "out of order sample");
  EXPECT_EQ(server_.stored.size(), 2000U);
  EXPECT_LE(server_.requests, 1 + 2 * 11U);
  // From now on the series is known to be ahead: no request is spent on it.
  const std::size_t before = server_.requests;
  EXPECT_EQ(of(deliver(line_of("1234", 1000) + line_of("x", 1)), discard_reason::out_of_order), 1U);
  EXPECT_EQ(server_.requests, before + 1);
}

TEST_F(remote_writes, bisection_is_bounded_and_what_is_left_is_set_aside) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += line_of(std::to_string(i), 1);
  }
  lines += line_of("5", 2);
  server_.extra = [](const received_sample& one) {
    return one.time_ms == base_ms + 1 && std::stoi(one.labels[1].second) % 10 == 3 ? "no" : "";
  };
  const attempt_result given = deliver(lines);
  EXPECT_EQ(server_.requests, 1 + send_plan::bisection_requests_max + 1);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_GE(of(given, discard_reason::refused), 200U);
  EXPECT_EQ(counters_->bisection_requests.value(), send_plan::bisection_requests_max);
  EXPECT_EQ(count(given.refused.at(0).lines), given.discarded.total())
      << "nothing is lost from sight";
  EXPECT_EQ(server_.stored[stored_name("5")].count(base_ms + 2), 1U) << "the next request goes on";
}

TEST_F(remote_writes, a_bound_in_time_is_found_in_few_requests) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += line_of(std::to_string(i), i * 10);
  }
  server_.oldest_ms = base_ms + 15'000;
  const attempt_result given = deliver(lines);
  EXPECT_EQ(of(given, discard_reason::too_old), 1500U);
  EXPECT_EQ(given.discarded.total(), 1500U);
  EXPECT_EQ(server_.stored.size(), 500U);
  EXPECT_LE(server_.requests, 30U);
  // All of it: one sample tells on the rest.
  server_.requests = 0;
  server_.oldest_ms = base_ms + 1'000'000;
  std::string old;
  for (int i = 0; i < 2000; ++i) {
    old += line_of("old" + std::to_string(i), i * 10);
  }
  EXPECT_EQ(of(deliver(old), discard_reason::too_old), 2000U);
  EXPECT_LE(server_.requests, 13U);
}

TEST_F(remote_writes, refusals_are_told_apart_by_their_words) {
  for (const auto& [words, reason] : std::map<std::string, discard_reason>{
           {"out of order sample\n", discard_reason::out_of_order},
           {"duplicate sample for timestamp\n", discard_reason::duplicate},
           {"out of bounds\n", discard_reason::too_old},
           {"too old sample\n", discard_reason::too_old},
           {"out of bounds: timestamp is too far in the future", discard_reason::future},
           {"the sample has been rejected (err-mimir-sample-out-of-order)",
            discard_reason::out_of_order},
           {"(err-mimir-sample-timestamp-too-old)", discard_reason::too_old},
           {"label value too long", discard_reason::refused}}) {
    EXPECT_EQ(refusal_reason(words), reason) << words;
    server_.extra = [text = words](const received_sample&) { return text; };
    EXPECT_EQ(of(deliver(line_of("s" + std::to_string(sequence_), 1)), reason), 1U) << words;
  }
}

TEST_F(remote_writes, a_500_that_is_for_ever_is_a_refusal) {
  server_.behave = [](std::size_t) {
    http_reply given;
    given.answered = true;
    given.status = 500;
    given.body = "too old sample\n";
    return given;
  };
  const attempt_result given = deliver(line_of("a", 1));
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::too_old), 1U);
}

TEST_F(remote_writes, a_body_too_large_is_halved_and_later_ones_stay_small) {
  server_.behave = [this](std::size_t) -> std::optional<http_reply> {
    if (limit_reached_ < 2) {
      ++limit_reached_;
      http_reply given;
      given.answered = true;
      given.status = 413;
      return given;
    }
    return std::nullopt;
  };
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += line_of(std::to_string(i), 1);
  }
  EXPECT_EQ(deliver(lines + line_of("0", 2)).discarded.total(), 0U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{500, 500, 1000, 1}));
  std::string more;
  for (int i = 0; i < 600; ++i) {
    more += line_of(std::to_string(i), 9);
  }
  EXPECT_EQ(deliver(more).discarded.total(), 0U);
  EXPECT_EQ(server_.sizes.back(), 100U);
  // After enough successes they grow again.
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(deliver(line_of("x", i)).discarded.total(), 0U);
  }
  server_.sizes.clear();
  std::string again;
  for (int i = 0; i < 2000; ++i) {
    again += line_of(std::to_string(i), 10);
  }
  EXPECT_EQ(deliver(again).discarded.total(), 0U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{2000}));
}

TEST_F(remote_writes, what_may_pass_later_is_left_to_the_lane) {
  for (const int status : {500, 503, 429, 401, 404, 405, 415, 302}) {
    server_.behave = [status](std::size_t) {
      http_reply given;
      given.answered = true;
      given.status = status;
      given.body = "words";
      return given;
    };
    const batch& what = make(line_of("s" + std::to_string(status), 1));
    EXPECT_EQ(deliver(what).code, status);
    server_.behave = nullptr;
    EXPECT_EQ(deliver(what).verdict, attempt_verdict::delivered);
    EXPECT_EQ(server_.stored[stored_name("s" + std::to_string(status))].size(), 1U);
  }
}

TEST_F(remote_writes, an_attempt_that_ended_half_way_is_gone_on_with) {
  server_.behave = [](std::size_t number) -> std::optional<http_reply> {
    return number == 3 ? std::optional(http_reply::failed("reset")) : std::nullopt;
  };
  const batch& first = make(line_of("a", 1) + line_of("a", 2) + line_of("a", 3));
  EXPECT_EQ(deliver(first).verdict, attempt_verdict::retry);
  EXPECT_EQ(server_.stored[stored_name("a")].size(), 2U);
  // Next time more is there.
  batch more = first;
  more.frames.push_back(make(line_of("a", 4)).frames[0]);
  more.points += 1;
  const attempt_result given = deliver(more);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(given.discarded.total(), 0U);
  EXPECT_EQ(server_.stored[stored_name("a")].size(), 4U);
  EXPECT_EQ(server_.requests, 5U) << "what was taken is not sent again";
  EXPECT_EQ(server_.statuses[400], 0U);
}

TEST_F(remote_writes, lanes_wait_for_each_other) {
  server_.silent = true;
  int answers = 0;
  const batch& one = make(line_of("a", 1));
  const batch& other = make(line_of("a", 2));
  target_->deliver(one, [&](const attempt_result&) { ++answers; });
  target_->deliver(other, [&](const attempt_result&) { ++answers; });
  EXPECT_EQ(server_.requests, 1U) << "they may hold the same series";
  target_->abort();
  EXPECT_EQ(answers, 0);
}

TEST_F(remote_writes, a_damaged_frame_is_told) {
  batch& made = make(line_of("a", 1));
  auto broken = make_frame("d", line_of("a", 1), 1, frame_codec::gzip);
  broken->stored.resize(broken->stored.size() / 2);
  broken->header.stored_bytes = static_cast<std::uint32_t>(broken->stored.size());
  made.frames = {broken};
  EXPECT_EQ(deliver(made).verdict, attempt_verdict::refused);
  EXPECT_EQ(server_.requests, 0U);
}

/// Frames of a log, batches of random length, a process that dies at random moments with a request
/// taken or not, cursors that are kept or not: no 400, and all is there in the end.
class remote_write_crashes : public remote_writes, public ::testing::WithParamInterface<int> {};
TEST_P(remote_write_crashes, lose_nothing_and_poison_nothing) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  const auto up_to = [&](std::uint64_t n) { return random() % n; };
  std::vector<frame_ptr> log;
  std::map<std::string, std::size_t> expected;
  std::int64_t time = 0;
  for (std::uint64_t number = 1; number <= 400; ++number) {
    std::string lines;
    for (std::uint64_t step = 0; step <= up_to(4); ++step) {
      ++time;
      for (std::uint64_t series = 0; series <= up_to(6); ++series) {
        lines += line_of(std::to_string(series), time, std::to_string(time));
        ++expected[stored_name(std::to_string(series))];
      }
    }
    auto made = make_frame("d", lines, count(lines));
    made->header.position = log_position(number);
    log.push_back(made);
  }
  std::size_t cursor = 0;
  std::size_t crashes = 0;
  std::size_t turns = 0;
  while (cursor < log.size()) {
    ASSERT_LT(++turns, 20'000U) << "it does not get on";
    batch what;
    what.lane = {"d", ""};
    const std::size_t frames = std::min<std::size_t>(1 + up_to(5), log.size() - cursor);
    for (std::size_t i = 0; i < frames; ++i) {
      what.frames.push_back(log[cursor + i]);
      what.points += log[cursor + i]->header.points;
    }
    // Dies at this request; taken by the server or not.
    const std::size_t dies_at = server_.requests + 1 + up_to(8);
    const bool taken = up_to(2) == 0;
    server_.behave = [&](std::size_t number) -> std::optional<http_reply> {
      server_.silent = number >= dies_at;
      return server_.silent && !taken ? std::optional(http_reply::failed("not sent"))
                                      : std::nullopt;
    };
    const attempt_result given = deliver(what);
    if (server_.silent) {
      target_->abort();
      restart(log[cursor]->header.position);
      server_.silent = false;
      ++crashes;
      continue;
    }
    ASSERT_EQ(given.verdict, attempt_verdict::delivered);
    ASSERT_EQ(given.discarded.total(), 0U);
    if (up_to(5) == 0) {
      restart(log[cursor]->header.position);  // before the cursor was kept
      ++crashes;
      continue;
    }
    cursor += frames;
    target_->saved(cursor < log.size() ? log[cursor]->header.position : log_position(401));
  }
  EXPECT_GT(crashes, 50U);
  EXPECT_EQ(server_.statuses[400], 0U);
  for (const auto& [series, samples] : expected) {
    EXPECT_EQ(server_.stored[series].size(), samples) << series;
  }
}
INSTANTIATE_TEST_SUITE_P(seeds, remote_write_crashes, ::testing::Range(1, 41));

}  // namespace
}  // namespace weir
