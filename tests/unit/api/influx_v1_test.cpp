// SPDX-License-Identifier: Apache-2.0
//
// /write of the v1 dialect: words that clients match on, byte for byte.
#include "api/influx_v1.hpp"

#include <gtest/gtest.h>

#include "api/context.hpp"
#include "base/time_unit.hpp"

namespace weir::api {
namespace {

std::string refused(std::string_view query) {
  const auto target = parse_write_target(query);
  if (target) {
    return "accepted";
  }
  return std::to_string(target.error().status) + " " + target.error().body;
}

std::int64_t unit(std::string_view precision) {
  const auto target = parse_write_target("db=a&precision=" + std::string{precision});
  return target ? target.value().unit_ns : -1;
}

std::string header_of(const http::response& answer, std::string_view name) {
  return std::string{answer.header(name).value_or("(none)")};
}

TEST(parse_write_target, what_clients_send) {
  const auto flink = parse_write_target("db=flink&rp=one_hour&precision=n&consistency=one");
  ASSERT_TRUE(flink);
  EXPECT_EQ(flink.value().database, "flink");
  EXPECT_EQ(flink.value().retention_policy, "one_hour");
  EXPECT_EQ(flink.value().unit_ns, 1);
  const auto go = parse_write_target("consistency=&db=my%20db&precision=ns&rp=&u=root&p=root");
  ASSERT_TRUE(go);
  EXPECT_EQ(go.value().database, "my db");
  EXPECT_EQ(go.value().retention_policy, "");
  EXPECT_EQ(parse_write_target("db=first&db=second").value().database, "first");
  EXPECT_TRUE(parse_write_target("db=a&consistency=QUORUM"));
  EXPECT_TRUE(parse_write_target("db=a&precision="));
}

TEST(parse_write_target, precisions) {
  EXPECT_EQ(unit(""), 1);
  EXPECT_EQ(unit("n"), 1);
  EXPECT_EQ(unit("ns"), 1);
  EXPECT_EQ(unit("u"), 1000);
  EXPECT_EQ(unit("us"), 1000);
  EXPECT_EQ(unit("%C2%B5s"), 1000);
  EXPECT_EQ(unit("%CE%BCs"), 1000);
  EXPECT_EQ(unit("ms"), 1'000'000);
  EXPECT_EQ(unit("s"), 1'000'000'000);
  EXPECT_EQ(unit("m"), 60'000'000'000);
  EXPECT_EQ(unit("h"), 3'600'000'000'000);
  EXPECT_EQ(unit("nanosecond"), 1);
  EXPECT_EQ(unit("microsecond"), 1000);
  EXPECT_EQ(unit("millisecond"), 1'000'000);
  EXPECT_EQ(unit("second"), 1'000'000'000);
  EXPECT_EQ(unit("auto"), automatic_unit_ns);
  EXPECT_TRUE(parse_write_target("db=a&precision=n").value().precision_stated);
  EXPECT_FALSE(parse_write_target("db=a&precision=").value().precision_stated);
  EXPECT_FALSE(parse_write_target("db=a").value().precision_stated);
}

TEST(parse_write_target, precisions_that_influxdb_1_does_not_know_may_be_nanoseconds) {
  for (const char* known : {"", "n", "u", "ms", "s", "m", "h"}) {
    EXPECT_FALSE(parse_write_target("db=a&precision=" + std::string(known)).value().may_be_ns);
  }
  for (const char* further : {"ns", "us", "%C2%B5s", "%CE%BCs", "microsecond", "second", "auto"}) {
    EXPECT_TRUE(parse_write_target("db=a&precision=" + std::string(further)).value().may_be_ns);
  }
  // As InfluxDB 1.6 and 1.7 read what they do not know.
  for (const char* unknown : {"day", "NS", "US", "MS", "S", "U", "H", "zz", "ns%00", "+s"}) {
    const auto target = parse_write_target("db=a&precision=" + std::string(unknown));
    ASSERT_TRUE(target) << unknown;
    EXPECT_EQ(target.value().unit_ns, 1) << unknown;
    EXPECT_TRUE(target.value().precision_stated) << "no other unit stands in";
  }
}

TEST(parse_write_target, a_retention_policy_may_have_slashes_for_influxdb_2) {
  EXPECT_EQ(parse_write_target("db=a&rp=b/c").value().retention_policy, "b/c");
  EXPECT_EQ(refused("db=a/b"), "400 {\"error\":\"invalid name\"}\n");
  EXPECT_EQ(refused("db=a&rp=b%5Cc"), "400 {\"error\":\"invalid name\"}\n");
}

TEST(parse_write_target, refusals) {
  EXPECT_EQ(refused(""), "400 {\"error\":\"database is required\"}\n");
  EXPECT_EQ(refused("db="), "400 {\"error\":\"database is required\"}\n");
  EXPECT_EQ(refused("database=a"), "400 {\"error\":\"database is required\"}\n");
  EXPECT_EQ(refused("db=a&consistency=most"), "400 {\"error\":\"invalid consistency level\"}\n");
  EXPECT_EQ(refused("db=" + std::string(255, 'a')), "accepted");
  EXPECT_EQ(refused("db=" + std::string(256, 'a')),
            "400 {\"error\":\"the database's name is longer than 255 bytes\"}\n");
  EXPECT_EQ(refused("db=a%00b"),
            "400 {\"error\":\"the database's name holds a control character\"}\n");
  EXPECT_EQ(refused("db=a%0a"),
            "400 {\"error\":\"the database's name holds a control character\"}\n");
  EXPECT_EQ(refused("db=a&rp=%ff"),
            "400 {\"error\":\"the retention policy's name is not valid UTF-8\"}\n");
  EXPECT_EQ(refused("db=%E2%88%9E&rp=a:b"), "accepted");
  EXPECT_EQ(refused("db=a&rp=.."), "400 {\"error\":\"invalid name\"}\n");
  EXPECT_EQ(refused("db=.."), "400 {\"error\":\"invalid name\"}\n");
}

TEST(write_response, success_is_204_and_nothing_else) {
  write_verdict verdict;
  verdict.lines = verdict.accepted = 3;
  EXPECT_EQ(write_response(verdict).status, 204);
  EXPECT_EQ(write_response(verdict).body, "");
  EXPECT_EQ(write_response(write_verdict{}).status, 204);
}

TEST(write_response, all_lines_bad) {
  write_verdict verdict;
  verdict.reject("unable to parse 'bad': missing fields");
  EXPECT_EQ(write_response(verdict).body,
            "{\"error\":\"unable to parse 'bad': missing fields\"}\n");
  verdict.reject("unable to parse 'm<>& v=1 12x': bad timestamp");
  const http::response answer = write_response(verdict);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body,
            "{\"error\":\"unable to parse 'bad': missing fields\\n"
            "unable to parse 'm\\u003c\\u003e\\u0026 v=1 12x': bad timestamp\"}\n");
  EXPECT_EQ(header_of(answer, "X-Influxdb-Error"),
            "unable to parse 'bad': missing fields\n"
            "unable to parse 'm<>& v=1 12x': bad timestamp");
}

TEST(write_response, some_lines_bad) {
  write_verdict verdict;
  verdict.accepted = 1;
  verdict.reject("unable to parse 'a': missing fields");
  verdict.reject("unable to parse 'm,host=b v=': missing field value");
  EXPECT_EQ(write_response(verdict).body,
            "{\"error\":\"partial write: unable to parse 'a': missing fields\\n"
            "unable to parse 'm,host=b v=': missing field value dropped=0\"}\n");
}

TEST(write_response, beyond_retention) {
  write_verdict verdict;
  verdict.beyond_retention = 1000;
  EXPECT_EQ(write_response(verdict).body,
            "{\"error\":\"partial write: points beyond retention policy dropped=1000\"}\n");
  verdict.retention_detail = "kept: 1h";
  EXPECT_EQ(write_response(verdict).body,
            "{\"error\":\"partial write: points beyond retention policy dropped=1000 (hint: kept: "
            "1h)\"}\n");
  verdict.retention_detail.clear();
  verdict.reject("unable to parse 'a': missing fields");
  EXPECT_EQ(write_response(verdict).body,
            "{\"error\":\"partial write: unable to parse 'a': missing fields\\n"
            "points beyond retention policy dropped=1000\"}\n");
}

TEST(write_response, refusals_are_bounded_in_number_and_bytes) {
  write_verdict many;
  for (int i = 0; i < 1000; ++i) {
    many.reject("unable to parse 'x': missing fields");
  }
  EXPECT_EQ(many.refusals.size(), 100U);
  EXPECT_TRUE(
      write_response(many).body.ends_with("missing fields\\n... and 900 more lines refused\"}\n"));
  write_verdict large;
  for (int i = 0; i < 10; ++i) {
    large.reject(std::string(30'000, 'x'));
  }
  EXPECT_EQ(large.refusals.size(), 2U);
  EXPECT_FALSE(large.wants_message());
  EXPECT_TRUE(write_response(large).body.ends_with("x\\n... and 8 more lines refused\"}\n"));
  EXPECT_EQ(header_of(write_response(large), "X-Influxdb-Error").size(), 1024U);
  write_verdict one;
  one.reject(std::string(100'000, 'x'));
  EXPECT_EQ(write_response(one).body, "{\"error\":\"... and 1 more lines refused\"}\n");
}

// Facts of Telegraf, influxdb-java and the v2 clients: on these words data is thrown away.
TEST(overloaded, no_retryable_text_holds_a_final_phrase) {
  for (const std::string_view why :
       {"the log is full", "too many requests are in flight", "shutting down", "",
        "partial write: x", "unable to parse", "points beyond retention policy",
        "hinted handoff queue not empty", "retention policy not found: x", "database not found",
        "field type conflict"}) {
    const http::response answer = overloaded(why);
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(holds_final_phrase(answer.body)) << why;
    EXPECT_TRUE(answer.body.starts_with("{\"error\":\"timeout: "));
    EXPECT_TRUE(answer.body.ends_with("\"}\n"));
    EXPECT_EQ(header_of(answer, "Retry-After"), "(none)");
    EXPECT_FALSE(holds_final_phrase(header_of(answer, "X-Influxdb-Error")));
  }
  EXPECT_EQ(overloaded("the log is full").body, "{\"error\":\"timeout: the log is full\"}\n");
  for (const auto why : {http::body_failure::too_large, http::body_failure::damaged_gzip,
                         http::body_failure::truncated, http::body_failure::unknown_encoding,
                         http::body_failure::too_dense, http::body_failure::too_wide,
                         http::body_failure::damaged_deflate, http::body_failure::damaged_zstd,
                         http::body_failure::timeout, http::body_failure::length_unknown,
                         http::body_failure::cut_off}) {
    EXPECT_FALSE(holds_final_phrase(body_failure_response(why).body));
  }
}

TEST(body_failure_response, words) {
  EXPECT_EQ(body_failure_response(http::body_failure::too_large).body,
            "{\"error\":\"Request Entity Too Large: the body's bytes, inflated, are more than "
            "http.body_limit allows: send smaller batches, or raise it\"}\n");
  EXPECT_EQ(body_failure_response(http::body_failure::length_unknown).status, 411);
  EXPECT_TRUE(body_failure_response(http::body_failure::length_unknown)
                  .body.starts_with("{\"error\":\"Length Required: "));
  EXPECT_EQ(body_failure_response(http::body_failure::too_large).status, 413);
  EXPECT_EQ(body_failure_response(http::body_failure::unknown_encoding).status, 415);
  EXPECT_EQ(body_failure_response(http::body_failure::timeout).status, 408);
  EXPECT_TRUE(
      body_failure_response(http::body_failure::timeout).content_type.starts_with("text/plain"));
  EXPECT_EQ(body_failure_response(http::body_failure::damaged_gzip).status, 400);
}

TEST(database_not_found, words) {
  EXPECT_EQ(database_not_found("no\"db").body,
            "{\"error\":\"database not found: \\\"no\\\\\\\"db\\\"\"}\n");
  EXPECT_EQ(database_not_found("nodb").status, 404);
}

}  // namespace
}  // namespace weir::api
