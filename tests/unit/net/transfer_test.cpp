// SPDX-License-Identifier: Apache-2.0
//
// libcurl on libuv against a real socket.
#include <gtest/gtest.h>
#include <uv.h>

#include "net/transfer_curl.hpp"
#include "net/url_fault_curl.hpp"
#include "unit/net/http_server.hpp"

namespace weir {
namespace {

class transfers : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(uv_loop_init(&loop_), 0);
    auto made = transfer_curl::make(&loop_, 8);
    ASSERT_TRUE(made.ok());
    http_ = std::move(made).value();
  }
  void TearDown() override {
    http_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  http_reply post(transfer_request request) {
    std::optional<http_reply> got;
    http_->post(std::move(request), [&](http_reply given) { got = std::move(given); });
    while (!got && uv_run(&loop_, UV_RUN_ONCE) != 0) {
    }
    return got.value_or(http_reply::failed("the loop ended"));
  }
  static transfer_request to(const std::string& url, std::vector<std::string_view> body) {
    transfer_request request;
    request.url = url;
    request.body = std::move(body);
    request.timeout = std::chrono::seconds(10);
    return request;
  }

  uv_loop_t loop_{};
  std::unique_ptr<transfer_curl> http_;
};

TEST_F(transfers, sends_all_pieces_and_brings_the_answer_back) {
  http_server server([](const auto&) {
    return http_server::response{503, "Retry-After: 7\r\n", "queue full\n"};
  });
  ASSERT_TRUE(server.ok());
  const std::string large(300'000, 'x');
  transfer_request request = to(server.url() + "/write?db=d", {"abc", "", large, "end"});
  request.headers = {"User-Agent: weir/test", "Content-Encoding: gzip", "Expect:"};
  request.username = "me";
  request.password = "pass word";
  const http_reply got = post(std::move(request));
  EXPECT_TRUE(got.answered) << got.detail;
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body, "queue full\n");
  EXPECT_EQ(got.retry_after, std::chrono::seconds(7));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].target, "/write?db=d");
  EXPECT_EQ(requests[0].body, "abc" + large + "end");
  EXPECT_NE(requests[0].headers.find("user-agent: weir/test\r\n"), std::string::npos);
  EXPECT_NE(requests[0].headers.find("content-encoding: gzip\r\n"), std::string::npos);
  // "me:pass word", in the lower case of everything here.
  EXPECT_NE(requests[0].headers.find("authorization: basic bwu6cgfzcyb3b3jk\r\n"),
            std::string::npos)
      << requests[0].headers;
  EXPECT_EQ(requests[0].headers.find("expect:"), std::string::npos);
}

TEST_F(transfers, keeps_the_connection) {
  http_server server([](const auto&) { return http_server::response{}; });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(post(to(server.url() + "/write", {"m v=1"})).status, 204);
  }
  EXPECT_EQ(server.requests().size(), 20U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(transfers, runs_many_at_once) {
  http_server server([](const auto& one) { return http_server::response{200, "", one.body}; });
  int done = 0;
  std::vector<std::string> bodies;
  for (int i = 0; i < 30; ++i) {
    bodies.push_back("body " + std::to_string(i));
  }
  for (const std::string& body : bodies) {
    http_->post(to(server.url() + "/write", {body}), [&](const http_reply& given) {
      EXPECT_EQ(given.body, body);
      ++done;
    });
  }
  while (done < 30 && uv_run(&loop_, UV_RUN_ONCE) != 0) {
  }
  EXPECT_EQ(done, 30);
}

TEST_F(transfers, a_refused_connection_is_no_answer) {
  std::string url;
  {
    http_server server([](const auto&) { return http_server::response{}; });
    url = server.url();
  }
  const http_reply got = post(to(url, {"x"}));
  EXPECT_FALSE(got.answered);
  EXPECT_FALSE(got.detail.empty());
}

TEST_F(transfers, a_connection_closed_half_way_is_no_answer) {
  http_server server([](const auto&) {
    http_server::response none;
    none.drop = true;
    return none;
  });
  EXPECT_FALSE(post(to(server.url(), {"x"})).answered);
}

TEST_F(transfers, a_server_that_never_answers_times_out) {
  std::mutex lock;
  std::unique_lock hold(lock);
  http_server server([&](const auto&) {
    const std::lock_guard wait(lock);
    return http_server::response{};
  });
  transfer_request request = to(server.url(), {"x"});
  request.timeout = std::chrono::milliseconds(100);
  const http_reply got = post(std::move(request));
  EXPECT_FALSE(got.answered);
  hold.unlock();
}

TEST_F(transfers, an_endless_answer_is_cut) {
  http_server server([](const auto&) {
    return http_server::response{400, "", std::string(1'000'000, 'e')};
  });
  const http_reply got = post(to(server.url(), {"x"}));
  EXPECT_TRUE(got.answered);
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.body, std::string(64 * 1024, 'e'));
}

TEST_F(transfers, follows_no_redirect) {
  http_server server([](const auto&) {
    return http_server::response{302, "Location: /elsewhere\r\n", ""};
  });
  EXPECT_EQ(post(to(server.url() + "/write", {"x"})).status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(transfers, abort_ends_what_is_under_way) {
  std::mutex lock;
  std::unique_lock hold(lock);
  http_server server([&](const auto&) {
    const std::lock_guard wait(lock);
    return http_server::response{};
  });
  bool called = false;
  http_->post(to(server.url(), {"x"}), [&](const http_reply&) { called = true; });
  for (int i = 0; i < 3; ++i) {
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
  http_->abort();
  uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_FALSE(called);
  hold.unlock();
}

TEST(url_fault, tells_what_cannot_be_a_server) {
  EXPECT_EQ(url_fault("http://127.0.0.1:8086"), "");
  EXPECT_EQ(url_fault("https://[::1]:8086/prefix/"), "");
  EXPECT_NE(url_fault("127.0.0.1:8086"), "");
  EXPECT_NE(url_fault("file:///etc/passwd"), "");
  EXPECT_NE(url_fault(""), "");
  EXPECT_NE(url_fault("http://"), "");
  EXPECT_NE(url_fault("http://h:99999"), "");
  EXPECT_EQ(url_fault("http://h/?db=x"), "");
}

TEST_F(transfers, a_redirect_is_an_answer_and_is_not_followed) {
  http_server server([](const auto& one) {
    return one.target == "/write" ? http_server::response{307, "Location: /other\r\n", "moved"}
                                  : http_server::response{};
  });
  ASSERT_TRUE(server.ok());
  const http_reply got = post(to(server.url() + "/write", {"x"}));
  EXPECT_EQ(got.status, 307);
  EXPECT_EQ(got.location, "/other");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(transfers, a_body_behind_204_belongs_to_nothing) {
  http_server server([](const auto&) {
    return http_server::response{204, "Content-Type: text/html\r\n", "<html>never read</html>"};
  });
  ASSERT_TRUE(server.ok());
  for (int i = 0; i < 3; ++i) {
    const http_reply got = post(to(server.url(), {"x"}));
    EXPECT_TRUE(got.answered) << got.detail;
    EXPECT_EQ(got.status, 204);
    EXPECT_EQ(got.body, "");
    EXPECT_EQ(got.content_type, "text/html");
  }
}

TEST_F(transfers, a_date_in_retry_after_is_counted_by_the_servers_clock) {
  http_server server([](const auto&) {
    return http_server::response{429,
                                 "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                 "retry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\n",
                                 ""};
  });
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(post(to(server.url(), {"x"})).retry_after, std::chrono::seconds(30));
}

}  // namespace
}  // namespace weir
