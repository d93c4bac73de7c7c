// SPDX-License-Identifier: Apache-2.0
//
// What a connection holds comes out of a budget: answers that are not read, answers that are made
// while they are sent, bytes that wait.
#include <gtest/gtest.h>

#include <string>

#include "http/chunked.hpp"
#include "http/connection.hpp"
#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

const std::string get = "GET /g HTTP/1.1\r\nHost: a\r\n\r\n";

response large(std::size_t bytes) {
  return recording_exchange::text(200, std::string(bytes, 'x'));
}

/// `steps` pieces of `bytes` each, of which it holds what is still to come.
class counted_source final : public body_source {
 public:
  counted_source(int steps, std::size_t bytes) : left_(steps), bytes_(bytes) {}
  bool next(std::string& out) override {
    out.append(bytes_, static_cast<char>('a' + left_ % 26));
    return --left_ > 0;
  }
  std::size_t held_bytes() const noexcept override {
    return static_cast<std::size_t>(left_) * bytes_;
  }

 private:
  int left_;
  const std::size_t bytes_;
};

std::string all_of(int steps, std::size_t bytes) {
  counted_source source(steps, bytes);
  std::string out;
  while (source.next(out)) {
  }
  return out;
}

response streamed(int steps, std::size_t bytes) {
  response out;
  out.status = 200;
  out.source = std::make_shared<counted_source>(steps, bytes);
  return out;
}

class streaming_router final : public recording_router {
 public:
  streaming_router(int steps, std::size_t bytes, std::size_t budget_bytes = std::size_t{1} << 30)
      : budget(budget_bytes), steps_(steps), bytes_(bytes) {}
  memory_budget* memory() noexcept override { return &budget; }
  std::unique_ptr<exchange> open(const request_head& head, connection& on) override {
    requests.push_back({std::string{head.target}, {}, false});
    on.answer(streamed(steps_, bytes_));
    return std::make_unique<recording_exchange>(*this, on, head.path);
  }
  memory_budget budget;

 private:
  int steps_;
  std::size_t bytes_;
};

/// Takes all output, turn by turn, and the most that ever waited.
std::string read_all(connection& subject, std::size_t& most) {
  std::string out;
  for (int i = 0; i < 100'000; ++i) {
    most = std::max(most, subject.output().size());
    out += subject.output();
    subject.output().clear();
    subject.set_unsent(0);
    if (!subject.wants_turn()) {
      break;
    }
    turn_work work;
    subject.resume(start, work);
  }
  return out;
}

std::string dechunked(std::string_view bytes) {
  chunk_decoder decoder;
  std::string out;
  for (;;) {
    const auto step = decoder.next(bytes);
    bytes.remove_prefix(step.consumed);
    if (step.kind != chunk_decoder::status::data) {
      EXPECT_EQ(step.kind, chunk_decoder::status::done);
      EXPECT_TRUE(bytes.empty());
      return out;
    }
    out.append(step.data);
  }
}

