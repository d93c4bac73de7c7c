// SPDX-License-Identifier: Apache-2.0
//
// /api/v2/write: parameters, and InfluxDB 2's form of answer byte for byte.
#include "api/influx_v2.hpp"

#include <gtest/gtest.h>

#include "api/routes.hpp"
#include "base/time_unit.hpp"

namespace weir::api {
namespace {

std::string header_of(const http::response& answer, std::string_view name) {
  return std::string{answer.header(name).value_or("(none)")};
}

std::string shown(const http::response& answer) {
  EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
  const std::string code = header_of(answer, "X-Platform-Error-Code");
  EXPECT_TRUE(answer.body.starts_with("{\"code\":\"" + code + "\",\"message\":")) << answer.body;
  return std::to_string(answer.status) + " " + answer.body;
}

std::string refused(std::string_view query) {
  const auto target = influx_v2().parse_target(query);
  return target ? "accepted" : shown(target.error());
}

write_target taken(std::string_view query) {
  const auto target = influx_v2().parse_target(query);
  EXPECT_TRUE(target.ok()) << query;
  return target.ok() ? target.value() : write_target{};
}

TEST(influx_v2_target, a_bucket_is_a_database_and_perhaps_a_retention_policy) {
  EXPECT_EQ(taken("org=my%20org&bucket=my%20db&precision=ns").database, "my db");
  EXPECT_EQ(taken("bucket=db").retention_policy, "");
  EXPECT_EQ(taken("orgID=0123456789abcdef&bucket=db%2Fone_hour").database, "db");
  EXPECT_EQ(taken("bucket=db%2Fone_hour").retention_policy, "one_hour");
  EXPECT_EQ(taken("bucket=db/").database, "db");
  EXPECT_EQ(taken("bucket=db/").retention_policy, "");
  EXPECT_EQ(taken("bucket=db/a/b%2F").database, "db");
  EXPECT_EQ(taken("bucket=db/a/b%2F").retention_policy, "a/b/");
  EXPECT_FALSE(taken("bucket=db&precision=us").may_be_ns);
  EXPECT_EQ(taken("bucket=db&consistency=whatever").database, "db");
}

TEST(influx_v2_target, precisions) {
  EXPECT_EQ(taken("bucket=b").unit_ns, 1);
  EXPECT_EQ(taken("bucket=b&precision=").unit_ns, 1);
  EXPECT_EQ(taken("bucket=b&precision=ns").unit_ns, 1);
  EXPECT_EQ(taken("bucket=b&precision=us").unit_ns, 1'000);
  EXPECT_EQ(taken("bucket=b&precision=ms").unit_ns, 1'000'000);
  EXPECT_EQ(taken("bucket=b&precision=s").unit_ns, 1'000'000'000);
  EXPECT_EQ(taken("bucket=b&precision=second").unit_ns, 1'000'000'000);
  EXPECT_EQ(taken("bucket=b&precision=auto").unit_ns, automatic_unit_ns);
  EXPECT_TRUE(taken("bucket=b&precision=auto").precision_stated);
  EXPECT_FALSE(taken("bucket=b&precision=").precision_stated);
  for (const std::string bad : {"n", "u", "m", "h", "NS", "day", "ns%00"}) {
    EXPECT_EQ(
        refused("bucket=b&precision=" + bad),
        "400 {\"code\":\"invalid\",\"message\":\"invalid precision; valid precision units are "
        "ns, us, ms, and s\"}");
  }
}

TEST(influx_v2_target, buckets_that_cannot_be) {
  const std::string missing = "404 {\"code\":\"not found\",\"message\":\"bucket not found\"}";
  EXPECT_EQ(refused(""), missing);
  EXPECT_EQ(refused("org=o&bucket="), missing);
  EXPECT_EQ(refused("db=mydb"), missing);
  EXPECT_EQ(refused("bucket=/rp"),
            "404 {\"code\":\"not found\",\"message\":\"bucket \\\"/rp\\\" not found\"}");
  EXPECT_EQ(refused("bucket=a/b%5Cc"), "400 {\"code\":\"invalid\",\"message\":\"invalid name\"}");
  EXPECT_EQ(refused("bucket=" + std::string(256, 'a')),
            "400 {\"code\":\"invalid\",\"message\":\"the database's name is longer than 255 "
            "bytes\"}");
}

TEST(influx_v2_answer, success_is_204_without_a_body) {
  write_verdict verdict;
  verdict.lines = verdict.accepted = 3;
  const http::response answer = influx_v2().answer(verdict);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(header_of(answer, "X-Platform-Error-Code"), "(none)");
}

TEST(influx_v2_answer, refused_lines) {
  write_verdict verdict;
  verdict.reject("unable to parse 'm<> v=': missing field value");
  EXPECT_EQ(shown(influx_v2().answer(verdict)),
            "400 {\"code\":\"invalid\",\"message\":\"unable to parse 'm\\u003c\\u003e v=': missing "
            "field value\"}");
  verdict.accepted = 1;
  EXPECT_EQ(shown(influx_v2().answer(verdict)),
            "400 {\"code\":\"invalid\",\"message\":\"partial write: unable to parse "
            "'m\\u003c\\u003e v=': missing field value dropped=0\"}");
}

TEST(influx_v2_answer, points_beyond_retention_alone_are_422_as_in_influxdb_2) {
  write_verdict verdict;
  verdict.accepted = 1;
  verdict.beyond_retention = 2;
  EXPECT_EQ(shown(influx_v2().answer(verdict)),
            "422 {\"code\":\"unprocessable entity\",\"message\":\"failure writing points to "
            "database: partial write: points beyond retention policy dropped=2\"}");
  verdict.reject("unable to parse 'a': missing fields");
  EXPECT_EQ(influx_v2().answer(verdict).status, 400);
}

TEST(influx_v2_answer, bodies_that_could_not_be_had) {
  EXPECT_EQ(
      shown(influx_v2().body_failed(http::body_failure::too_large)),
      "413 {\"code\":\"request too large\",\"message\":\"unable to read data: points batch is "
      "too large: the body's bytes, inflated, are more than http.body_limit allows: send smaller "
      "batches, or raise it\"}");
  EXPECT_EQ(influx_v2().body_failed(http::body_failure::length_unknown).status, 411);
  EXPECT_EQ(shown(influx_v2().body_failed(http::body_failure::truncated)),
            "400 {\"code\":\"invalid\",\"message\":\"unexpected EOF\"}");
  EXPECT_EQ(influx_v2().body_failed(http::body_failure::unknown_encoding).status, 415);
  EXPECT_EQ(influx_v2().body_failed(http::body_failure::timeout).status, 408);
}

TEST(reads_retry_after, by_the_clients_that_take_it_for_seconds) {
  const auto reads = [](std::string_view agent) {
    http::request_head head;
    head.headers.push_back({"user-agent", agent});
    return reads_retry_after(head);
  };
  for (const char* agent :
       {"Telegraf/1.39.3 Go/1.22", "influxdb-client-go/2.14.0 (linux; amd64)",
        "influxdb-client-python/1.50.0", "influxdb-client-java/7.3.0", "Influxdb-Client-Java"}) {
    EXPECT_TRUE(reads(agent)) << agent;
  }
  for (const char* agent : {"influxdb-client-js/1.35.0", "influxdb-client-javascript/2", "",
                            "curl/8", "Mozilla/5.0 (X11) influxdb-client-go/2"}) {
    EXPECT_FALSE(reads(agent)) << agent;
  }
  EXPECT_FALSE(reads_retry_after({}));
}

TEST(influx_v2_answer, what_asks_for_another_try_holds_no_phrase_that_means_drop_it) {
  EXPECT_EQ(shown(influx_v2().overloaded("the log is full")),
            "503 {\"code\":\"unavailable\",\"message\":\"timeout: the log is full\"}");
  for (const std::string_view why : {"partial write: x", "unable to parse", "database not found"}) {
    EXPECT_FALSE(holds_final_phrase(influx_v2().overloaded(why).body));
    EXPECT_EQ(header_of(influx_v2().overloaded(why), "Retry-After"), "(none)");
  }
}

TEST(influx_v2_paths, not_found_and_methods) {
  EXPECT_EQ(shown(family_of("/api/v2/ping").not_found()),
            "404 {\"code\":\"not found\",\"message\":\"path not found\"}");
  EXPECT_NE(family_of("/ping").not_found().body, path_not_found_v2().body);
  const http::response answer = family_of("/api/v2/write").wrong_method("OPTIONS, POST");
  EXPECT_EQ(shown(answer),
            "405 {\"code\":\"method not allowed\",\"message\":\"allow: OPTIONS, POST\"}");
  EXPECT_EQ(header_of(answer, "Allow"), "OPTIONS, POST");
}

}  // namespace
}  // namespace weir::api
