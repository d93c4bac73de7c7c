// SPDX-License-Identifier: Apache-2.0
//
// Requests and answers: framing, encodings, order. Limits and deadlines:
// connection_limits_test.cpp.
#include "http/connection.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

constexpr std::string_view date = "Date: Tue, 14 Apr 2020 06:08:04 GMT\r\n";

std::string ok(const std::string& body, const std::string& connection_header = "") {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + connection_header + std::string{date} +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string answer_of(int status, const std::string& body, bool close = false) {
  std::string out;
  append_response(recording_exchange::text(status, body), start.wall, !close, false, out);
  return out;
}

std::string post(const std::string& path, const std::string& body, const std::string& more = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunked(const std::string& path, const std::string& body,
                    const std::string& more = "") {
  std::string out =
      "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + more + "Transfer-Encoding: chunked\r\n\r\n";
  char size[32];
  for (std::size_t at = 0; at < body.size(); at += 7) {
    const std::string piece = body.substr(at, 7);
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    out += size + piece + "\r\n";
  }
  return out + "0\r\n\r\n";
}

void expect_at_every_split(const std::string& bytes, const std::string& output, bool closed) {
  for_every_split(bytes, [&](const std::vector<std::string_view>& pieces) {
    const outcome_of_bytes out = feed(pieces);
    ASSERT_EQ(out.output, output) << "pieces: " << pieces.size() << ", first "
                                  << pieces.front().size();
    ASSERT_EQ(out.closed, closed);
  });
}

TEST(connection, one_request) {
  expect_at_every_split(post("/write?db=a", "cpu v=1\n"), ok("/write?db=a cpu v=1\n"), false);
}

TEST(connection, pipelined_requests_are_answered_in_order) {
  const std::string bytes = post("/1", "one") + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n" +
                            chunked("/3", "three hundred") + "\r\n" + post("/4", "") +
                            "HEAD /5 HTTP/1.1\r\nHost: a\r\n\r\n" + post("/6", "six");
  expect_at_every_split(bytes,
                        ok("/1 one") + ok("/2 ") + ok("/3 three hundred") + ok("/4 ") +
                            ok("/5 ").substr(0, ok("/5 ").size() - 3) + ok("/6 six"),
                        false);
}

TEST(connection, close_is_honoured_and_what_follows_is_not_served) {
  expect_at_every_split(post("/1", "x", "Connection: close\r\n") + post("/2", "never"),
                        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + std::string{date} +
                            "Content-Length: 4\r\nConnection: close\r\n\r\n/1 x",
                        true);
}

TEST(connection, http_1_0) {
  EXPECT_TRUE(feed({"GET /ping HTTP/1.0\r\n\r\n"}).closed);
  const outcome_of_bytes kept = feed({"GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"});
  EXPECT_FALSE(kept.closed);
  EXPECT_EQ(kept.output, ok("/ping ", "Connection: keep-alive\r\n"));
}

TEST(connection, gzip_in_any_case_and_any_framing) {
  const std::string text = "cpu,host=a value=1 1586844484000000000\n";
  for (const char* name : {"gzip", "GZIP", "x-gzip"}) {
    const std::string header = std::string{"Content-Encoding: "} + name + "\r\n";
    expect_at_every_split(post("/w", gzip(text), header), ok("/w " + text), false);
    expect_at_every_split(chunked("/w", gzip(text) + gzip(text), header), ok("/w " + text + text),
                          false);
  }
  expect_at_every_split(post("/w", text, "Content-Encoding: identity\r\n"), ok("/w " + text),
                        false);
}

TEST(connection, gzip_is_only_a_matter_of_bodies) {
  // Python's v1 client sets the header on every request.
  expect_at_every_split("GET /query?q=x HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n\r\n",
                        ok("/query?q=x "), false);
  expect_at_every_split(post("/query", "", "Content-Encoding: deflate\r\n"), ok("/query "), false);
}

TEST(connection, what_is_not_gzip_is_refused_and_the_connection_goes_on) {
  const std::string header = "Content-Encoding: gzip\r\n";
  std::string wrong_sum = gzip("cpu v=1");
  wrong_sum[wrong_sum.size() - 5] = static_cast<char>(wrong_sum[wrong_sum.size() - 5] ^ 1);
  for (const std::string& body :
       {std::string{"cpu v=1\n"}, wrong_sum, gzip("cpu v=1") + "garbage", gzip("cpu v=1") + '\0',
        gzip("cpu v=1").substr(0, 15), gzip("cpu v=1") + gzip("cpu v=1").substr(0, 3)}) {
    expect_at_every_split(post("/w", body, header) + post("/2", "x"),
                          answer_of(400, "failed") + ok("/2 x"), false);
    expect_at_every_split(chunked("/w", body, header) + post("/2", "x"),
                          answer_of(400, "failed") + ok("/2 x"), false);
  }
  EXPECT_EQ(feed({post("/w", gzip("cpu v=1").substr(0, 15), header)}).failures,
            std::vector{body_failure::truncated});
}

TEST(connection, other_encodings_are_refused) {
  for (const char* name : {"br", "gzip, br", "compress", "gzip, gzip, gzip, gzip"}) {
    const std::string header = std::string{"Content-Encoding: "} + name + "\r\n";
    expect_at_every_split(post("/w", "abc", header) + post("/2", "x"),
                          answer_of(415, "failed") + ok("/2 x"), false);
  }
}

TEST(connection, continue_is_said_once_the_router_did_not_refuse) {
  const std::string expect = "Expect: 100-continue\r\n";
  expect_at_every_split(post("/w", "abc", expect), "HTTP/1.1 100 Continue\r\n\r\n" + ok("/w abc"),
                        false);
  expect_at_every_split(post("/w", "", expect), ok("/w "), false);
  // Refused: whether the body will come is unknown, so the connection ends after the answer.
  const outcome_of_bytes refused = feed({post("/refuse", "abc", expect).substr(0, 80)});
  EXPECT_EQ(refused.output, answer_of(503, "refused", true));
  expect_at_every_split(post("/refuse", "abc", expect) + post("/2", "never"),
                        answer_of(503, "refused", true), true);
}

TEST(connection, a_request_refused_at_its_head_does_not_cost_the_connection) {
  expect_at_every_split(post("/refuse", "some body") + post("/2", "x"),
                        answer_of(503, "refused") + ok("/2 x"), false);
  expect_at_every_split(chunked("/refuse", "some longer body") + post("/2", "x"),
                        answer_of(503, "refused") + ok("/2 x"), false);
  expect_at_every_split("GET /refuse HTTP/1.1\r\nHost: a\r\n\r\n" + post("/2", "x"),
                        answer_of(503, "refused") + ok("/2 x"), false);
}

TEST(connection, an_exchange_may_answer_amid_its_body) {
  expect_at_every_split(post("/early", "some body") + post("/2", "x"),
                        answer_of(400, "early") + ok("/2 x"), false);
  const outcome_of_bytes out = feed({chunked("/early", "0123456789abcdef") + post("/2", "x")});
  EXPECT_EQ(out.requests.front().body, "0123456") << "nothing may follow an answer";
  EXPECT_FALSE(out.requests.front().complete);
}

TEST(connection, waits_for_an_answer_and_keeps_what_follows) {
  recording_router router;
  connection subject{router, {}, start};
  subject.receive(post("/later", "a") + post("/2", "b") + post("/later", "c"), start);
  EXPECT_EQ(subject.output(), "");
  EXPECT_FALSE(subject.wants_input());
  EXPECT_FALSE(subject.idle());
  EXPECT_EQ(router.requests.size(), 1U);
  EXPECT_EQ(router.alive, 1U);
  subject.answer(response{});
  subject.resume(after_start(second_ns));
  EXPECT_EQ(router.requests.size(), 3U);
  EXPECT_EQ(router.alive, 1U);
  EXPECT_FALSE(subject.wants_input());
  subject.answer(response{});
  subject.resume(after_start(second_ns));
  std::string expected;
  append_response(response{}, start.wall, true, false, expected);
  append_response(recording_exchange::text(200, "/2 b"), after_start(second_ns).wall, true, false,
                  expected);
  append_response(response{}, after_start(second_ns).wall, true, false, expected);
  EXPECT_EQ(subject.output(), expected);
  subject.output().clear();
  EXPECT_TRUE(subject.wants_input());
  EXPECT_TRUE(subject.idle());
  EXPECT_EQ(router.alive, 0U);
}

TEST(connection, a_client_that_closes_its_side_still_gets_its_answers) {
  recording_router router;
  connection subject{router, {}, start};
  subject.receive(post("/later", "a") + post("/2", "b"), start);
  subject.receive_end(start);
  EXPECT_FALSE(subject.wants_close());
  subject.answer(response{});
  subject.resume(start);
  EXPECT_TRUE(subject.wants_close());
  EXPECT_NE(subject.output().find("/2 b"), std::string::npos);
}

TEST(connection, a_client_that_vanishes_leaves_an_incomplete_body) {
  for (const std::string& bytes : {post("/w", "abcdef"), chunked("/w", "abcdef")}) {
    recording_router router;
    connection subject{router, {}, start};
    subject.receive(bytes.substr(0, bytes.size() - 4), start);
    subject.receive_end(start);
    EXPECT_EQ(router.failures, std::vector{body_failure::cut_off});
    EXPECT_FALSE(router.requests.front().complete);
    EXPECT_TRUE(subject.wants_close());
    EXPECT_EQ(subject.output(), "");
    EXPECT_EQ(router.alive, 0U);
  }
  const outcome_of_bytes silent = feed({});
  EXPECT_EQ(silent.output, "");
}

TEST(connection, shutdown_ends_after_the_current_request) {
  recording_router router;
  connection idle{router, {}, start};
  idle.finish_after_current();
  EXPECT_TRUE(idle.wants_close());
  connection busy{router, {}, start};
  busy.receive(post("/later", "a") + post("/2", "b"), start);
  busy.finish_after_current();
  EXPECT_FALSE(busy.wants_close());
  busy.answer(response{});
  busy.resume(start);
  EXPECT_TRUE(busy.wants_close());
  EXPECT_NE(busy.output().find("Connection: close"), std::string::npos);
  EXPECT_EQ(busy.output().find("/2"), std::string::npos);
}

TEST(connection, smuggled_requests_are_never_served) {
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& head :
       {std::string{"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        std::string{"POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                    "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"},
        std::string{"POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0b"
                    "chunked\r\n\r\n0\r\n\r\n"},
        std::string{
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n"},
        std::string{"POST /1 HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 40\r\n\r\n"},
        std::string{"POST /1 HTTP/1.1\r\nHost: a\nContent-Length: 0\r\n\r\n"}}) {
    for_every_split(head + hidden, [&](const std::vector<std::string_view>& pieces) {
      const outcome_of_bytes out = feed(pieces);
      ASSERT_TRUE(out.requests.empty()) << head;
      ASSERT_TRUE(out.closed);
      ASSERT_TRUE(
          out.output.starts_with("HTTP/1.1 400 Bad Request\r\n"
                                 "Content-Type: text/plain; charset=utf-8\r\n"));
    });
  }
}

TEST(connection, broken_chunks_end_the_connection) {
  const std::string head = "POST /w HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for_every_split(head + "3\r\nabcXX" + post("/2", "x"),
                  [&](const std::vector<std::string_view>& pieces) {
                    const outcome_of_bytes out = feed(pieces);
                    ASSERT_EQ(out.failures, std::vector{body_failure::cut_off});
                    ASSERT_EQ(out.requests.size(), 1U);
                    ASSERT_TRUE(out.closed);
                    ASSERT_TRUE(out.output.starts_with("HTTP/1.1 400 "));
                  });
}

TEST(connection, what_is_not_http_is_told_at_once) {
  EXPECT_NE(feed({"\x16\x03\x01"}).output.find("without TLS"), std::string::npos);
  EXPECT_TRUE(feed({"cpu,host=a v=1\n"}).closed);
  EXPECT_TRUE(feed({"\r\n\r\n"}).output.empty());
}

TEST(connection, bodies_may_hold_any_byte) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<char>(i));
  }
  expect_at_every_split(post("/w", all), ok("/w " + all), false);
  expect_at_every_split(chunked("/w", all), ok("/w " + all), false);
}

}  // namespace
}  // namespace weir::http::test
