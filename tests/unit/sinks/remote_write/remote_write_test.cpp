// SPDX-License-Identifier: Apache-2.0
//
// The deliverer against a Prometheus in memory: requests, refusals, bisection, crashes.
#include "unit/sinks/remote_write/remote_writes.hpp"

namespace weir {
namespace {

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

TEST_F(remote_writes, a_batch_is_many_requests_when_samples_are_many) {
  std::string lines;
  for (int i = 0; i < 4500; ++i) {
    lines += line_of(std::to_string(i), 1);
  }
  lines += line_of("7", 2) + line_of("7", 3);
  EXPECT_EQ(deliver(lines).discarded.total(), 0U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{2000, 2000, 502}));
  EXPECT_EQ(server_.stored.size(), 4500U);
  EXPECT_EQ(server_.stored[stored_name("7")].size(), 3U);
}

TEST_F(remote_writes, many_samples_of_few_series_are_few_requests) {
  std::string lines;
  for (int t = 0; t < 5000; ++t) {
    for (const char* series : {"a", "b", "c", "d"}) {
      lines += line_of(series, t, std::to_string(t));
    }
  }
  EXPECT_EQ(deliver(lines).discarded.total(), 0U);
  EXPECT_EQ(server_.requests, 10U);
  EXPECT_EQ(server_.stored[stored_name("c")].size(), 5000U);
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

TEST_F(remote_writes, a_server_that_takes_nothing_of_a_request_costs_a_bounded_search) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += line_of(std::to_string(i), 1);
  }
  server_.extra = [](const received_sample& one) { return one.time_ms == base_ms + 1 ? "no" : ""; };
  const attempt_result given = deliver(lines + line_of("5", 2));
  EXPECT_EQ(server_.requests, 1 + 2 * send_plan::refused_in_a_row_max + 1);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::refused), 2000U);
  EXPECT_EQ(count(given.refused.at(0).lines), 2000U) << "nothing is lost from sight";
  EXPECT_EQ(server_.stored[stored_name("5")].count(base_ms + 2), 1U) << "the next request goes on";
}

TEST_F(remote_writes, a_search_that_has_used_its_requests_goes_on_later) {
  std::string lines;
  for (int i = 0; i < 4000; ++i) {
    lines += line_of(std::to_string(i), 1);
  }
  server_.extra = [](const received_sample& one) {
    return std::stoi(one.labels[1].second) % 10 == 3 ? "no" : "";
  };
  const batch& what = make(lines);
  attempt_result given = deliver(what);
  EXPECT_EQ(given.verdict, attempt_verdict::retry);
  EXPECT_TRUE(given.retry_after);
  EXPECT_LE(counters_->bisection_requests.value(), 1U + search_budget::requests_a_minute);
  int pauses = 1;
  for (; given.verdict == attempt_verdict::retry && pauses < 100; ++pauses) {
    clock_ms_ += 30'000;
    given = deliver(what);
  }
  EXPECT_LT(pauses, 12);
  EXPECT_EQ(server_.stored.size(), 3600U);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::refused), 400U);
  EXPECT_EQ(count(given.refused.at(0).lines), 400U);
}

TEST_F(remote_writes, another_writer_ahead_of_many_series_costs_only_those) {
  const auto all_of = [](std::initializer_list<int> times) {
    std::string lines;
    for (const int at : times) {
      for (int i = 0; i < 1000; ++i) {
        lines += line_of(std::to_string(i), at);
      }
    }
    return lines;
  };
  for (int i = 3; i < 1000; i += 10) {
    server_.stored[stored_name(std::to_string(i))][base_ms + 5000] = 7;
  }
  const batch& what = make(all_of({1, 2}));
  attempt_result given = deliver(what);
  for (int pauses = 0; given.verdict == attempt_verdict::retry && pauses < 3; ++pauses) {
    clock_ms_ += 10'000;
    given = deliver(what);
  }
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::out_of_order), 200U);
  EXPECT_EQ(given.discarded.total(), 200U);
  std::size_t whole = 0;
  for (const auto& [series, samples] : server_.stored) {
    whole += samples.size() == 2 ? 1 : 0;
  }
  EXPECT_EQ(whole, 900U);
  // Those series are asked apart from now on: the others get through in one request, at once.
  server_.sizes.clear();
  EXPECT_EQ(deliver(all_of({6})).verdict, attempt_verdict::delivered);
  EXPECT_EQ(server_.sizes.front(), 900U);
  EXPECT_LE(server_.sizes.size(), 2 + 2 * send_plan::refused_in_a_row_max);
}

