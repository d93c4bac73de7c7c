// SPDX-License-Identifier: Apache-2.0
//
// Requests over real sockets: answers, failures, and an answer without end.
#include <gtest/gtest.h>

#include "net/fetch_curl.hpp"
#include "unit/net/http_server.hpp"

namespace weir {
namespace {

TEST(fetch_curl, gets_and_posts_on_one_connection) {
  std::vector<std::string> bodies;
  http_server server([&](const http_server::request& request) {
    bodies.push_back(request.target + " " + request.body);
    return http_server::response{200, "", "{}"};
  });
  fetch_curl http;
  transfer_request request;
  request.url = server.url() + "/query?q=x";
  const http_reply first = http.ask(request);
  EXPECT_TRUE(first.answered);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "{}");
  const std::string form = "a=b";
  request.body = {form};
  EXPECT_EQ(http.ask(request).status, 200);
  EXPECT_EQ(bodies, (std::vector<std::string>{"/query?q=x ", "/query?q=x a=b"}));
}

TEST(fetch_curl, an_answer_that_is_too_long_is_none) {
  http_server server([](const http_server::request&) {
    return http_server::response{200, "", std::string(1000, 'x')};
  });
  fetch_curl http;
  transfer_request request;
  request.url = server.url();
  request.answer_bytes_max = 999;
  const http_reply too_long = http.ask(request);
  EXPECT_FALSE(too_long.answered);
  EXPECT_EQ(too_long.detail, "its answer has more than 999 bytes");
  request.answer_bytes_max = 1000;
  EXPECT_TRUE(http.ask(request).answered);
}

TEST(fetch_curl, says_why_there_is_no_answer) {
  fetch_curl http;
  transfer_request request;
  {
    http_server server([](const http_server::request&) { return http_server::response{}; });
    request.url = server.url();
  }
  const http_reply given = http.ask(request);
  EXPECT_FALSE(given.answered);
  EXPECT_NE(given.detail, "");
}

}  // namespace
}  // namespace weir
