// SPDX-License-Identifier: Apache-2.0
#include "http/head.hpp"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

using namespace std::string_literals;

std::optional<refusal> refused(const std::string& bytes) {
  request_head head;
  return parse_head(bytes, head);
}

TEST(parse_head, reads_what_a_client_sends) {
  const std::string bytes =
      "POST /write?db=flink&rp=one_hour&precision=n HTTP/1.1\r\nHost: weir:8086\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nEmpty:\r\nPadded: \t a b \t\r\n"
      "Content-Length: 42\r\nExpect: 100-Continue\r\n\r\n";
  request_head head;
  ASSERT_FALSE(parse_head(bytes, head));
  EXPECT_EQ(head.method, method::post);
  EXPECT_EQ(head.path, "/write");
  EXPECT_EQ(head.query, "db=flink&rp=one_hour&precision=n");
  EXPECT_EQ(head.content_length, 42U);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expect_continue);
  EXPECT_EQ(head.header("empty"), "");
  EXPECT_EQ(head.header("padded"), "a b");
  EXPECT_EQ(head.headers.size(), 6U);
}

TEST(parse_head, keep_alive_by_version_and_header) {
  const auto keeps = [](const std::string& version, const std::string& header) {
    request_head head;
    EXPECT_FALSE(parse_head("GET / HTTP/" + version + "\r\nHost: a\r\n" + header + "\r\n", head));
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: TE, Close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(parse_head, target_forms) {
  request_head head;
  ASSERT_FALSE(parse_head("GET http://weir:8086/ping?a=b HTTP/1.1\r\nHost: a\r\n\r\n", head));
  EXPECT_EQ(head.path, "/ping");
  EXPECT_EQ(head.query, "a=b");
  ASSERT_FALSE(parse_head("GET http://weir HTTP/1.1\r\nHost: a\r\n\r\n", head));
  EXPECT_EQ(head.path, "/");
  ASSERT_FALSE(parse_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", head));
  EXPECT_EQ(head.path, "*");
}

TEST(parse_head, an_upgrade_that_is_not_taken_is_an_ordinary_request) {
  request_head head;
  ASSERT_FALSE(
      parse_head("POST /write HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                 "Upgrade: h2c\r\nHTTP2-Settings: AA\r\nContent-Length: 3\r\n\r\n",
                 head));
  EXPECT_EQ(head.content_length, 3U);
  EXPECT_TRUE(head.keep_alive);
}

TEST(parse_head, nothing_of_an_earlier_head_remains) {
  request_head head;
  ASSERT_FALSE(parse_head("POST /a?b HTTP/1.0\r\nContent-Length: 3\r\nX: y\r\n\r\n", head));
  ASSERT_FALSE(parse_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n", head));
  EXPECT_EQ(head.content_length, std::nullopt);
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.headers.size(), 1U);
  EXPECT_FALSE(head.version_1_0);
}

// What another server might frame differently, each alone in an otherwise good request.
TEST(parse_head, ambiguous_framing_is_refused) {
  const std::vector<std::string> headers{
      "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
      "Content-Length: 3\r\nContent-Length: 4\r\n",
      "Content-Length: 3\r\nContent-Length: 3\r\n",
      "Content-Length: 3, 3\r\n",
      "Content-Length: +3\r\n",
      "Content-Length: -3\r\n",
      "Content-Length: 0x3\r\n",
      "Content-Length: 3 4\r\n",
      "Content-Length:\r\n",
      "Content-Length: 18446744073709551616\r\n",
      "Content-Length : 3\r\n",
      " Content-Length: 3\r\n",
      "Content-Length: 3\r\n Folded: x\r\n",
      "X: a\r\n\tContent-Length: 3\r\n",
      "Transfer-Encoding: gzip\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Transfer-Encoding: chunked, identity\r\n",
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
      "Transfer-Encoding:\r\n",
      "Transfer-Encoding: \x0b"s + "chunked\r\n",
      "Transfer\xff-Encoding: chunked\r\n",
      "X: a\rContent-Length: 3\r\n",
      "X: a\nContent-Length: 3\r\n",
      "X: a\r\r\nContent-Length: 3\r\n",
      "X: a\0b\r\n"s,
      "X\0: b\r\n"s,
      "X: \x7f\r\n",
      "no colon\r\n",
      ": no name\r\n",
      "Host: second\r\n",
  };
  for (const std::string& header : headers) {
    const auto answer = refused("POST /write HTTP/1.1\r\nHost: a\r\n" + header + "\r\n");
    ASSERT_TRUE(answer) << header;
    EXPECT_EQ(answer->status, 400) << header;
    EXPECT_FALSE(answer->why.empty());
  }
}

TEST(parse_head, first_lines_are_strict) {
  for (const std::string& line : {
           "GET /\r\n"s,
           "GET / HTTP/0.9\r\n"s,
           "GET / HTTP/1.2\r\n"s,
           "GET / HTTP/11\r\n"s,
           "GET  / HTTP/1.1\r\n"s,
           "GET /\tHTTP/1.1\r\n"s,
           "GET / HTTP/1.1 \r\n"s,
           "GET /a b HTTP/1.1\r\n"s,
           "FETCH / HTTP/1.1\r\n"s,
           "GET /\xe2 HTTP/1.1\r\n"s,
           "GET /\0 HTTP/1.1\r\n"s,
           "get / HTTP/1.1\r\n"s,
           "GET / HTTP/1.1\n"s,
           "GET / http/1.1\r\n"s,
           "GET / ICE/1.0\r\n"s,
       }) {
    EXPECT_TRUE(refused(line + "Host: a\r\n\r\n")) << line;
  }
  EXPECT_TRUE(refused("GET / HTTP/1.1\r\n\r\n")) << "no Host";
  EXPECT_FALSE(refused("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_EQ(refused("PRI * HTTP/2.0\r\n\r\n")->status, 505);
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n")->status, 505);
}

TEST(find_head_end, finds_it_however_bytes_arrive) {
  const std::string bytes = "GET / HTTP/1.1\r\nA: b\r\n\r\nbody\r\n\r\n";
  for (std::size_t cut = 0; cut <= 24; ++cut) {
    std::size_t scanned = 0;
    const auto first = find_head_end(std::string_view{bytes}.substr(0, cut), scanned);
    EXPECT_EQ(first.has_value(), cut == 24) << cut;
    EXPECT_EQ(find_head_end(bytes, scanned), 24U) << cut;
  }
}

TEST(refuse_first_byte, names_what_else_it_may_be) {
  EXPECT_FALSE(refuse_first_byte('P'));
  EXPECT_NE(refuse_first_byte('\x16')->why.find("TLS"), std::string::npos);
  EXPECT_TRUE(refuse_first_byte('c'));
  EXPECT_TRUE(refuse_first_byte('\0'));
}

}  // namespace
}  // namespace weir::http