TEST_F(remote_writes, of_a_series_that_is_ahead_in_part_the_rest_is_stored) {
  const std::string lines = lines_of_two(0, 10);
  server_.stored[stored_name("a")][base_ms + 2] = 7;
  const attempt_result given = deliver(lines);
  EXPECT_EQ(of(given, discard_reason::out_of_order), 2U);
  EXPECT_EQ(of(given, discard_reason::duplicate), 1U);
  EXPECT_EQ(server_.stored[stored_name("a")].size(), 8U);
  EXPECT_EQ(server_.stored[stored_name("b")].size(), 10U);
  // One that is ahead of all of it is found by its newest sample.
  server_.stored[stored_name("c")][base_ms + 5'000] = 7;
  server_.requests = 0;
  std::string all;
  for (int t = 0; t < 1000; ++t) {
    all += line_of("c", t);
  }
  EXPECT_EQ(of(deliver(all), discard_reason::out_of_order), 1000U);
  EXPECT_LE(server_.requests, 12U);
}

TEST_F(remote_writes, a_bound_in_time_is_found_for_few_series_too) {
  std::string lines;
  for (int t = 0; t < 500; ++t) {
    for (const char* series : {"a", "b", "c", "d"}) {
      lines += line_of(series, t * 10);
    }
  }
  server_.oldest_ms = base_ms + 3'300;
  const attempt_result given = deliver(lines);
  std::size_t stored = 0;
  for (const auto& [series, samples] : server_.stored) {
    stored += samples.size();
  }
  EXPECT_EQ(of(given, discard_reason::too_old), given.discarded.total());
  EXPECT_EQ(stored + given.discarded.total(), 2000U);
  EXPECT_GE(stored, 4 * 170U - 170U) << "at most about one series pays for the search";
  EXPECT_LE(server_.requests, 50U);
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
    return number == 2 ? std::optional(http_reply::failed("reset")) : std::nullopt;
  };
  std::string lines;
  for (int t = 0; t < 2500; ++t) {
    lines += line_of("a", t);
  }
  const batch& first = make(lines);
  EXPECT_EQ(deliver(first).verdict, attempt_verdict::retry);
  EXPECT_EQ(server_.stored[stored_name("a")].size(), 2000U);
  // Next time more is there.
  batch more = first;
  more.frames.push_back(make(line_of("a", 2500)).frames[0]);
  more.points += 1;
  EXPECT_EQ(deliver(more).verdict, attempt_verdict::retry) << "it is asked twice";
  const attempt_result given = deliver(more);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(given.discarded.total(), 0U);
  EXPECT_EQ(server_.stored[stored_name("a")].size(), 2501U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{2000, 1, 1, 499}))
      << "the server is asked with one sample, and what was taken is not sent again";
  EXPECT_EQ(server_.statuses[400], 0U);
}

// A server that hung has the request in its buffers, and may read the question first.
TEST_F(remote_writes, what_is_stored_after_the_question_is_not_sent_again) {
  fail_first_request();
  const std::string lines = lines_of_two(0, 10);
  EXPECT_EQ(deliver(make(lines)).verdict, attempt_verdict::retry);
  // More comes meanwhile.
  const batch& what = make(lines + lines_of_two(10, 30));
  const attempt_result asked = deliver(what);
  EXPECT_EQ(asked.verdict, attempt_verdict::retry);
  EXPECT_EQ(asked.retry_after, std::chrono::seconds{1});
  for (int t = 0; t < 10; ++t) {
    server_.stored[stored_name("a")][base_ms + t] = 1;
    server_.stored[stored_name("b")][base_ms + t] = 1;
  }
  const attempt_result given = deliver(what);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(given.discarded.total(), 0U);
  EXPECT_TRUE(given.refused.empty());
  EXPECT_EQ(server_.times_of(stored_name("a")).size(), 30U);
  EXPECT_EQ(server_.times_of(stored_name("b")).size(), 30U);
}

TEST_F(remote_writes, what_was_stored_without_an_answer_is_not_sent_again) {
  server_.take_and_lose = [](std::size_t number) { return number == 1; };
  const std::string lines = lines_of_two(0, 10);
  const batch& what = make(lines + line_of("single", 3));
  EXPECT_EQ(deliver(what).verdict, attempt_verdict::retry);
  const attempt_result given = deliver(what);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(given.discarded.total(), 0U);
  EXPECT_TRUE(given.refused.empty());
  EXPECT_EQ(counters_->delivered.value(), 21U);
  // Asked with the first and the newest sample of a series; a single one is simply sent again.
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{21, 1, 1, 1}));
  EXPECT_EQ(server_.statuses[400], 1U);
}

