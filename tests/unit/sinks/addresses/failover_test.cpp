// SPDX-License-Identifier: Apache-2.0
//
// Several addresses of a sink, of which the first that answers gets the requests.
#include "sinks/addresses/failover.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "unit/net/replies.hpp"

namespace weir {
namespace {

using milliseconds = std::chrono::milliseconds;

struct sent_request {
  std::string url;
  std::vector<std::string> headers;
  std::size_t body_bytes = 0;
  milliseconds timeout{0};
};

/// Answers by the beginning of a URL.
class fake_addresses final : public transfer {
 public:
  explicit fake_addresses(std::map<std::string, http_reply>& answers,
                          std::vector<sent_request>& sent)
      : answers_(answers), sent_(sent) {}
  void post(transfer_request request, done on_done) override {
    std::size_t bytes = 0;
    for (const std::string_view piece : request.body) {
      bytes += piece.size();
    }
    sent_.push_back({request.url, request.headers, bytes, request.timeout});
    for (const auto& [prefix, reply] : answers_) {
      if (request.url.starts_with(prefix)) {
        on_done(reply);
        return;
      }
    }
    on_done(http_reply::failed("no such host"));
  }
  void abort() override {}

 private:
  std::map<std::string, http_reply>& answers_;
  std::vector<sent_request>& sent_;
};

class failovers : public ::testing::Test {
 protected:
  http_reply write() {
    transfer_request request;
    request.url = "http://a:1/x/write?db=d";
    request.headers = {"Content-Encoding: gzip", "Authorization: Token t"};
    request.body = {"m v=1 1\n"};
    http_reply got;
    const std::size_t said = one_.address();
    const auto requests_there = [&] { return counters_->addresses.at(said)->requests.value(); };
    const std::uint64_t before = requests_there();
    one_.post(std::move(request), [&](http_reply reply) { got = std::move(reply); });
    EXPECT_EQ(requests_there(), before + 1) << "it goes where `address` says";
    return got;
  }
  std::size_t writes_to(const std::string& prefix) const {
    std::size_t count = 0;
    for (const sent_request& one : sent_) {
      count += one.url.starts_with(prefix) && one.body_bytes > 0 ? 1U : 0U;
    }
    return count;
  }
  std::uint64_t in_use(std::size_t which) const {
    return counters_->addresses[which]->in_use.value();
  }

  std::map<std::string, http_reply> answers_{
      {"http://a:1", reply_of(204)}, {"http://b:2", reply_of(204)}, {"http://c:3", reply_of(204)}};
  std::vector<sent_request> sent_;
  std::vector<std::string> urls_{"http://a:1/x/", "http://b:2", "http://c:3/y"};
  std::shared_ptr<address_counters> counters_ = std::make_shared<address_counters>(urls_);
  std::int64_t now_ms_ = 0;
  failover one_{{std::make_unique<fake_addresses>(answers_, sent_), urls_, "test", counters_,
                 [this] { return now_ms_; }}};
};

TEST_F(failovers, the_first_address_gets_everything_while_it_answers) {
  for (const int status : {204, 400, 401, 404, 413, 429, 500}) {
    answers_["http://a:1"] = reply_of(status);
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(write().status, status);
    }
  }
  EXPECT_EQ(writes_to("http://a:1/x/write?db=d"), 70U);
  EXPECT_EQ(sent_.size(), 70U);
}

TEST_F(failovers, an_address_that_does_not_answer_is_passed_over_with_the_path_kept) {
  for (const http_reply& how :
       {http_reply::failed("refused"), reply_of(502), reply_of(503), reply_of(504)}) {
    sent_.clear();
    now_ms_ += 3'600'000;
    answers_["http://a:1"] = reply_of(204);
    write();
    write();
    answers_["http://a:1"] = how;
    sent_.clear();
    for (std::uint32_t i = 0; i < address_choice::failures_max; ++i) {
      EXPECT_NE(write().status, 204);
    }
    EXPECT_EQ(write().status, 204);
    EXPECT_EQ(sent_.back().url, "http://b:2/write?db=d");
    EXPECT_EQ(in_use(0), 0U);
    EXPECT_EQ(in_use(1), 1U);
  }
}

TEST_F(failovers, the_first_address_is_asked_without_points_at_a_growing_pace_until_it_answers) {
  answers_["http://a:1"] = http_reply::failed("refused");
  for (int i = 0; i < 4; ++i) {
    write();
  }
  sent_.clear();
  for (int second = 0; second < 600; ++second) {
    now_ms_ += 1000;
    EXPECT_EQ(write().status, 204) << "nobody waits for the question";
  }
  EXPECT_EQ(writes_to("http://a:1"), 0U);
  const std::size_t asked = sent_.size() - 600;
  EXPECT_GE(asked, 600U / 30);
  EXPECT_LE(asked, 600U / 30 + 6);
  for (const sent_request& one : sent_) {
    if (one.url.starts_with("http://a:1")) {
      EXPECT_EQ(one.url, "http://a:1/x/write?db=d");
      EXPECT_EQ(one.headers, std::vector<std::string>{"Authorization: Token t"});
      EXPECT_EQ(one.timeout, failover::probe_timeout);
    }
  }
  // A server that says no is there, too.
  answers_["http://a:1"] = reply_of(404);
  now_ms_ += address_choice::probe_most_ms;
  write();
  EXPECT_EQ(write().status, 404);
  EXPECT_EQ(in_use(0), 1U);
}

TEST_F(failovers, where_none_answers_each_is_tried_and_the_first_that_answers_is_used) {
  for (auto& [url, reply] : answers_) {
    reply = http_reply::failed("refused");
  }
  for (int i = 0; i < 30; ++i) {
    now_ms_ += 100;
    EXPECT_FALSE(write().answered);
  }
  for (const char* url : {"http://a:1", "http://b:2", "http://c:3"}) {
    EXPECT_GE(writes_to(url), 5U) << url;
  }
  answers_["http://c:3"] = reply_of(204);
  for (int i = 0; i < 3; ++i) {
    write();
  }
  sent_.clear();
  EXPECT_EQ(write().status, 204);
  EXPECT_EQ(sent_.back().url, "http://c:3/y/write?db=d");
}

TEST_F(failovers, a_single_failure_moves_nothing) {
  for (int i = 0; i < 50; ++i) {
    answers_["http://a:1"] = i % 3 == 2 ? reply_of(204) : http_reply::failed("reset");
    write();
  }
  EXPECT_EQ(writes_to("http://b:2"), 0U);
  EXPECT_EQ(counters_->addresses[0]->requests.value(), 50U);
  EXPECT_EQ(counters_->addresses[0]->failures.value(), 34U);
}

}  // namespace
}  // namespace weir
