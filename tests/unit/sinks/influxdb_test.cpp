// SPDX-License-Identifier: Apache-2.0
#include "sinks/influxdb/influxdb.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sinks/influxdb/requests.hpp"
#include "unit/sinks/fake_log.hpp"

namespace weir {
namespace {

class fake_transfer final : public transfer {
 public:
  void post(transfer_request request, done on_done) override {
    url = request.url;
    headers = request.headers;
    username = request.username;
    password = request.password;
    body = joined(request.body);
    timeout = request.timeout;
    answer_bytes_max = request.answer_bytes_max;
    answer given;
    given.answered = true;
    given.status = 204;
    on_done(given);
  }
  void abort() override { ++aborts; }
  bool has(const std::string& header) const {
    return std::find(headers.begin(), headers.end(), header) != headers.end();
  }

  std::string url, username, password, body;
  std::vector<std::string> headers;
  milliseconds timeout{0};
  std::size_t answer_bytes_max = 0;
  int aborts = 0;
};

class influxdb : public ::testing::Test {
 protected:
  batch one_frame(const lane_key& lane) {
    batch made;
    made.lane = lane;
    made.frames.push_back(make_frame(lane.database, lines_, 2));
    return made;
  }
  sink_settings settings_ = [] {
    sink_settings made;
    made.url = "http://server:8086/prefix/";
    made.username = "me";
    made.password = "secret";
    made.timeout = milliseconds(1234);
    return made;
  }();
  std::string lines_ = make_lines(2);
  fake_transfer http_;
};

TEST_F(influxdb, posts_a_write) {
  influxdb_deliverer target(settings_, compression_mode::automatic, http_);
  answer got;
  target.deliver(one_frame({"my db&x", "one/hour"}), [&](answer given) { got = given; });
  EXPECT_EQ(http_.url, "http://server:8086/prefix/write?db=my%20db%26x&rp=one%2Fhour&precision=ns");
  EXPECT_TRUE(http_.has("Content-Encoding: gzip"));
  EXPECT_TRUE(http_.has("Expect:"));
  EXPECT_TRUE(std::any_of(http_.headers.begin(), http_.headers.end(), [](const auto& header) {
    return header.starts_with("User-Agent: weir/");
  }));
  EXPECT_EQ(gunzip(http_.body), lines_);
  EXPECT_EQ(http_.username, "me");
  EXPECT_EQ(http_.password, "secret");
  EXPECT_EQ(http_.timeout, milliseconds(1234));
  EXPECT_EQ(http_.answer_bytes_max, 64U * 1024);
  EXPECT_EQ(got.status, 204);
  EXPECT_EQ(got.sent_bytes, http_.body.size());
}

TEST_F(influxdb, leaves_out_an_empty_retention_policy_and_sends_plain_bodies_plain) {
  influxdb_deliverer target(settings_, compression_mode::none, http_);
  target.deliver(one_frame({"d", ""}), [](const answer&) {});
  EXPECT_EQ(http_.url, "http://server:8086/prefix/write?db=d&precision=ns");
  EXPECT_FALSE(http_.has("Content-Encoding: gzip"));
  EXPECT_EQ(http_.body, lines_);
}

TEST_F(influxdb, posts_a_write_of_version_2) {
  settings_.version = 2;
  settings_.username.clear();
  settings_.password.clear();
  settings_.token = "secret==";
  settings_.organization = "my org&x";
  influxdb_deliverer target(settings_, compression_mode::automatic, http_);
  target.deliver(one_frame({"my db", "one_hour"}), [](const answer&) {});
  EXPECT_EQ(http_.url,
            "http://server:8086/prefix/api/v2/write?org=my%20org%26x&bucket=my%20db%2Fone_hour"
            "&precision=ns");
  EXPECT_TRUE(http_.has("Authorization: Token secret=="));
  EXPECT_TRUE(http_.has("Content-Encoding: gzip"));
  EXPECT_EQ(http_.username, "");
  EXPECT_EQ(gunzip(http_.body), lines_);
}

TEST_F(influxdb, buckets_are_named_after_the_database_or_as_the_template_says) {
  EXPECT_EQ(bucket_of("", {"db", ""}), "db");
  EXPECT_EQ(bucket_of("", {"db", "rp"}), "db/rp");
  EXPECT_EQ(bucket_of("all", {"db", "rp"}), "all");
  EXPECT_EQ(bucket_of("x-{database}-{retention_policy}", {"{database}", "rp"}), "x-{database}-rp");
}

TEST_F(influxdb, creates_a_database_by_a_form) {
  influxdb_deliverer target(settings_, compression_mode::none, http_);
  bool done = false;
  target.create_database("a\"b", [&](const answer&) { done = true; });
  EXPECT_EQ(http_.url, "http://server:8086/prefix/query");
  EXPECT_EQ(http_.body, "q=CREATE%20DATABASE%20%22a%5C%22b%22");
  EXPECT_TRUE(http_.has("Content-Type: application/x-www-form-urlencoded"));
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace weir
