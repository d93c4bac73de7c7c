// SPDX-License-Identifier: Apache-2.0
//
// What a connection does in one turn of its loop is bounded, and nothing is lost between turns.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "http/connection.hpp"
#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

std::string post(const std::string& target, const std::string& body, const std::string& more = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string post_chunked(const std::string& target, const std::string& body, std::size_t chunk) {
  std::string out = "POST " + target + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    const std::string piece = body.substr(at, chunk);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    out += size + piece + "\r\n";
  }
  return out + "0\r\n\r\n";
}

std::string numbers(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += std::to_string(i) + "\n";
  }
  return out;
}

/// Turns of `units` each until the connection has nothing more to do; how many there were.
int take_turns(connection& subject, std::size_t units) {
  int turns = 0;
  while (subject.wants_turn() && turns < 1'000'000) {
    EXPECT_FALSE(subject.wants_input());
    turn_work work(units);
    subject.resume(start, work);
    ++turns;
  }
  return turns;
}

TEST(connection_turns, a_body_waits_for_further_turns_and_arrives_whole) {
  const std::string body = numbers(1000);
  for (const std::string& request :
       {post("/a", body), post_chunked("/a", body, 700), post_chunked("/a", body, 3),
        post("/a", gzip(body), "Content-Encoding: gzip\r\n")}) {
    costly_router router;
    connection subject{router, connection_limits{}, start};
    turn_work work(200);
    subject.receive(request + post("/b", "x"), start, work);
    EXPECT_LE(router.requests.front().body.size(), 200U);
    EXPECT_TRUE(subject.wants_turn());
    EXPECT_GE(take_turns(subject, 200), static_cast<int>(body.size() / 200));
    ASSERT_EQ(router.requests.size(), 2U);
    EXPECT_EQ(router.requests.front().body, body);
    EXPECT_TRUE(router.requests.front().complete);
    EXPECT_EQ(router.requests.back().body, "x");
    EXPECT_TRUE(subject.wants_input());
    EXPECT_TRUE(router.failures.empty());
  }
}

TEST(connection_turns, little_gzip_that_becomes_much_is_inflated_a_turn_at_a_time) {
  constexpr std::size_t inflated = 20'000'000;
  const std::string body = gzip_of_zeros(inflated);
  costly_router router;
  connection subject{router, connection_limits{}, start};
  constexpr std::size_t units = 100'000;
  turn_work work(units);
  subject.receive(post("/a", body, "Content-Encoding: gzip\r\n"), start, work);
  std::size_t before = router.requests.front().body.size();
  EXPECT_LE(before, units);
  while (subject.wants_turn()) {
    turn_work next(units);
    subject.resume(start, next);
    const std::size_t now = router.requests.front().body.size();
    EXPECT_LE(now - before, units);
    before = now;
  }
  EXPECT_EQ(before, inflated);
  EXPECT_TRUE(router.requests.front().complete);
}

TEST(connection_turns, gzip_members_that_hold_nothing_are_work_too) {
  std::string body;
  const std::string empty = gzip("");
  for (int i = 0; i < 5000; ++i) {
    body += empty;
  }
  costly_router router;
  connection subject{router, connection_limits{}, start};
  turn_work work(1000);
  subject.receive(post("/a", body + gzip("end"), "Content-Encoding: gzip\r\n"), start, work);
  EXPECT_GT(take_turns(subject, 1000), 10);
  EXPECT_EQ(router.requests.front().body, "end");
  EXPECT_TRUE(router.requests.front().complete);
}

TEST(connection_turns, damage_is_found_in_whichever_turn_it_comes) {
  std::string body = gzip(numbers(100'000));
  body[body.size() - 5] ^= 1;
  costly_router router;
  connection subject{router, connection_limits{}, start};
  turn_work work(1000);
  subject.receive(post("/a", body, "Content-Encoding: gzip\r\n") + post("/b", "x"), start, work);
  take_turns(subject, 1000);
  EXPECT_EQ(router.failures, std::vector{body_failure::damaged_gzip});
  EXPECT_EQ(router.requests.back().body, "x") << "the connection goes on";
}

TEST(connection_turns, requests_without_bodies_are_work_too) {
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  recording_router router;
  connection subject{router, connection_limits{}, start};
  turn_work work(1000);
  subject.receive(many, start, work);
  EXPECT_LE(router.requests.size(), 100U);
  EXPECT_GT(router.requests.size(), 0U);
  for (int i = 0; i < 1000 && subject.wants_turn(); ++i) {
    turn_work next(1000);
    subject.resume(start, next);
    subject.output().clear();
  }
  EXPECT_EQ(router.requests.size(), 1000U);
  EXPECT_EQ(router.requests.back().target, "/999");
}

TEST(connection_turns, a_client_is_not_blamed_for_the_time_that_its_body_waited) {
  const std::string body = numbers(100);
  costly_router router;
  connection_limits limits;
  connection subject{router, limits, start};
  turn_work work(100);
  const std::string request = post("/a", body + body);
  subject.receive(request.substr(0, request.size() - 1), start, work);
  ASSERT_TRUE(subject.wants_turn());
  const std::int64_t late_ns = limits.body_timeout_ns + second_ns;
  subject.tick(after_start(late_ns));
  EXPECT_TRUE(router.failures.empty());
  subject.resume(after_start(late_ns));
  subject.tick(after_start(late_ns));
  EXPECT_TRUE(router.failures.empty()) << "its last byte may still come";
  subject.tick(after_start(late_ns + limits.body_timeout_ns));
  EXPECT_EQ(router.failures, std::vector{body_failure::timeout});
}

TEST(connection_turns, what_waits_is_served_although_its_client_has_sent_all) {
  const std::string body = numbers(100);
  costly_router router;
  connection subject{router, connection_limits{}, start};
  turn_work work(10);
  subject.receive(post("/a", body), start, work);
  turn_work none(0);
  subject.resume(start, none);
  subject.receive_end(start);
  EXPECT_TRUE(router.requests.front().complete);
  EXPECT_TRUE(router.failures.empty());
  EXPECT_NE(subject.output().find("200 OK"), std::string::npos);
  EXPECT_TRUE(subject.wants_close());
}

TEST(connection_turns, an_early_answer_forgets_what_waits_of_the_body) {
  const std::string body = numbers(1000);
  for (const std::string& request : {post("/a", body), post_chunked("/a", body, 50)}) {
    costly_router router;
    connection subject{router, connection_limits{}, start};
    turn_work work(10);
    subject.receive(request + post("/b", "x"), start, work);
    subject.answer(recording_exchange::text(400, "early"));
    take_turns(subject, 10'000);
    ASSERT_EQ(router.requests.size(), 2U);
    EXPECT_FALSE(router.requests.front().complete);
    EXPECT_EQ(router.requests.back().body, "x");
    EXPECT_TRUE(subject.wants_input());
  }
}

}  // namespace
}  // namespace weir::http::test
