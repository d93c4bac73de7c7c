// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "sinks/influxdb/influxdb_target.hpp"
#include "sinks/influxdb/requests.hpp"
#include "unit/net/replies.hpp"
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
    if (replies.empty()) {
      on_done(reply_of(204));
      return;
    }
    const http_reply reply = replies.front();
    replies.erase(replies.begin());
    on_done(reply);
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
  /// The next answers; none left: 204.
  std::vector<http_reply> replies;
};

class influxdb : public ::testing::Test {
 protected:
  batch one_frame(const lane_key& lane) {
    batch made;
    made.lane = lane;
    made.frames.push_back(make_frame(lane.database, lines_, 2));
    return made;
  }
  influxdb_settings settings_ = [] {
    influxdb_settings made;
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
  influxdb_target target("test", settings_, {.http = http_});
  attempt_result got;
  target.deliver(one_frame({"my db&x", "one/hour"}), [&](attempt_result result) { got = result; });
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
  EXPECT_EQ(got.code, 204);
  EXPECT_EQ(got.verdict, attempt_verdict::delivered);
  EXPECT_EQ(got.sent_bytes, http_.body.size());
}

TEST_F(influxdb, leaves_out_an_empty_retention_policy_and_sends_plain_bodies_plain) {
  influxdb_target target("test", settings_, {.http = http_, .compression = compression_mode::none});
  target.deliver(one_frame({"d", ""}), [](const attempt_result&) {});
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
  influxdb_target target("test", settings_, {.http = http_});
  target.deliver(one_frame({"my db", "one_hour"}), [](const attempt_result&) {});
  EXPECT_EQ(http_.url,
            "http://server:8086/prefix/api/v2/write?org=my%20org%26x&bucket=my%20db%2Fone_hour"
            "&precision=ns");
  EXPECT_TRUE(http_.has("Authorization: Token secret=="));
  EXPECT_TRUE(http_.has("Content-Encoding: gzip"));
  EXPECT_EQ(http_.username, "");
  EXPECT_EQ(gunzip(http_.body), lines_);
}

TEST_F(influxdb, posts_a_write_of_version_3) {
  settings_.version = 3;
  settings_.username.clear();
  settings_.password.clear();
  settings_.token = "apiv3_secret";
  influxdb_target target("test", settings_, {.http = http_});
  target.deliver(one_frame({"my-db", "one_hour"}), [](const attempt_result&) {});
  EXPECT_EQ(http_.url,
            "http://server:8086/prefix/api/v3/write_lp?db=my-db%2Fone_hour&precision=nanosecond"
            "&accept_partial=true");
  EXPECT_TRUE(http_.has("Authorization: Bearer apiv3_secret"));
  EXPECT_TRUE(http_.has("Content-Encoding: gzip"));
  EXPECT_EQ(http_.username, "");
  EXPECT_GE(http_.answer_bytes_max, std::size_t{16} << 20) << "it lists every refused line";
  EXPECT_EQ(gunzip(http_.body), lines_);
}

TEST_F(influxdb, a_database_of_version_3_is_named_as_its_older_paths_name_it) {
  EXPECT_EQ(database_of("", {"db", ""}), "db");
  EXPECT_EQ(database_of("", {"db", "autogen"}), "db");
  EXPECT_EQ(database_of("", {"db", "default"}), "db");
  EXPECT_EQ(database_of("", {"db", "week"}), "db/week");
  EXPECT_EQ(database_of("all", {"my.db", "week"}), "all");
  EXPECT_EQ(database_of("{database}-{retention_policy}", {"db", "week"}), "db-week");
}

TEST_F(influxdb, buckets_are_named_after_the_database_or_as_the_template_says) {
  EXPECT_EQ(bucket_of("", {"db", ""}), "db");
  EXPECT_EQ(bucket_of("", {"db", "rp"}), "db/rp");
  EXPECT_EQ(bucket_of("all", {"db", "rp"}), "all");
  EXPECT_EQ(bucket_of("x-{database}-{retention_policy}", {"{database}", "rp"}), "x-{database}-rp");
}

class influxdb_creation : public influxdb {
 protected:
  attempt_result deliver(const std::string& database = "d") {
    attempt_result got;
    batches_.push_back(one_frame({database, ""}));
    target_.deliver(batches_.back(), [&](attempt_result result) { got = std::move(result); });
    return got;
  }
  const http_reply missing_ = reply_of(404, R"({"error":"database not found: \"d\""})");
  const http_reply created_ = reply_of(200, R"({"results":[{"statement_id":0}]})");
  std::deque<batch> batches_;
  influxdb_target target_{
      "test",
      settings_,
      {.http = http_,
       .compression = compression_mode::none,
       .created_through_weir = [](std::string_view name) { return name != "mistyped"; }}};
};

