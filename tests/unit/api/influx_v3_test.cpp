// SPDX-License-Identifier: Apache-2.0
//
// /api/v3/write_lp: parameters, and InfluxDB 3's form of answer (influxdb3_server's write_lp
// tests).
#include "api/influx_v3.hpp"

#include <gtest/gtest.h>

#include "api/routes.hpp"
#include "base/time_unit.hpp"

namespace weir::api {
namespace {

std::string refusal(std::string_view query) {
  const auto target = influx_v3().parse_target(query);
  return target ? "accepted" : std::to_string(target.error().status) + " " + target.error().body;
}

write_target target_of(std::string_view query) {
  const auto target = influx_v3().parse_target(query);
  EXPECT_TRUE(target.ok()) << query;
  return target.ok() ? target.value() : write_target{};
}

TEST(influx_v3_target, a_database_and_perhaps_a_retention_policy) {
  EXPECT_EQ(target_of("db=sensors").database, "sensors");
  EXPECT_EQ(target_of("db=sensors").retention_policy, "");
  EXPECT_EQ(target_of("db=sensors%2Fweek").database, "sensors");
  EXPECT_EQ(target_of("db=sensors%2Fweek").retention_policy, "week");
  EXPECT_EQ(refusal("bucket=b"), "400 missing query parameter 'db'");
  EXPECT_EQ(refusal("db="), "400 {\"error\":\"db name cannot be empty\"}");
  EXPECT_EQ(refusal("db=/week"), "400 {\"error\":\"db name cannot be empty\"}");
  EXPECT_EQ(refusal("db=a%01"),
            "400 {\"error\":\"the database's name holds a control character\"}");
}

TEST(influx_v3_target, every_precision_of_influxdb_3_and_auto_when_none_is_named) {
  const auto unit = [](std::string_view name) {
    return target_of("db=d&precision=" + std::string(name)).unit_ns;
  };
  EXPECT_EQ(target_of("db=d").unit_ns, automatic_unit_ns);
  EXPECT_TRUE(target_of("db=d").precision_stated);
  EXPECT_EQ(unit(""), automatic_unit_ns);
  EXPECT_EQ(unit("auto"), automatic_unit_ns);
  for (const std::string_view name : {"s", "second"}) {
    EXPECT_EQ(unit(name), 1'000'000'000) << name;
  }
  for (const std::string_view name : {"ms", "millisecond"}) {
    EXPECT_EQ(unit(name), 1'000'000) << name;
  }
  for (const std::string_view name : {"us", "u", "microsecond"}) {
    EXPECT_EQ(unit(name), 1'000) << name;
  }
  for (const std::string_view name : {"ns", "n", "nanosecond"}) {
    EXPECT_EQ(unit(name), 1) << name;
  }
  for (const std::string_view name : {"m", "h", "S", "minutes", "1"}) {
    EXPECT_TRUE(refusal("db=d&precision=" + std::string(name))
                    .starts_with("400 serde error: invalid precision "))
        << name;
  }
}

TEST(influx_v3_target, options) {
  EXPECT_TRUE(target_of("db=d").options.accept_partial);
  EXPECT_FALSE(target_of("db=d&accept_partial=false").options.accept_partial);
  EXPECT_FALSE(target_of("db=d").options.no_sync);
  EXPECT_TRUE(target_of("db=d&no_sync=true").options.no_sync);
  EXPECT_FALSE(target_of("db=d&no_sync=false").options.no_sync);
  EXPECT_EQ(refusal("db=d&no_sync=maybe"),
            "400 serde error: invalid no_sync \"maybe\" (use true or false)");
  EXPECT_EQ(refusal("db=d&accept_partial=x"),
            "400 serde error: invalid accept_partial \"x\" (use true or false)");
}

TEST(influx_v3_target, parameters_of_other_dialects_are_ignored) {
  EXPECT_EQ(target_of("db=d&org=default&precision=nanosecond").unit_ns, 1);
}

write_verdict verdict_of(std::uint64_t accepted, std::uint64_t bad) {
  write_verdict verdict;
  verdict.verbose = true;
  verdict.lines = accepted + bad;
  verdict.accepted = accepted;
  for (std::uint64_t line = 0; line < bad; ++line) {
    verdict.reject(rejected_line{.message = "missing field value",
                                 .line = accepted + line + 1,
                                 .code = "missing_field_value",
                                 .text = "cpu \"v\"="});
  }
  return verdict;
}

TEST(influx_v3_answer, nothing_wrong) {
  const http::response answer = influx_v3().answer(verdict_of(2, 0));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "");
}

TEST(influx_v3_answer, lists_the_refused_lines_beside_the_kept) {
  const http::response answer = influx_v3().answer(verdict_of(1, 1));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body,
            R"({"error":"partial write of line protocol occurred","data":[{"error_message":)"
            R"("missing field value","line_number":2,"original_line":"cpu \"v\"=",)"
            R"("code":"missing_field_value"}]})");
}

TEST(influx_v3_answer, names_the_first_refused_line_where_nothing_is_kept) {
  write_verdict verdict = verdict_of(0, 3);
  verdict.nothing_kept = true;
  const http::response answer = influx_v3().answer(verdict);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body,
            R"({"error":"line protocol parsing error","data":{"error_message":)"
            R"("missing field value","line_number":1,"original_line":"cpu \"v\"="},"left_out":2})");
}

TEST(influx_v3_answer, an_empty_write_is_refused) {
  const http::response answer = influx_v3().answer(verdict_of(0, 0));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "incoming write was empty");
  EXPECT_TRUE(answer.content_type.starts_with("text/plain"));
}

TEST(influx_v3_answer, what_is_to_be_tried_again_says_so) {
  EXPECT_EQ(influx_v3().overloaded("the log is full").status, 503);
  EXPECT_EQ(influx_v3().overloaded("").body, R"({"error":"timeout: try again later"})");
  EXPECT_EQ(influx_v3().body_failed(http::body_failure::too_large).status, 413);
  EXPECT_EQ(influx_v3().body_failed(http::body_failure::overloaded).status, 503);
  EXPECT_EQ(influx_v3().body_failed(http::body_failure::length_unknown).status, 411);
}

TEST(influx_v3_paths, what_no_route_takes_is_answered_in_this_dialect) {
  const path_family& family = family_of("/api/v3/query_sql");
  EXPECT_EQ(family.not_found().body, R"({"error":"not found"})");
  const http::response answer = family.wrong_method("OPTIONS, POST");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("Allow").value_or(""), "OPTIONS, POST");
}

}  // namespace
}  // namespace weir::api
