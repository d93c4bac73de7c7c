// SPDX-License-Identifier: Apache-2.0
//
// Requests that are passed on, over real sockets: as they were sent, back while it arrives,
// bounded, and ended when nobody asks any more.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "net/relay_curl.hpp"
#include "unit/net/http_server.hpp"

namespace weir {
namespace {

/// What a loop is to a relay: something that it wakes.
class waker {
 public:
  std::function<void()> call() {
    return [this] {
      const std::lock_guard hold(lock_);
      ++calls_;
      called_.notify_all();
    };
  }
  /// As a loop does: news is taken, then looked at. The condition is asked without the lock.
  template <class Condition>
  bool wait_until(relayed& from, Condition holds) {
    for (;;) {
      const int before = calls();
      static_cast<void>(from.take_news());
      if (holds()) {
        return true;
      }
      std::unique_lock hold(lock_);
      if (!called_.wait_for(hold, std::chrono::seconds(10), [&] { return calls_ != before; })) {
        return false;
      }
    }
  }

 private:
  int calls() {
    const std::lock_guard hold(lock_);
    return calls_;
  }
  std::mutex lock_;
  std::condition_variable called_;
  int calls_ = 0;
};

struct whole_answer {
  relay_head head;
  std::string body;
  bool broken = false;
};

whole_answer read_all(relayed& from, waker& loop) {
  whole_answer out;
  EXPECT_TRUE(loop.wait_until(from, [&] { return from.begun(); }));
  if (auto head = from.take_head()) {
    out.head = std::move(*head);
  }
  for (bool more = true; more;) {
    EXPECT_TRUE(loop.wait_until(from, [&] { return !from.waits(); }));
    std::string piece;
    more = from.take(piece);
    out.body += piece;
  }
  out.broken = from.broken();
  return out;
}

relay_request request_to(const http_server& server, std::string target) {
  relay_request out;
  out.urls = {server.url() + target};
  return out;
}

TEST(relay_curl, passes_a_request_as_it_is) {
  http_server server([](const http_server::request&) {
    return http_server::response{401, "X-Kind: Of-Its-Own\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n",
                                 "no"};
  });
  relay_curl queries(10);
  waker loop;
  relay_request request = request_to(server, "/a/../query?q=a%20b&u=x");
  request.method = "PATCH";
  request.headers = {"Authorization: Token t:u", "X-Empty:", "Content-Type: application/x"};
  request.body = "body";
  const auto sent = queries.send(std::move(request), loop.call());
  ASSERT_NE(sent, nullptr);
  const whole_answer came = read_all(*sent, loop);
  EXPECT_EQ(came.head.status, 401);
  EXPECT_EQ(came.body, "no");
  EXPECT_FALSE(came.broken);
  const std::vector<std::pair<std::string, std::string>> wanted{
      {"X-Kind", "Of-Its-Own"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}, {"Content-Length", "2"}};
  EXPECT_EQ(came.head.headers, wanted);
  const http_server::request got = server.requests().front();
  EXPECT_EQ(got.target, "/a/../query?q=a%20b&u=x");
  EXPECT_EQ(got.body, "body");
  EXPECT_NE(got.headers.find("authorization: token t:u\r\n"), std::string::npos) << got.headers;
  EXPECT_NE(got.headers.find("x-empty:\r\n"), std::string::npos) << got.headers;
  for (const char* own : {"accept:", "user-agent:", "expect:"}) {
    EXPECT_EQ(got.headers.find(own), std::string::npos) << got.headers;
  }
  EXPECT_EQ(queries.count().requests, 1U);
  EXPECT_EQ(queries.count().failures, 0U);
}

TEST(relay_curl, a_server_is_not_read_from_while_nobody_takes) {
  constexpr std::size_t bytes = std::size_t{32} << 20;
  http_server server([](const http_server::request&) {
    return http_server::response{200, "", std::string(bytes, 'x')};
  });
  relay_curl queries(10);
  waker loop;
  const auto sent = queries.send(request_to(server, "/"), loop.call());
  ASSERT_NE(sent, nullptr);
  ASSERT_TRUE(
      loop.wait_until(*sent, [&] { return sent->held_bytes() >= relayed::waiting_bytes_max; }));
  // A second request over the same thread shows that the first one waits.
  const auto other = queries.send(request_to(server, "/"), loop.call());
  ASSERT_TRUE(
      loop.wait_until(*other, [&] { return other->held_bytes() >= relayed::waiting_bytes_max; }));
  EXPECT_LE(sent->held_bytes(), 2 * relayed::waiting_bytes_max);
  other->abandon();
  EXPECT_EQ(read_all(*sent, loop).body.size(), bytes);
}

TEST(relay_curl, says_why_there_is_no_answer_or_no_whole_one) {
  relay_curl queries(10);
  waker loop;
  std::string gone;
  {
    http_server server([](const http_server::request&) { return http_server::response{}; });
    gone = server.url();
  }
  relay_request request;
  request.urls = {gone + "/"};
  auto sent = queries.send(request, loop.call());
  ASSERT_TRUE(loop.wait_until(*sent, [&] { return sent->begun(); }));
  EXPECT_FALSE(sent->take_head());
  EXPECT_NE(sent->why(), "");
  http_server server([](const http_server::request& asked) {
    return asked.target == "/cut"
               ? http_server::response{.status = 200,
                                       .headers = "Transfer-Encoding: chunked\r\n",
                                       .body = "3\r\nabc\r\nnonsense"}
               : http_server::response{200, "", "whole"};
  });
  sent = queries.send(request_to(server, "/cut"), loop.call());
  const whole_answer cut = read_all(*sent, loop);
  EXPECT_EQ(cut.body, "abc");
  EXPECT_TRUE(cut.broken);
  // The next address is tried where none is reached.
  request.urls = {gone + "/", server.url() + "/"};
  sent = queries.send(request, loop.call());
  EXPECT_EQ(read_all(*sent, loop).body, "whole");
  EXPECT_EQ(queries.count().failures, 2U);
}

TEST(relay_curl, ends_what_nobody_asks_for) {
  std::mutex lock;
  std::condition_variable changed;
  bool asked = false;
  bool go_on = false;
  http_server server([&](const http_server::request&) {
    std::unique_lock hold(lock);
    asked = true;
    changed.notify_all();
    changed.wait(hold, [&] { return go_on; });
    return http_server::response{200, "", "late"};
  });
  {
    relay_curl queries(1);
    waker loop;
    auto sent = queries.send(request_to(server, "/"), loop.call());
    {
      std::unique_lock hold(lock);
      ASSERT_TRUE(changed.wait_for(hold, std::chrono::seconds(10), [&] { return asked; }));
    }
    EXPECT_EQ(queries.send(request_to(server, "/"), loop.call()), nullptr) << "one is the most";
    sent->abandon();
    while (queries.count().under_way > 0) {
      std::this_thread::yield();
    }
    // What is under way at the end is told.
    sent = queries.send(request_to(server, "/"), loop.call());
    ASSERT_NE(sent, nullptr);
    queries.stop();
    EXPECT_TRUE(sent->begun());
    EXPECT_EQ(sent->why(), "weir is ending");
    EXPECT_EQ(queries.send(request_to(server, "/"), loop.call()), nullptr);
  }
  const std::lock_guard hold(lock);
  go_on = true;
  changed.notify_all();
}

}  // namespace
}  // namespace weir