TEST_F(influxdb_creation, is_a_form) {
  http_.replies = {missing_, created_};
  const attempt_result result = deliver("a\"b");
  EXPECT_EQ(http_.url, "http://server:8086/prefix/query");
  EXPECT_EQ(http_.body, "q=CREATE%20DATABASE%20%22a%5C%22b%22");
  EXPECT_TRUE(http_.has("Content-Type: application/x-www-form-urlencoded"));
  EXPECT_EQ(result.verdict, attempt_verdict::retry);
  EXPECT_TRUE(result.at_once);
  EXPECT_EQ(result.sent_bytes, lines_.size());
  EXPECT_EQ(result.requests.of[request_counts::client_error], 1U);
  EXPECT_EQ(result.requests.of[request_counts::success], 1U);
}

TEST_F(influxdb_creation, happens_once_and_holds_if_the_database_stays_missing) {
  http_.replies = {missing_, created_, missing_};
  EXPECT_TRUE(deliver().at_once);
  const attempt_result held = deliver();
  EXPECT_EQ(held.verdict, attempt_verdict::hold);
  EXPECT_EQ(held.message,
            "database not found: \"d\"; create it there, or send CREATE DATABASE to weir (key: "
            "create_databases)");
  // After the rest it may be created again.
  http_.replies = {missing_, created_};
  EXPECT_TRUE(deliver().at_once);
  EXPECT_EQ(deliver().verdict, attempt_verdict::delivered);
  http_.replies = {missing_, created_};
  EXPECT_TRUE(deliver().at_once);
}

TEST_F(influxdb_creation, that_fails_holds_or_waits_and_is_tried_again) {
  for (const auto& [reply, verdict] :
       {std::pair{reply_of(403), attempt_verdict::hold},
        std::pair{reply_of(200, R"({"results":[{"error":"not implemented"}]})"),
                  attempt_verdict::hold},
        std::pair{reply_of(503), attempt_verdict::retry},
        std::pair{http_reply::failed("reset"), attempt_verdict::retry}}) {
    http_.replies = {missing_, reply};
    const attempt_result result = deliver();
    EXPECT_EQ(result.verdict, verdict) << reply.status;
    EXPECT_FALSE(result.at_once);
    EXPECT_TRUE(http_.replies.empty());
  }
}

TEST_F(influxdb_creation, is_for_what_clients_created_and_version_1_alone) {
  http_.replies = {missing_, created_};
  EXPECT_EQ(deliver("mistyped").verdict, attempt_verdict::hold);
  EXPECT_EQ(http_.replies.size(), 1U);
  for (const bool version_2 : {true, false}) {
    influxdb_settings settings = settings_;
    settings.version = version_2 ? 2 : 1;
    settings.create_databases = version_2;
    influxdb_target target(
        "test", settings,
        {.http = http_, .created_through_weir = [](std::string_view) { return true; }});
    http_.replies = {missing_, created_};
    attempt_result got;
    batches_.push_back(one_frame({"d", ""}));
    target.deliver(batches_.back(), [&](attempt_result result) { got = std::move(result); });
    EXPECT_EQ(got.verdict, attempt_verdict::hold);
    EXPECT_EQ(http_.replies.size(), 1U);
  }
}

}  // namespace
}  // namespace weir