TEST(connection_memory, a_large_answer_is_leased_until_it_is_sent) {
  budgeted_router router{1'000'000};
  connection subject{router, connection_limits{}, start};
  subject.receive("GET /later HTTP/1.1\r\nHost: a\r\n\r\n", start);
  subject.answer(large(500'000));
  EXPECT_GE(router.budget.used(), 500'000U);
  std::string taken;
  taken.swap(subject.output());
  subject.set_unsent(taken.size());
  EXPECT_GE(router.budget.used(), 500'000U) << "it is still in memory";
  subject.set_unsent(0);
  EXPECT_EQ(router.budget.used(), 0U);
}

TEST(connection_memory, an_answer_beyond_the_budget_becomes_a_503_and_the_end) {
  budgeted_router router{100'000};
  connection subject{router, connection_limits{}, start};
  subject.receive("GET /later HTTP/1.1\r\nHost: a\r\n\r\n", start);
  subject.answer(large(500'000));
  EXPECT_TRUE(subject.output().starts_with("HTTP/1.1 503 "));
  EXPECT_NE(subject.output().find("{\"error\":\"timeout: "), std::string::npos);
  EXPECT_NE(subject.output().find("Connection: close"), std::string::npos);
  EXPECT_LT(subject.output().size(), 1000U);
  subject.resume(start);
  EXPECT_TRUE(subject.wants_close());
  EXPECT_EQ(router.answers_lost, 1);
}

TEST(connection_memory, an_answer_with_a_brief_form_stays_true) {
  budgeted_router router{100'000};
  connection subject{router, connection_limits{}, start};
  subject.receive("GET /later HTTP/1.1\r\nHost: a\r\n\r\n", start);
  response given = large(500'000);
  given.status = 400;
  given.brief_body = "partial write";
  subject.answer(std::move(given));
  EXPECT_TRUE(subject.output().starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(subject.output().ends_with("\r\n\r\npartial write"));
  subject.resume(start);
  EXPECT_TRUE(subject.wants_input()) << "the connection goes on";
}

TEST(connection_memory, no_request_is_begun_while_an_answer_is_not_read) {
  budgeted_router router{1'000'000};
  connection subject{router, connection_limits{}, start};
  subject.receive(get, start);
  std::string taken;
  taken.swap(subject.output());
  subject.set_unsent(taken.size());
  EXPECT_FALSE(subject.wants_input());
  subject.receive(get + get, start);
  EXPECT_EQ(router.requests.size(), 1U);
  EXPECT_FALSE(subject.wants_turn());
  subject.set_unsent(0);
  EXPECT_TRUE(subject.wants_turn());
  subject.resume(start);
  EXPECT_EQ(router.requests.size(), 3U);
}

TEST(connection_memory, many_connections_that_read_nothing_stay_within_the_budget) {
  budgeted_router router{1'000'000};
  std::vector<std::unique_ptr<connection>> held;
  int served = 0;
  for (int i = 0; i < 100; ++i) {
    held.push_back(std::make_unique<connection>(router, connection_limits{}, start));
    held.back()->receive("GET /later HTTP/1.1\r\nHost: a\r\n\r\n" + get + get, start);
    held.back()->answer(large(90'000));
    served += held.back()->output().starts_with("HTTP/1.1 200 ") ? 1 : 0;
  }
  EXPECT_LE(router.budget.used(), 1'000'000U);
  EXPECT_GE(served, 9);
  EXPECT_EQ(served + router.answers_lost, 100);
  held.clear();
  EXPECT_EQ(router.budget.used(), 0U);
}

TEST(connection_memory, pipelined_requests_that_cannot_be_kept_end_the_connection_in_order) {
  budgeted_router router{100'000};
  connection subject{router, connection_limits{}, start};
  subject.receive(
      "GET /later HTTP/1.1\r\nHost: a\r\n\r\nPOST /w HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 200000\r\n\r\n" +
          std::string(200'000, 'x'),
      start);
  EXPECT_LT(router.budget.used(), 100'000U);
  subject.answer(recording_exchange::text(200, "first"));
  subject.resume(start);
  EXPECT_NE(subject.output().find("Connection: close"), std::string::npos);
  EXPECT_TRUE(subject.wants_close());
  EXPECT_EQ(router.requests.size(), 1U);
  EXPECT_EQ(router.budget.used(), 0U);
}

TEST(connection_memory, a_gzip_body_without_memory_for_its_inflater_is_answered_503) {
  budgeted_router router{inflater_pool::inflater_bytes / 2};
  connection subject{router, connection_limits{}, start};
  const std::string body = gzip("cpu v=1");
  subject.receive("POST /w HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body + get,
                  start);
  EXPECT_EQ(router.failures, std::vector{body_failure::overloaded});
  EXPECT_TRUE(subject.output().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(router.requests.size(), 2U) << "the connection goes on";
  EXPECT_EQ(router.budget.used(), 0U);
}

TEST(connection_memory, a_body_that_waits_for_turns_is_leased_or_answered_503) {
  for (const std::size_t budget : {std::size_t{1'000'000}, std::size_t{50'000}}) {
    costly_router router{budget};
    connection subject{router, connection_limits{}, start};
    turn_work work(100);
    subject.receive("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" +
                        std::string(200'000, 'x') + get,
                    start, work);
    if (budget == 1'000'000) {
      EXPECT_GE(router.budget.used(), 190'000U);
      EXPECT_TRUE(router.failures.empty());
    } else {
      EXPECT_EQ(router.failures, std::vector{body_failure::overloaded});
      EXPECT_TRUE(subject.output().starts_with("HTTP/1.1 503 "));
    }
    while (subject.wants_turn()) {
      turn_work next(10'000);
      subject.resume(start, next);
    }
    if (router.waiting != nullptr) {
      EXPECT_EQ(router.requests.front().body.size(), 200'000U);
      subject.answer(recording_exchange::text(200, "kept"));
      subject.resume(start);
    }
    EXPECT_EQ(router.requests.size(), 2U);
    EXPECT_EQ(router.budget.used(), 0U);
  }
}

/// Holds memory that it can do without.
class yielding_exchange final : public costly_exchange {
 public:
  yielding_exchange(budgeted_router& owner, connection& on, std::string_view path,
                    std::size_t bytes)
      : costly_exchange(owner, on, path), lease_(owner.budget) {
    EXPECT_TRUE(lease_.grow_to(bytes));
  }
  bool give_way() noexcept override {
    const bool held = lease_.bytes() > 0;
    lease_.release();
    return held;
  }

 private:
  memory_lease lease_;
};

class yielding_router final : public budgeted_router {
 public:
  using budgeted_router::budgeted_router;
  std::unique_ptr<exchange> open(const request_head& head, connection& on) override {
    requests.push_back({std::string{head.target}, {}, false});
    return std::make_unique<yielding_exchange>(*this, on, head.path, 150'000);
  }
};

TEST(connection_memory, what_an_exchange_can_do_without_goes_before_its_request) {
  for (const std::size_t budget : {std::size_t{260'000}, std::size_t{160'000}}) {
    yielding_router router{budget};
    connection subject{router, connection_limits{}, start};
    turn_work work(100);
    subject.receive("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" +
                        std::string(200'000, 'x'),
                    start, work);
    if (budget == 260'000) {
      EXPECT_TRUE(router.failures.empty());
      EXPECT_GE(router.budget.used(), 190'000U);
    } else {
      EXPECT_EQ(router.failures, std::vector{body_failure::overloaded}) << "even so it is short";
    }
  }
}

TEST(connection_memory, a_body_that_stands_still_is_known_and_can_be_given_up) {
  budgeted_router router{1'000'000};
  connection subject{router, connection_limits{}, start};
  EXPECT_FALSE(subject.stalled_since());
  subject.receive("POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", start);
  EXPECT_EQ(subject.stalled_since(), start.steady);
  subject.receive("x", after_start(second_ns));
  EXPECT_EQ(subject.stalled_since(), start.steady) << "a byte is no progress";
  subject.receive(std::string(20'000, 'x'), after_start(2 * second_ns));
  EXPECT_EQ(subject.stalled_since(), after_start(2 * second_ns).steady);
  subject.give_up_body(after_start(9 * second_ns));
  subject.resume(after_start(9 * second_ns));
  EXPECT_EQ(router.failures, std::vector{body_failure::stalled});
  EXPECT_TRUE(subject.output().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(router.alive, 0U);
  EXPECT_FALSE(subject.stalled_since());
  subject.tick(after_start(12 * second_ns));
  EXPECT_TRUE(subject.wants_close());
}

TEST(connection_streaming, a_long_answer_is_made_as_fast_as_it_is_read) {
  streaming_router router(300, 10'000);
  connection subject{router, connection_limits{}, start};
  subject.receive(get + get, start);
  std::size_t most = 0;
  const std::string output = read_all(subject, most);
  EXPECT_LT(most, 200'000U);
  const std::size_t second = output.find("HTTP/1.1 200", 10);
  ASSERT_NE(second, std::string::npos);
  for (const std::string& answer : {output.substr(0, second), output.substr(second)}) {
    EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
    EXPECT_EQ(dechunked(answer.substr(answer.find("\r\n\r\n") + 4)), all_of(300, 10'000));
  }
  EXPECT_TRUE(subject.wants_input());
  EXPECT_EQ(router.budget.used(), 0U);
}

TEST(connection_streaming, nothing_more_is_made_while_nothing_is_read) {
  streaming_router router(300, 10'000);
  connection subject{router, connection_limits{}, start};
  subject.receive(get + get, start);
  const std::size_t waiting = subject.output().size();
  EXPECT_LT(waiting, 200'000U);
  for (int i = 0; i < 100; ++i) {
    subject.resume(start);
  }
  EXPECT_EQ(subject.output().size(), waiting);
  EXPECT_EQ(router.requests.size(), 1U);
  EXPECT_GE(router.budget.used(), 2'000'000U) << "what its source holds is leased";
}

TEST(connection_streaming, a_short_answer_says_how_long_it_is) {
  streaming_router router(3, 100);
  connection subject{router, connection_limits{}, start};
  subject.receive(get, start);
  EXPECT_NE(subject.output().find("Content-Length: 300\r\n"), std::string::npos);
  EXPECT_TRUE(subject.output().ends_with("\r\n\r\n" + all_of(3, 100)));
}

TEST(connection_streaming, a_client_of_http_1_0_reads_to_the_end) {
  streaming_router router(300, 1000);
  connection subject{router, connection_limits{}, start};
  subject.receive("GET /g HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", start);
  std::size_t most = 0;
  const std::string output = read_all(subject, most);
  EXPECT_EQ(output.find("chunked"), std::string::npos);
  EXPECT_NE(output.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(output.substr(output.find("\r\n\r\n") + 4), all_of(300, 1000));
  EXPECT_TRUE(subject.wants_close());
}

TEST(connection_streaming, head_gets_no_body) {
  streaming_router router(300, 1000);
  connection subject{router, connection_limits{}, start};
  subject.receive("HEAD /g HTTP/1.1\r\nHost: a\r\n\r\n" + get, start);
  std::size_t most = 0;
  const std::string output = read_all(subject, most);
  const std::size_t head_end = output.find("\r\n\r\n") + 4;
  EXPECT_TRUE(output.substr(head_end).starts_with("HTTP/1.1 200 "));
}

TEST(connection_streaming, a_source_beyond_the_budget_becomes_a_503) {
  streaming_router router(300, 10'000, 1'000'000);
  connection subject{router, connection_limits{}, start};
  turn_work none(0);
  subject.receive(get, start, none);
  subject.resume(start);
  EXPECT_TRUE(subject.output().starts_with("HTTP/1.1 503 ") || subject.wants_close());
  EXPECT_TRUE(subject.wants_close());
  EXPECT_LE(router.budget.used(), 200'000U);
}

TEST(connection_streaming, a_client_that_sends_a_body_to_it_is_answered_and_left) {
  streaming_router router(3, 100);
  connection subject{router, connection_limits{}, start};
  subject.receive("GET /g HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", start);
  subject.resume(start);
  EXPECT_TRUE(subject.output().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(subject.wants_close());
}

}  // namespace
}  // namespace weir::http::test
