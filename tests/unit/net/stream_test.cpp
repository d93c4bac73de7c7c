// SPDX-License-Identifier: Apache-2.0
//
// A stream over real sockets: its head, its pieces, its end, and what is waited for beside it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "net/stream_curl.hpp"
#include "unit/net/http_server.hpp"

namespace weir {
namespace {

constexpr std::chrono::seconds long_wait{20};

transfer_request request_to(const std::string& url) {
  transfer_request request;
  request.url = url;
  request.answer_bytes_max = 1000;
  return request;
}

/// All that comes until the end.
std::string read_all(stream_curl& stream) {
  std::string out;
  while (!stream.ended()) {
    stream.wait(long_wait, {}, out);
  }
  return out;
}

TEST(stream_curl, reads_an_answer_to_its_end) {
  std::string asked;
  http_server server([&](const http_server::request& request) {
    asked = request.target + " " + request.headers;
    return http_server::response{200, "", "one\ntwo\n"};
  });
  stream_curl stream;
  EXPECT_TRUE(stream.ended());
  transfer_request request = request_to(server.url() + "/events");
  request.headers = {"X-Name: value"};
  stream.begin(request);
  EXPECT_FALSE(stream.ended());
  EXPECT_EQ(stream.status(), 0);
  EXPECT_EQ(read_all(stream), "one\ntwo\n");
  EXPECT_EQ(stream.status(), 200);
  EXPECT_EQ(stream.why(), "");
  EXPECT_TRUE(asked.starts_with("/events ")) << asked;
  EXPECT_NE(asked.find("x-name: value"), std::string::npos) << asked;
}

TEST(stream_curl, can_begin_again_after_an_end) {
  int count = 0;
  http_server server([&](const http_server::request&) {
    return http_server::response{++count == 1 ? 503 : 200, "", "x"};
  });
  stream_curl stream;
  stream.begin(request_to(server.url()));
  EXPECT_EQ(read_all(stream), "x");
  EXPECT_EQ(stream.status(), 503);
  stream.begin(request_to(server.url()));
  EXPECT_EQ(stream.status(), 0);
  EXPECT_EQ(read_all(stream), "x");
  EXPECT_EQ(stream.status(), 200);
}

TEST(stream_curl, says_why_there_is_nothing) {
  std::string url;
  {
    http_server server([](const http_server::request&) { return http_server::response{}; });
    url = server.url();
  }
  stream_curl stream;
  stream.begin(request_to(url));
  EXPECT_EQ(read_all(stream), "");
  EXPECT_EQ(stream.status(), 0);
  EXPECT_NE(stream.why(), "");
}

TEST(stream_curl, holds_no_more_than_it_may) {
  http_server server([](const http_server::request&) {
    return http_server::response{200, "", std::string(100'000, 'x')};
  });
  stream_curl stream;
  stream.begin(request_to(server.url()));
  EXPECT_LE(read_all(stream).size(), 1000U);
  EXPECT_NE(stream.why(), "");
}

TEST(stream_curl, other_descriptors_end_the_wait) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  ASSERT_EQ(::write(pipe_ends[1], "x", 1), 1);
  stream_curl stream;
  std::string out;
  const auto began = std::chrono::steady_clock::now();
  stream.wait(long_wait, std::span(pipe_ends).first(1), out);
  EXPECT_LT(std::chrono::steady_clock::now() - began, long_wait / 2);
  EXPECT_EQ(out, "");
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

}  // namespace
}  // namespace weir