// A record that could not be written must not make those after it say something else.
TEST_F(remote_writes, a_disk_that_is_full_for_a_moment_leaves_no_gap_in_the_file) {
  server_.behave = [this](std::size_t number) -> std::optional<http_reply> {
    disk_is_full_ = number == 1;  // the next write fails
    server_.silent = number == 4;
    return server_.silent ? std::optional(http_reply::failed("not sent")) : std::nullopt;
  };
  std::string lines;
  for (int t = 0; t < 7'000; ++t) {
    lines += line_of("a", t);
  }
  const batch& what = make(lines);
  (void)deliver(what);
  EXPECT_EQ(counters_->ledger_failures.value(), 1U);
  target_->abort();
  restart(log_position(1));
  server_.behave = nullptr;
  server_.silent = false;
  server_.sizes.clear();
  EXPECT_EQ(deliver(what).verdict, attempt_verdict::retry) << "it is asked twice";
  const attempt_result given = deliver(what);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(given.discarded.total(), 0U);
  EXPECT_EQ(server_.times_of(stored_name("a")).size(), 7'000U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{1, 1, 998})) << "what was taken is known";
}

TEST_F(remote_writes, a_disk_that_is_full_for_a_moment_forgets_no_series) {
  settings_.stale_after = std::chrono::seconds{2};
  restart();
  (void)target_->tick(clock_ms_, true);
  (void)deliver(line_of("a", 1));
  disk_is_full_ = true;
  (void)deliver(line_of("b", 1));
  EXPECT_EQ(counters_->ledger_failures.value(), 2U) << "of what was sent, and of its series";
  disk_is_full_ = false;
  (void)deliver(line_of("c", 1));
  restart(log_position(sequence_ + 1));
  for (int second = 0; second < 10; ++second) {
    clock_ms_ += 1000;
    (void)target_->tick(clock_ms_, true);
  }
  EXPECT_EQ(counters_->stale_markers.value(), 3U);
}

TEST_F(remote_writes, another_writer_does_not_pass_for_a_lost_request) {
  fail_first_request();
  const std::string lines = lines_of_two(0, 10);
  const batch& what = make(lines);
  EXPECT_EQ(deliver(what).verdict, attempt_verdict::retry);
  server_.stored[stored_name("a")][base_ms + 5000] = 7;
  EXPECT_EQ(deliver(what).verdict, attempt_verdict::retry) << "it is asked twice";
  const attempt_result given = deliver(what);
  EXPECT_EQ(of(given, discard_reason::out_of_order), 10U);
  EXPECT_EQ(server_.stored[stored_name("b")].size(), 10U);
}

TEST_F(remote_writes, a_receiver_that_keeps_what_is_good_gets_each_series_once_a_request) {
  server_.keeps_the_rest = true;
  server_.stored[stored_name("a")][base_ms + 5] = 7;
  const std::string lines = lines_of_two(1, 10);
  EXPECT_EQ(deliver(lines).verdict, attempt_verdict::delivered);
  EXPECT_EQ(server_.requests, 1U) << "it would be refused if it was sent again";
  EXPECT_EQ(server_.stored[stored_name("b")].size(), 9U);
  EXPECT_EQ(server_.stored[stored_name("a")].size(), 5U);
  server_.sizes.clear();
  EXPECT_EQ(deliver(line_of("a", 10) + line_of("b", 10) + line_of("a", 11) + line_of("b", 11))
                .discarded.total(),
            0U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{2, 2}));
}

TEST_F(remote_writes, what_got_lost_and_is_too_old_now_is_not_delivered) {
  server_.keeps_the_rest = true;
  expect_lost_ones_that_are_too_old_are_not_delivered();
}

TEST_F(remote_writes, older_samples_go_to_a_server_that_takes_them) {
  settings_.out_of_order = out_of_order_mode::send;
  server_.window_ms = 1000;
  restart();
  EXPECT_EQ(deliver(line_of("a", 5000)).discarded.total(), 0U);
  // Within the window, at the same time, and beyond the window: found by bisection.
  const attempt_result given = deliver(
      line_of("a", 4500) + line_of("a", 4600) + line_of("b", 6000) + line_of("a", 5000, "2") +
      line_of("a", 3000) + line_of("a", 3500) + line_of("a", 6000));
  EXPECT_EQ(of(given, discard_reason::too_old), 2U);
  EXPECT_EQ(of(given, discard_reason::duplicate), 1U);
  EXPECT_EQ(given.discarded.total(), 3U);
  EXPECT_EQ(
      server_.times_of(stored_name("a")),
      (std::set<std::int64_t>{base_ms + 4500, base_ms + 4600, base_ms + 5000, base_ms + 6000}));
  // And all of a long one of which the oldest are too old.
  std::string lines;
  for (int t = 0; t < 100; ++t) {
    lines += line_of("a", 4900 + t);
  }
  EXPECT_EQ(deliver(lines).verdict, attempt_verdict::delivered);
  EXPECT_EQ(server_.times_of(stored_name("a")).size(), 3U + 1U);
}

TEST_F(remote_writes, what_is_older_than_the_age_limit_is_not_sent) {
  settings_.age_most = std::chrono::minutes{10};
  restart();
  const attempt_result given =
      deliver(line_of("a", 0) + line_of("a", -1) + line_of("b", -1000) + line_of("b", 5));
  EXPECT_EQ(of(given, discard_reason::too_old), 2U);
  EXPECT_EQ(given.discarded.total(), 2U);
  EXPECT_TRUE(given.refused.empty()) << "no server refused it";
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{2}));
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

}  // namespace
}  // namespace weir
