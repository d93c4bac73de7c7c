// SPDX-License-Identifier: Apache-2.0
//
// Questions over real sockets: answers, failures, an answer without end, and being stopped.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "sinks/fetch_curl.hpp"
#include "unit/sinks/http_server.hpp"
#include "upstream/schema_reader.hpp"

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
  const answer first = http.ask(request);
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
  EXPECT_FALSE(http.ask(request).answered);
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
  const answer given = http.ask(request);
  EXPECT_FALSE(given.answered);
  EXPECT_NE(given.detail, "");
}

TEST(schema_reader_thread, learns_and_can_be_stopped_in_the_middle_of_a_question) {
  std::mutex lock;
  std::condition_variable bell;
  int asked = 0;
  bool release = false;
  http_server server([&](const http_server::request&) {
    std::unique_lock hold(lock);
    ++asked;
    bell.notify_all();
    if (asked > 1) {
      bell.wait(hold, [&] { return release; });
    }
    return http_server::response{
        200, "",
        R"({"results":[{"series":[{"columns":["name","duration","default"],)"
        R"("values":[["autogen","1h0m0s",true]]}]}]})"};
  });
  sink_settings settings;
  settings.name = "influx";
  settings.url = server.url();
  std::string published;
  schema_reader_parts parts;
  parts.databases = [] { return std::vector<std::string>{"a", "b"}; };
  parts.publish = [&](const upstream_schema& table) {
    const std::lock_guard hold(lock);
    published = table.text();
  };
  schema_reader_thread learns(settings, std::move(parts), {});
  {
    std::unique_lock hold(lock);
    bell.wait(hold, [&] { return asked == 2; });
    EXPECT_NE(published.find("=a =autogen 1 3600000000000\n"), std::string::npos);
  }
  learns.stop();  // while the server thinks about the second question
  {
    const std::lock_guard hold(lock);
    release = true;
  }
  bell.notify_all();
}

}  // namespace
}  // namespace weir
