// SPDX-License-Identifier: Apache-2.0
//
// Version 2 of the protocol: its messages, what a partial write names, and receivers that do not
// know it.
#include <array>

#include "sinks/remote_write/sending/named_series.hpp"
#include "unit/sinks/remote_write/remote_writes.hpp"

namespace weir {
namespace {

class version_2 : public remote_writes {
 protected:
  version_2() {
    settings_.version = 2;
    server_.status_for_v2 = 0;
    restart();
  }
  /// Another receiver, that has nothing, and answers so where it does not know version 2.
  void begin_with(int status_for_v2) {
    server_.status_for_v2 = status_for_v2;
    server_.stored.clear();
    file_.clear();
    restart();
    server_.sizes.clear();
  }
  /// With the attempts that follow at once.
  attempt_result deliver_to_the_end(const std::string& lines) {
    const batch& what = make(lines);
    attempt_result given = deliver(what);
    for (int attempts = 1; attempts < 5 && given.at_once; ++attempts) {
      given = deliver(what);
    }
    EXPECT_EQ(given.verdict, attempt_verdict::delivered) << given.message;
    return given;
  }
};

TEST_F(version_2, says_what_version_1_says) {
  const std::string lines =
      "m,b=2,a=1,Z=3 v=1.5,n=2i 1699999999123456789\n"
      "m,b=2,a=1,Z=3 v=2.5,n=3i 1699999999124456789\n"
      "m,b=1 v=4 1699999999123456789\n";
  EXPECT_EQ(deliver(lines).discarded.total(), 0U);
  const auto second = server_.stored;
  EXPECT_EQ(second.size(), 3U);
  for (const std::string_view header :
       {fake_prometheus::version_2, std::string_view("Content-Encoding: snappy"),
        std::string_view("X-Prometheus-Remote-Write-Version: 2.0.0")}) {
    EXPECT_EQ(std::count(server_.headers.begin(), server_.headers.end(), header), 1) << header;
  }
  server_.stored.clear();
  settings_.version = 1;
  file_.clear();
  restart();
  EXPECT_EQ(deliver(lines).discarded.total(), 0U);
  EXPECT_EQ(server_.stored, second);
}

TEST_F(version_2, a_partial_write_names_all_that_is_bad) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    lines += line_of(std::to_string(i), 1) + line_of(std::to_string(i), 2);
    if (i % 10 == 3) {
      server_.stored[stored_name(std::to_string(i))][base_ms + (i % 20 == 3 ? 5000 : 1)] = 7;
    }
  }
  const attempt_result given = deliver(lines);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(server_.requests, 1U);
  EXPECT_EQ(of(given, discard_reason::out_of_order), 100U);
  EXPECT_EQ(of(given, discard_reason::duplicate), 50U);
  EXPECT_EQ(given.discarded.total(), 150U);
  EXPECT_EQ(count(given.refused.at(0).lines), 150U);
  EXPECT_EQ(counters_->bisection_requests.value(), 0U);
}

TEST_F(version_2, what_got_lost_is_sent_again_as_a_whole) {
  server_.take_and_lose = [](std::size_t number) { return number == 1; };
  const std::string lines = lines_of_two(0, 10);
  const batch& what = make(lines);
  EXPECT_EQ(deliver(what).verdict, attempt_verdict::retry);
  const attempt_result given = deliver(what);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(given.discarded.total(), 0U);
  EXPECT_EQ(counters_->delivered.value(), 20U);
  EXPECT_EQ(server_.times_of(stored_name("a")).size(), 10U);
}

TEST_F(version_2, what_got_lost_and_is_too_old_now_is_not_delivered) {
  expect_lost_ones_that_are_too_old_are_not_delivered();
}

// As a Mimir does, or where the answer was cut.
TEST_F(version_2, a_partial_write_that_names_one_of_many_delivers_no_other) {
  server_.names_max = 1;
  std::string lines;
  for (int i = 0; i < 500; ++i) {
    lines += line_of(std::to_string(i), 1);
    if (i % 25 == 3) {
      server_.stored[stored_name(std::to_string(i))][base_ms + 5000] = 7;
    }
  }
  const attempt_result given = deliver(lines);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::out_of_order), 20U);
  EXPECT_EQ(given.discarded.total(), 20U);
  EXPECT_EQ(count(given.refused.at(0).lines), 20U);
  EXPECT_EQ(counters_->delivered.value(), 480U);
  EXPECT_LT(server_.requests, 150U);
}

TEST_F(version_2, of_series_with_many_samples_that_are_not_named_the_newest_tells) {
  server_.names_max = 1;
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    for (int t = 1; t <= 5; ++t) {
      lines += line_of(std::to_string(i), t);
    }
    if (i % 20 == 3) {
      server_.stored[stored_name(std::to_string(i))][base_ms + 5000] = 7;
    }
  }
  const attempt_result given = deliver(lines);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::out_of_order), 25U);
  EXPECT_EQ(given.discarded.total(), 25U);
  EXPECT_EQ(counters_->delivered.value(), 475U);
  EXPECT_LT(server_.requests, 60U);
  // From now on a request has each series once.
  server_.sizes.clear();
  EXPECT_EQ(deliver(line_of("a", 10) + line_of("a", 11)).discarded.total(), 0U);
  EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{1, 1}));
}

TEST_F(version_2, samples_that_are_too_old_and_not_named_are_found) {
  server_.names_max = 1;
  server_.oldest_ms = base_ms + 3;
  std::string lines;
  for (int i = 0; i < 20; ++i) {
    for (int t = 1; t <= 5; ++t) {
      lines += line_of(std::to_string(i), t);
    }
  }
  const attempt_result given = deliver(lines);
  EXPECT_EQ(given.verdict, attempt_verdict::delivered);
  EXPECT_EQ(of(given, discard_reason::too_old), 40U);
  EXPECT_EQ(given.discarded.total(), 40U);
  EXPECT_EQ(counters_->delivered.value(), 60U);
}

