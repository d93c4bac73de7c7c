// SPDX-License-Identifier: Apache-2.0
//
// Verdicts and their verbose answers: what every dialect says of each refused line, the bounds of
// it, and what a client may ask for.
#include "api/verdict.hpp"

#include <gtest/gtest.h>

#include <string>

#include "api/influx_v1.hpp"
#include "api/influx_v2.hpp"

namespace weir::api {
namespace {

write_verdict verbose_verdict() {
  write_verdict verdict;
  verdict.verbose = true;
  verdict.lines = 4;
  verdict.accepted = 1;
  verdict.reject(rejected_line{.message = "missing fields",
                               .line = 2,
                               .column = 4,
                               .code = "missing_fields",
                               .explanation = "The line ends.",
                               .text = "bad"});
  verdict.refuse_by_retention({.message = "points beyond retention policy",
                               .line = 3,
                               .code = "beyond_retention",
                               .text = "m <f>=1 1"});
  return verdict;
}

const std::string data =
    R"("data":[{"error_message":"missing fields","line_number":2,"original_line":"bad",)"
    R"("code":"missing_fields","column":4,"explanation":"The line ends."},)"
    R"({"error_message":"points beyond retention policy","line_number":3,)"
    R"("original_line":"m \u003cf\u003e=1 1","code":"beyond_retention"}])";

TEST(verbose_answer, lists_every_refused_line_in_the_form_of_v3) {
  const http::response v1 = write_response(verbose_verdict());
  EXPECT_EQ(v1.status, 400);
  EXPECT_EQ(v1.body, R"({"error":"partial write of line protocol occurred",)" + data + "}\n");
  EXPECT_EQ(v1.header("X-Influxdb-Error"), "partial write of line protocol occurred");
  EXPECT_EQ(v1.header("X-Weir-Lines"), "accepted=1, rejected=2, dropped=1");
  const http::response v2 = influx_v2().answer(verbose_verdict());
  EXPECT_EQ(v2.status, 400);
  EXPECT_EQ(v2.body,
            R"({"code":"invalid","message":"partial write of line protocol occurred","line":2,)"
            R"("error":"partial write of line protocol occurred",)" +
                data + "}");
}

TEST(verbose_answer, to_a_flawless_write_is_204) {
  write_verdict verdict;
  verdict.verbose = true;
  verdict.lines = 3;
  verdict.accepted = 2;
  for (const http::response& answer : {write_response(verdict), influx_v2().answer(verdict)}) {
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("X-Weir-Lines"), "accepted=2, rejected=0, dropped=1");
  }
}

TEST(verbose_answer, is_bounded_in_lines_and_in_bytes) {
  write_verdict many;
  many.verbose = true;
  for (std::uint64_t i = 1; i <= 10'005; ++i) {
    many.reject(rejected_line{.message = "x", .line = i, .code = "missing_fields"});
  }
  EXPECT_EQ(many.refusals.size(), write_verdict::verbose_lines_max);
  EXPECT_TRUE(write_response(many).body.ends_with("}],\"left_out\":5}\n"));
  write_verdict large;
  large.verbose = true;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    large.reject(rejected_line{.message = "x", .line = i, .text = std::string(100'000, 'y')});
  }
  EXPECT_LE(large.refusal_bytes, write_verdict::verbose_bytes_max);
  EXPECT_EQ(large.refusals.size(), 41U);
  EXPECT_TRUE(write_response(large).body.ends_with(",\"left_out\":59}\n"));
}

TEST(all_or_nothing, promises_nothing) {
  write_verdict verdict;
  verdict.lines = 3;
  verdict.withheld = 2;
  verdict.nothing_kept = true;
  verdict.reject(rejected_line{.message = "unable to parse 'bad': missing fields", .line = 2});
  const http::response v1 = write_response(verdict);
  EXPECT_EQ(v1.status, 400);
  EXPECT_EQ(v1.body,
            "{\"error\":\"nothing was written (accept_partial=false): unable to parse 'bad': "
            "missing fields\"}\n");
  EXPECT_EQ(influx_v2().answer(verdict).body,
            "{\"code\":\"invalid\",\"message\":\"nothing was written (accept_partial=false): "
            "unable to parse 'bad': missing fields\",\"line\":2}");
  verdict.verbose = true;
  const http::response verbose = write_response(verdict);
  EXPECT_TRUE(verbose.body.starts_with("{\"error\":\"line protocol parsing error\",\"data\":[{"));
  EXPECT_EQ(verbose.header("X-Weir-Lines"), "accepted=0, rejected=3, dropped=0");
}

TEST(storage_refusals, are_told_as_influxdb_tells_them) {
  write_verdict verdict;
  verdict.refuse_at_storage("field_type_conflict", "field type conflict: a", {});
  EXPECT_TRUE(verdict.knows("field_type_conflict"));
  verdict.refuse_at_storage("field_type_conflict", "", {});
  EXPECT_EQ(verdict_message(verdict), "partial write: field type conflict: a dropped=2");
  EXPECT_EQ(influx_v2().answer(verdict).status, 422);
  verdict.refuse_by_retention({});
  verdict.reject("unable to parse 'x': missing fields");
  EXPECT_EQ(verdict_message(verdict),
            "partial write: unable to parse 'x': missing fields\n"
            "points beyond retention policy\nfield type conflict: a dropped=3");
}

write_options options_of(const std::string& query) {
  const auto v1 = influx_v1().parse_target("db=a&" + query);
  const auto v2 = influx_v2().parse_target("bucket=a&" + query);
  EXPECT_TRUE(v1.ok() && v2.ok()) << query;
  EXPECT_EQ(v1.value().options.verbose, v2.value().options.verbose);
  EXPECT_EQ(v1.value().options.accept_partial, v2.value().options.accept_partial);
  return v1.value().options;
}

TEST(options, are_read_from_the_query) {
  EXPECT_FALSE(options_of("").verbose);
  EXPECT_TRUE(options_of("").accept_partial);
  EXPECT_TRUE(options_of("verbose=true").verbose);
  EXPECT_TRUE(options_of("verbose=1").verbose);
  EXPECT_FALSE(options_of("verbose=").verbose);
  EXPECT_FALSE(options_of("accept_partial=False").accept_partial);
  EXPECT_FALSE(options_of("accept_partial=0").accept_partial);
  EXPECT_TRUE(options_of("accept_partial=TRUE").accept_partial);
  EXPECT_EQ(influx_v1().parse_target("db=a&accept_partial=no").error().body,
            "{\"error\":\"invalid accept_partial \\\"no\\\" (use true or false)\"}\n");
  EXPECT_EQ(influx_v2().parse_target("bucket=a&verbose=x").error().status, 400);
}

TEST(options, are_read_from_headers) {
  http::request_head head;
  write_options options;
  read_options(head, options);
  EXPECT_FALSE(options.verbose);
  EXPECT_TRUE(options.letters);
  head.headers = {{"x-weir-verbose", "TRUE"}, {"X-Weir-Letters", "No"}};
  read_options(head, options);
  EXPECT_TRUE(options.verbose);
  EXPECT_FALSE(options.letters);
  head.headers = {{"x-weir-verbose", "maybe"}, {"X-Weir-Letters", "maybe"}};
  read_options(head, options);
  EXPECT_TRUE(options.verbose);
  EXPECT_FALSE(options.letters);
}

}  // namespace
}  // namespace weir::api
