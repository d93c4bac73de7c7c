// SPDX-License-Identifier: Apache-2.0
//
// What a connection waits for: an answer whose source has nothing now, and an exchange that does
// not take its body yet.
#include <gtest/gtest.h>

#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

const std::string get = "GET /g HTTP/1.1\r\nHost: a\r\n\r\n";

/// Gives what the test puts in.
class slow_source final : public body_source {
 public:
  std::string has;
  bool ended = false;
  bool is_broken = false;

  bool next(std::string& out) override {
    out.append(std::exchange(has, {}));
    return !ended;
  }
  std::size_t held_bytes() const noexcept override { return has.size(); }
  bool waits() const noexcept override { return has.empty() && !ended; }
  bool broken() const noexcept override { return is_broken; }
  bool ends_with_peer() const noexcept override { return true; }
};

class slow_router final : public recording_router {
 public:
  std::shared_ptr<slow_source> source = std::make_shared<slow_source>();

  std::unique_ptr<exchange> open(const request_head& head, connection& on) override {
    requests.push_back({std::string{head.target}, {}, false});
    response out;
    out.status = 200;
    out.source = source;
    on.answer(std::move(out));
    return std::make_unique<recording_exchange>(*this, on, head.path);
  }
};

/// Takes its body once the test says so.
class holding_exchange final : public recording_exchange {
 public:
  holding_exchange(recording_router& owner, connection& on, std::string_view path,
                   const bool& holds)
      : recording_exchange(owner, on, path), holds_(holds) {}
  bool holds_body() const noexcept override { return holds_; }

 private:
  const bool& holds_;
};

class holding_router final : public recording_router {
 public:
  bool holds = true;

  std::unique_ptr<exchange> open(const request_head& head, connection& on) override {
    requests.push_back({std::string{head.target}, {}, false});
    return std::make_unique<holding_exchange>(*this, on, head.path, holds);
  }
};

std::string output_of(connection& subject) {
  return std::exchange(subject.output(), {});
}

class waiting_answer : public ::testing::Test {
 protected:
  slow_router router_;
  connection subject_{router_, connection_limits{}, start};
  int told_ = 0;

  void SetUp() override {
    subject_.when_answered([this] { ++told_; });
    subject_.receive(get, start);
  }
  void more(std::string text, bool ended = false) {
    router_.source->has = std::move(text);
    router_.source->ended = ended;
    subject_.more_to_answer();
    subject_.resume(start);
  }
};

TEST_F(waiting_answer, is_sent_as_it_comes) {
  EXPECT_EQ(output_of(subject_), "");
  EXPECT_FALSE(subject_.wants_turn()) << "nothing to go on with: it must not spin";
  EXPECT_FALSE(subject_.wants_input());
  EXPECT_TRUE(subject_.ends_with_peer());
  EXPECT_EQ(told_, 1);
  more("first");
  EXPECT_EQ(told_, 2);
  const std::string begun = output_of(subject_);
  EXPECT_TRUE(begun.starts_with("HTTP/1.1 200 ")) << begun;
  EXPECT_TRUE(begun.ends_with("\r\n\r\n5\r\nfirst\r\n")) << begun;
  EXPECT_FALSE(subject_.wants_turn());
  more("2");
  EXPECT_EQ(output_of(subject_), "1\r\n2\r\n");
  more("", true);
  EXPECT_EQ(output_of(subject_), "0\r\n\r\n");
  EXPECT_FALSE(subject_.ends_with_peer());
  EXPECT_TRUE(subject_.wants_input()) << "for the next request";
}

TEST_F(waiting_answer, whole_at_once_says_how_long_it_is) {
  more("all of it", true);
  const std::string all = output_of(subject_);
  EXPECT_NE(all.find("Content-Length: 9\r\n"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\nall of it"));
}

TEST_F(waiting_answer, is_not_taken_while_the_client_does_not_read) {
  more("first");
  output_of(subject_);
  subject_.set_unsent(100);
  more("second");
  EXPECT_EQ(output_of(subject_), "");
  EXPECT_EQ(router_.source->has, "second");
  EXPECT_FALSE(subject_.wants_turn());
  subject_.set_unsent(0);
  subject_.resume(start);
  EXPECT_EQ(output_of(subject_), "6\r\nsecond\r\n");
}

TEST_F(waiting_answer, that_breaks_off_ends_the_connection_without_the_bodys_end) {
  more("first");
  router_.source->is_broken = true;
  more("", true);
  const std::string all = output_of(subject_);
  EXPECT_TRUE(all.ends_with("5\r\nfirst\r\n")) << all;
  EXPECT_TRUE(subject_.wants_close());
}

TEST_F(waiting_answer, that_breaks_off_before_its_first_byte_ends_it_too) {
  router_.source->is_broken = true;
  more("", true);
  const std::string all = output_of(subject_);
  EXPECT_EQ(all.find("Content-Length"), std::string::npos) << all;
  EXPECT_FALSE(all.ends_with("0\r\n\r\n")) << all;
  EXPECT_TRUE(subject_.wants_close());
}

TEST(waiting_body, waits_outside_until_the_exchange_takes_it) {
  holding_router router;
  connection subject{router, connection_limits{}, start};
  subject.receive("POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", start);
  EXPECT_EQ(router.requests.front().body, "");
  EXPECT_FALSE(subject.wants_input());
  EXPECT_FALSE(subject.wants_turn());
  subject.receive(" you", start);  // what was read already
  EXPECT_EQ(router.requests.front().body, "");
  router.holds = false;
  subject.more_to_answer();
  EXPECT_TRUE(subject.wants_turn());
  subject.resume(start);
  EXPECT_EQ(router.requests.front().body, "hello you");
  EXPECT_FALSE(router.requests.front().complete);
  subject.receive("!", start);
  EXPECT_TRUE(router.requests.front().complete);
}

TEST(waiting_body, may_be_answered_before_it_was_taken) {
  holding_router router;
  connection subject{router, connection_limits{}, start};
  subject.receive("POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + get, start);
  subject.answer(recording_exchange::text(404, "none"));
  subject.resume(start);
  EXPECT_TRUE(output_of(subject).starts_with("HTTP/1.1 404 "));
  ASSERT_EQ(router.requests.size(), 2U) << "the next one is found behind the body";
  EXPECT_EQ(router.requests.back().target, "/g");
}

TEST(waiting_body, coded_waits_too) {
  holding_router router;
  connection subject{router, connection_limits{}, start};
  const std::string body = gzip("hello");
  subject.receive("POST /w HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body,
                  start);
  EXPECT_EQ(router.requests.front().body, "");
  router.holds = false;
  subject.resume(start);
  EXPECT_EQ(router.requests.front().body, "hello");
  EXPECT_TRUE(router.requests.front().complete);
}

}  // namespace
}  // namespace weir::http::test