TEST_F(version_2, a_receiver_that_does_not_know_it_gets_version_1_and_loses_nothing) {
  for (const int status : {204, 200, 415, 400}) {
    begin_with(status);
    EXPECT_EQ(deliver(line_of("a", 1) + line_of("b", 1)).discarded.total(), 0U);
    EXPECT_EQ(server_.stored.size(), 2U) << status;
    EXPECT_EQ(server_.sizes, (std::vector<std::size_t>{2}));
    const std::size_t before = server_.requests;
    EXPECT_EQ(deliver(line_of("a", 3)).discarded.total(), 0U);
    EXPECT_EQ(server_.requests, before + 1) << "that is remembered";
  }
}

// With a series several times in the request it asks first, because it might be stored.
TEST_F(version_2, of_several_samples_of_a_series_none_gets_lost_where_it_is_not_known) {
  for (const int status : {204, 200, 415, 400}) {
    begin_with(status);
    EXPECT_EQ(deliver_to_the_end(lines_of_two(0, 3)).discarded.total(), 0U);
    EXPECT_EQ(server_.times_of(stored_name("a")).size(), 3U) << status;
    EXPECT_EQ(server_.times_of(stored_name("b")).size(), 3U) << status;
    EXPECT_EQ(counters_->delivered.value(), 6U);
    const std::vector<std::size_t> asked_first{1, 5};
    EXPECT_EQ(server_.sizes, status == 415 ? std::vector<std::size_t>{6} : asked_first);
  }
}

TEST_F(version_2, what_is_stored_behind_a_proxy_that_keeps_headers_back_is_not_refused) {
  server_.written_is_kept_back = true;
  EXPECT_EQ(deliver_to_the_end(lines_of_two(0, 10)).discarded.total(), 0U);
  EXPECT_EQ(counters_->delivered.value(), 20U);
  EXPECT_EQ(server_.times_of(stored_name("a")).size(), 10U);
  const std::size_t before = server_.requests;
  EXPECT_LE(before, 5U);
  for (int t = 10; t < 20; ++t) {
    EXPECT_EQ(deliver(lines_of_two(t, t + 1)).discarded.total(), 0U);
  }
  EXPECT_EQ(server_.requests, before + 10);
  EXPECT_EQ(server_.of_version_2, 1U) << "it is found out once";
}

TEST_F(version_2, a_partial_write_behind_such_a_proxy_costs_what_is_bad_alone) {
  server_.written_is_kept_back = true;
  server_.stored[stored_name("b")][base_ms + 4] = 7;
  const attempt_result given = deliver_to_the_end(lines_of_two(0, 10));
  EXPECT_EQ(of(given, discard_reason::out_of_order), 4U);
  EXPECT_EQ(of(given, discard_reason::duplicate), 1U);
  EXPECT_EQ(given.discarded.total(), 5U);
  EXPECT_EQ(counters_->delivered.value(), 15U);
  EXPECT_EQ(server_.times_of(stored_name("a")).size(), 10U);
}

/// Two receivers, of which one gets the requests.
class two_addresses final : public transfer {
 public:
  [[nodiscard]] std::size_t address() const noexcept override { return current; }
  void post(transfer_request request, done on_done) override {
    at.at(current).post(std::move(request), std::move(on_done));
  }
  void abort() override {}

  std::array<fake_prometheus, 2> at;
  std::size_t current = 0;
};

TEST_F(version_2, each_address_gets_the_version_that_it_knows) {
  two_addresses both;
  both.at[1].status_for_v2 = 0;
  settings_.urls = {"http://first", "http://second"};
  restart(both);
  const auto deliver_at = [&](std::size_t address, int t) {
    both.current = address;
    EXPECT_EQ(deliver(line_of("a", t)).discarded.total(), 0U);
  };
  deliver_at(0, 1);
  deliver_at(1, 2);
  deliver_at(0, 3);
  deliver_at(1, 4);
  EXPECT_EQ(both.at[0].requests, 3U) << "the first one was not understood";
  EXPECT_EQ(both.at[0].of_version_2, 1U);
  EXPECT_EQ(both.at[1].requests, 2U);
  EXPECT_EQ(both.at[1].of_version_2, 2U);
}

TEST(named_refusals, read_what_go_prints) {
  const auto key_of = [](std::initializer_list<std::pair<std::string, std::string>> labels) {
    std::string encoded;
    for (const auto& [name, value] : labels) {
      append_label(name, value, encoded);
    }
    return encoded;
  };
  const auto found = named_refusals(
      "out of order sample for series {__name__=\"m\", x=\"1\"}\n"
      "nonsense\n"
      "duplicate sample for timestamp 5; overrides not allowed: existing 1, new value 2 for series "
      "{__name__=\"m\", \"r\\u00e9g\"=\"a\\\"b\\\\c\\n\\x01\"}\n"
      "out of bounds for series {broken\n"
      "invalid metric name or labels, got {}\n");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].reason, discard_reason::out_of_order);
  EXPECT_EQ(found[1].reason, discard_reason::duplicate);
  EXPECT_EQ(found[2].reason, discard_reason::refused);
  const auto same = named_refusals("x {__name__=\"m\", \"r\u00e9g\"=\"a\\\"b\\\\c\\n\\x01\"}");
  ASSERT_EQ(same.size(), 1U);
  EXPECT_EQ(same[0].series, found[1].series);
  EXPECT_FALSE(key_of({{"__name__", "m"}}).empty());
}

}  // namespace
}  // namespace weir
