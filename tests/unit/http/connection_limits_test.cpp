// SPDX-License-Identifier: Apache-2.0
//
// What a connection does about too much, too slow, and never.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "http/connection.hpp"
#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

connection_limits small() {
  connection_limits limits;
  limits.head_bytes_max = 256;
  limits.body_bytes_max = 100;
  limits.discard_bytes_max = 1000;
  return limits;
}

std::string head_of(std::uint64_t length, const std::string& more = "") {
  return "POST /w HTTP/1.1\r\nHost: a\r\n" + more + "Content-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

const std::string chunked_head =
    "POST /w HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

int status_of(const std::string& output) {
  return output.size() < 12 ? 0 : std::stoi(output.substr(9, 3));
}

TEST(connection_limits, long_heads) {
  const std::string exact = "GET /" + std::string(256 - 25, 'x') + " HTTP/1.1\r\nHost:a\r\n\r\n";
  std::string fitting = exact;
  fitting.erase(5, exact.size() - 256);
  ASSERT_EQ(fitting.size(), 256U);
  for_every_split(fitting, [&](const std::vector<std::string_view>& pieces) {
    ASSERT_EQ(status_of(feed(pieces, small()).output), 200);
  });
  std::string above = fitting;
  above.insert(5, "x");
  for_every_split(above, [&](const std::vector<std::string_view>& pieces) {
    const outcome_of_bytes out = feed(pieces, small());
    ASSERT_EQ(status_of(out.output), 431);
    ASSERT_TRUE(out.closed);
  });
  EXPECT_EQ(status_of(feed({std::string(5000, 'G')}, small()).output), 431);
}

TEST(connection_limits, a_body_too_large_by_its_length_is_refused_before_it_comes) {
  recording_router router;
  connection subject{router, small(), start};
  subject.receive(head_of(101), start);
  EXPECT_EQ(status_of(subject.output()), 413);
  EXPECT_NE(subject.output().find("Connection: close"), std::string::npos);
  EXPECT_FALSE(subject.wants_close()) << "its client must be able to read the answer";
  EXPECT_TRUE(subject.wants_input());
  subject.receive(std::string(100, 'x'), start);
  EXPECT_FALSE(subject.wants_close());
  subject.receive("x", start);
  EXPECT_TRUE(subject.wants_close());
  EXPECT_EQ(router.requests.front().body, "");
}

TEST(connection_limits, discarding_is_bounded) {
  recording_router router;
  connection subject{router, small(), start};
  subject.receive(head_of(100'000'000), start);
  std::size_t sent = 0;
  while (!subject.wants_close() && sent < 1'000'000) {
    subject.receive(std::string(100, 'x'), start);
    sent += 100;
  }
  EXPECT_EQ(sent, 1100U);
}

TEST(connection_limits, a_hundred_megabytes_are_refused_with_little_memory) {
  recording_router router;
  connection subject{router, connection_limits{}, start};
  subject.receive(head_of(100'000'000), start);
  EXPECT_EQ(status_of(subject.output()), 413);
  const std::string piece(65536, 'x');
  std::uint64_t sent = 0;
  while (!subject.wants_close()) {
    subject.receive(piece, start);
    sent += piece.size();
  }
  EXPECT_LE(sent, 64'100'000U);
  EXPECT_EQ(router.requests.front().body.size(), 0U);
}

TEST(connection_limits, a_chunked_body_too_large_is_refused_when_it_is) {
  std::string bytes = chunked_head;
  for (int i = 0; i < 11; ++i) {
    bytes += "a\r\n0123456789\r\n";
  }
  bytes += "0\r\n\r\n";
  for_every_split(bytes, [&](const std::vector<std::string_view>& pieces) {
    const outcome_of_bytes out = feed(pieces, small());
    ASSERT_EQ(status_of(out.output), 413);
    ASSERT_TRUE(out.closed);
    ASSERT_EQ(out.failures, std::vector{body_failure::too_large});
  });
}

TEST(connection_limits, an_exact_fit_is_served) {
  EXPECT_EQ(status_of(feed({head_of(100) + std::string(100, 'x')}, small()).output), 200);
  EXPECT_EQ(
      status_of(feed({chunked_head + "64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n"}, small())
                    .output),
      200);
}

TEST(connection_limits, an_endless_chunked_body_after_an_early_answer_is_cut) {
  recording_router router;
  connection subject{router, small(), start};
  subject.receive("POST /refuse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", start);
  EXPECT_EQ(status_of(subject.output()), 503);
  int chunks = 0;
  while (!subject.wants_close() && chunks < 1000) {
    subject.receive("a\r\n0123456789\r\n", start);
    ++chunks;
  }
  EXPECT_EQ(chunks, 101);
}

TEST(connection_limits, a_bomb_is_stopped_at_the_bound) {
  const std::string bomb = gzip_of_zeros(std::uint64_t{1} << 30);
  connection_limits limits;
  recording_router router;
  connection subject{router, limits, start};
  const auto begin = std::chrono::steady_clock::now();
  subject.receive(head_of(bomb.size(), "Content-Encoding: gzip\r\n") + bomb, start);
  const auto spent = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(status_of(subject.output()), 413);
  EXPECT_LE(router.requests.front().body.size(), limits.body_bytes_max);
  EXPECT_EQ(router.failures, std::vector{body_failure::too_large});
  EXPECT_LT(spent, std::chrono::seconds{5});
}

TEST(connection_limits, one_byte_a_second) {
  recording_router router;
  connection subject{router, connection_limits{}, start};
  const std::string bytes = head_of(10);
  std::int64_t passed_ns = 0;
  std::size_t sent = 0;
  while (!subject.wants_close() && sent < bytes.size()) {
    subject.receive(bytes.substr(sent++, 1), after_start(passed_ns));
    passed_ns += second_ns;
    subject.tick(after_start(passed_ns));
  }
  EXPECT_EQ(sent, 10U);
  EXPECT_EQ(status_of(subject.output()), 408);
}

TEST(connection_limits, a_slow_body_is_timed_from_its_head) {
  recording_router router;
  connection subject{router, connection_limits{}, start};
  std::int64_t passed_ns = 0;
  subject.receive(head_of(1000), after_start(passed_ns));
  for (int i = 0; i < 59; ++i) {
    passed_ns += second_ns;
    subject.receive("x", after_start(passed_ns));
    subject.tick(after_start(passed_ns));
  }
  EXPECT_FALSE(subject.wants_close());
  passed_ns += second_ns;
  subject.tick(after_start(passed_ns));
  EXPECT_TRUE(subject.wants_close());
  EXPECT_EQ(status_of(subject.output()), 408);
  EXPECT_NE(subject.output().find("Connection: close"), std::string::npos);
  EXPECT_EQ(router.failures, std::vector{body_failure::timeout});
  EXPECT_EQ(router.alive, 0U);
}

TEST(connection_limits, deadlines) {
  const connection_limits limits;
  recording_router router;
  connection subject{router, limits, start};
  EXPECT_EQ(subject.deadline(), after_start(limits.idle_timeout_ns).steady);
  subject.receive("P", after_start(1));
  EXPECT_EQ(subject.deadline(), after_start(1 + limits.head_timeout_ns).steady);
  subject.receive("OST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", after_start(2));
  EXPECT_EQ(subject.deadline(), after_start(2 + limits.body_timeout_ns).steady);
  subject.receive("x", after_start(3));
  EXPECT_EQ(subject.deadline(), steady_time::never());
  subject.answer(response{});
  subject.resume(after_start(4));
  EXPECT_EQ(subject.deadline(), after_start(4 + limits.idle_timeout_ns).steady);
}

TEST(connection_limits, an_idle_connection_is_closed_without_a_word) {
  recording_router router;
  connection subject{router, connection_limits{}, start};
  subject.tick(after_start(299 * second_ns));
  EXPECT_FALSE(subject.wants_close());
  subject.tick(after_start(300 * second_ns));
  EXPECT_TRUE(subject.wants_close());
  EXPECT_EQ(subject.output(), "");
}

TEST(connection_limits, a_step_of_the_wall_clock_ends_and_prolongs_nothing) {
  constexpr std::int64_t hour_ns = 3600 * second_ns;
  const auto stepped = [](std::int64_t passed_ns, std::int64_t step_ns) {
    moment now = after_start(passed_ns);
    now.wall.ns += step_ns;
    return now;
  };
  for (const std::int64_t step_ns : {hour_ns, -hour_ns}) {
    for (const char* so_far : {"", "POST /a HTTP/1.1\r\nHost: a\r\n",
                               "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"}) {
      recording_router router;
      connection subject{router, connection_limits{}, start};
      subject.receive(so_far, start);
      const std::int64_t left_ns = subject.deadline() - start.steady;
      subject.tick(stepped(left_ns - 1, step_ns));
      EXPECT_FALSE(subject.wants_close()) << step_ns << so_far;
      subject.tick(stepped(left_ns, step_ns));
      EXPECT_TRUE(subject.wants_close()) << step_ns << so_far;
    }
  }
}

TEST(connection_limits, a_client_that_expects_and_is_refused_is_not_waited_for) {
  recording_router router;
  connection subject{router, small(), start};
  subject.receive(head_of(200, "Expect: 100-continue\r\n"), start);
  EXPECT_EQ(status_of(subject.output()), 413);
  EXPECT_LE(subject.deadline(), after_start(2 * second_ns).steady);
  subject.tick(after_start(2 * second_ns));
  EXPECT_TRUE(subject.wants_close());
}

TEST(connection_limits, pipelined_answers_that_nobody_reads_do_not_pile_up) {
  recording_router router;
  connection subject{router, connection_limits{}, start};
  const std::string big(900'000, 'x');
  const std::string one = "POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + big;
  subject.receive(one + one + one + one, start);
  EXPECT_LT(subject.output().size(), 2'000'000U);
  EXPECT_FALSE(subject.wants_input());
  std::size_t total = 0;
  for (int i = 0; i < 4; ++i) {
    total += subject.output().size();
    subject.output().clear();
    subject.resume(start);
  }
  EXPECT_EQ(router.requests.size(), 4U);
  EXPECT_GT(total, 3'600'000U);
  EXPECT_TRUE(subject.wants_input());
}

TEST(connection_limits, the_inflater_goes_with_its_body) {
  const std::string body = gzip("cpu v=1");
  budgeted_router router{std::size_t{1} << 20};
  connection subject{router, connection_limits{}, start};
  const std::string request = head_of(body.size(), "Content-Encoding: gzip\r\n") + body;
  for (int i = 0; i < 2; ++i) {
    subject.receive(request.substr(0, request.size() - 1), start);
    EXPECT_GE(router.budget.used(), inflater_pool::inflater_bytes);
    subject.receive(request.substr(request.size() - 1), start);
    EXPECT_EQ(router.requests.back().body, "cpu v=1");
    EXPECT_EQ(router.budget.used(), 0U);
  }
}

}  // namespace
}  // namespace weir::http::test
