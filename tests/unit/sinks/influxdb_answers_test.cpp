// SPDX-License-Identifier: Apache-2.0
//
// InfluxDB's answers as a table: every answer that a server is known to give, and the step that
// must follow.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sinks/delivery.hpp"
#include "sinks/influxdb/answers.hpp"
#include "unit/net/replies.hpp"

namespace weir {
namespace {

struct row {
  int status;
  const char* body;
  step_kind kind;
  std::uint64_t dropped = 0;
};

const std::vector<row> rows{
    {204, "", step_kind::delivered},
    // Nothing but 204 says that points are stored: a web server answers 200 to anything.
    {200, "{}", step_kind::hold},
    {200, "", step_kind::hold},
    {200, "<html><title>Welcome</title></html>", step_kind::hold},
    {201, "", step_kind::hold},
    {202, "", step_kind::hold},
    {206, "", step_kind::hold},
    {302, "", step_kind::hold},
    {307, "", step_kind::hold},
    {204, "a body all the same", step_kind::delivered},
    {400, R"({"error":"partial write: points beyond retention policy dropped=3"})",
     step_kind::delivered_partly, 3},
    {422,
     R"({"code":"x","message":"failure writing: partial write: field type conflict dropped=2"})",
     step_kind::delivered_partly, 2},
    {400,
     R"({"error":"partial write: dropped 1 points outside retention policy of duration 1h0m0s dropped=1 for database: t1 for retention policy: one_hour"})",
     step_kind::delivered_partly, 1},
    {400,
     R"({"error":"partial write: unable to parse 'bad line': invalid field format\nunable to parse 'm v=': missing field value dropped=0"})",
     step_kind::delivered_partly, 2},
    // More than the batch holds cannot be.
    {400,
     R"({"error":"partial write: max-series-per-database limit exceeded: (1000) dropped=1600"})",
     step_kind::delivered_partly, 100},
    {400, R"({"error":"unable to parse 'bad': missing fields"})", step_kind::refused},
    {400, "", step_kind::refused},
    {422, R"({"message":"no"})", step_kind::refused},
    // InfluxDB 2.
    {400, R"({"code":"invalid","message":"unable to parse 'bad': missing fields"})",
     step_kind::refused},
    {422,
     R"({"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict: input field \"value\" on measurement \"m\" is type string, already exists as type float dropped=11"})",
     step_kind::delivered_partly, 11},
    {401, R"({"code":"unauthorized","message":"unauthorized access"})", step_kind::hold},
    {403, R"({"code":"forbidden","message":"insufficient permissions for write"})",
     step_kind::hold},
    {404, R"({"code":"not found","message":"bucket \"b\" not found"})", step_kind::hold},
    {404, R"({"code":"not found","message":"organization name \"o\" not found"})", step_kind::hold},
    {413,
     R"({"code":"request too large","message":"unable to read data: points batch is too large"})",
     step_kind::halve},
    {429, R"({"code":"too many requests","message":"rate limited"})", step_kind::retry},
    {500, R"({"code":"internal error","message":"unexpected error writing points to database: x"})",
     step_kind::retry},
    {503, R"({"code":"unavailable","message":"try later"})", step_kind::retry},
    // A proxy's page, or a server that wants TLS, read no point: nothing is refused for good.
    {400, "<html><title>400 Bad Request</title></html>", step_kind::hold},
    {400, "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
     step_kind::hold},
    {400, "Client sent an HTTP request to an HTTPS server.\n", step_kind::hold},
    {422, "<!doctype html><p>no", step_kind::hold},
    {409, "<html></html>", step_kind::hold},
    {409, "store: conflict", step_kind::refused},
    {402, "", step_kind::hold},
    {406, "", step_kind::hold},
    {410, "gone", step_kind::hold},
    {411, "", step_kind::hold},
    {414, "", step_kind::hold},
    {421, "", step_kind::hold},
    {426, "", step_kind::hold},
    {431, "", step_kind::hold},
    {451, "", step_kind::hold},
    {401, R"({"error":"authorization failed"})", step_kind::hold},
    {403, R"({"error":"\"ro\" user is not authorized to write to database \"d\""})",
     step_kind::hold},
    {407, "", step_kind::hold},
    {404, R"({"error":"database not found: \"nodb\""})", step_kind::hold},
    {404, "404 page not found\n", step_kind::hold},
    {405, "", step_kind::hold},
    {301, "", step_kind::hold},
    {500, R"({"error":"retention policy not found: norp"})", step_kind::hold},
    {413, R"({"error":"Request Entity Too Large"})", step_kind::halve},
    // A request that is wrong as a whole says nothing of its points.
    {400, R"({"error":"database is required"})", step_kind::hold},
    {400, R"({"code":"invalid","message":"missing db"})", step_kind::hold},
    {400, R"({"code":"invalid","message":"Please provide either orgID or org"})", step_kind::hold},
    {400, R"x({"error":"invalid precision \"us\" (use n, u, ms, s, m or h)"})x", step_kind::hold},
    {400, R"({"error":"invalid consistency level"})", step_kind::hold},
    {400, R"({"error":"unexpected EOF"})", step_kind::hold},
    {400, R"({"error":"gzip: invalid header"})", step_kind::hold},
    {400, "missing query parameter 'db'", step_kind::hold},
    {400, "serde error: missing field `db`", step_kind::hold},
    {400, "unacceptable content-encoding: zstd", step_kind::hold},
    {400,
     R"({"error":"invalid character in database or rp name: must be ASCII, containing only letters, numbers, underscores, or hyphens"})",
     step_kind::hold},
    {400, R"({"error":"db name cannot be empty"})", step_kind::hold},
    {400, R"({"error":"db name did not start with a number or letter"})", step_kind::hold},
    // The same words in a line that is quoted are the line's.
    {400, R"({"error":"unable to parse 'm db name serde error': missing fields"})",
     step_kind::refused},
    {400, R"({"error":"unable to parse 'm v=\"partial write\"x': bad"})", step_kind::refused},
    // InfluxDB 3.
    {400,
     R"({"error":"partial write of line protocol occurred","data":[{"error_message":"No fields were provided","line_number":2,"original_line":"cpu,host=a val= 123"}]})",
     step_kind::delivered_partly, 1},
    {400,
     R"({"error":"line protocol parsing error","data":{"error_message":"x","line_number":1,"original_line":"m"}})",
     step_kind::refused},
    {422,
     R"({"error":"partial write of line protocol occurred","data":[{"error_message":"Update to schema would exceed number of columns per table limit of 500 columns","line_number":1,"original_line":"m"}]})",
     step_kind::delivered_partly, 1},
    {422,
     R"({"error":"partial write of line protocol occurred","data":[{"error_message":"Adding a new database would exceed limit of 5 databases","line_number":1,"original_line":"m"}]})",
     step_kind::hold},
    {401, R"({"error":"the request was not authenticated"})", step_kind::hold},
    {403, R"({"error": "requestor is forbidden from requested resource"})", step_kind::hold},
    {413, "max request size (10485760 bytes) exceeded", step_kind::halve},
    {400, "incoming write was empty", step_kind::hold},
    {400, R"({"error":"Authorization header was malformed and cannot be parsed"})",
     step_kind::hold},
    {400, "malformed Authorization header", step_kind::hold},
    {400, "error decoding gzip stream: corrupt deflate stream", step_kind::hold},
    {400,
     R"({"error":"partial write of line protocol occurred","data":[{"error_message":"a","line_number":2,"original_line":"cpu,host=a val= 123"},{"error_message":"b","line_number":4,"original_line":"cpu,host=b val= 123"},{"error_message":"b","line_number":90,"original_line":"cpu"}]})",
     step_kind::delivered_partly, 3},
    {404, "not found", step_kind::hold},
    {405, "", step_kind::hold},
    {429, "this service is overloaded, please try again later", step_kind::retry},
    {500, "write buffer error: the object store is away", step_kind::retry},
    {200, R"({"product_name":"InfluxDB 3 Core","version":"3.4.1"})", step_kind::hold},
    // InfluxDB 1.12 stores the point without its field called time.
    {400,
     R"({"error":"partial write: invalid field name: input field \"time\" on measurement \"m\" is invalid. Field \"time\" has been stripped from point. dropped=0"})",
     step_kind::delivered},
    {422,
     R"({"code":"unprocessable entity","message":"failure writing points to database: partial write: input field \"v\" on measurement \"s\" is too long, 1048577 > 1048576 dropped=1"})",
     step_kind::delivered_partly, 1},
    {500,
     R"({"code":"internal error","message":"An internal error has occurred - check server logs"})",
     step_kind::retry},
    {500, R"({"error":"hinted handoff queue not empty"})", step_kind::retry},
    {503, "request throttled, exceeds timeout\n", step_kind::retry},
    {408, "", step_kind::retry},
    {429, "", step_kind::retry},
    {500, R"({"error":"timeout"})", step_kind::retry},
    {500, R"x({"error":"engine: cache-max-memory-size exceeded: (3200/2000)"})x", step_kind::retry},
    {502, "", step_kind::retry},
    {503, "request throttled, queue full\n", step_kind::retry},
};

TEST(influxdb_answers, lead_to_what_the_table_says) {
  for (const row& one : rows) {
    delivery steps({}, 1);
    const influxdb_write_answer answer =
        read_write_answer(reply_of(one.status, one.body), {"d", ""});
    const delivery_step step = steps.next(answer.result, 100);
    EXPECT_EQ(step.kind, one.kind) << one.status << " " << one.body;
    EXPECT_EQ(step.dropped, one.dropped) << one.status << " " << one.body;
    const bool waits = step.kind == step_kind::retry || step.kind == step_kind::hold;
    EXPECT_EQ(step.wait.count() > 0, waits) << one.status << " " << one.body;
    EXPECT_EQ(answer.result.code, one.status);
  }
}

TEST(influxdb_answers, overload_is_never_taken_for_a_bad_batch) {
  const auto means = [](int status, const std::string& body) {
    return read_write_answer(reply_of(status, body), {"d", ""}).means;
  };
  using meaning = influxdb_meaning;
  EXPECT_EQ(means(503, ""), meaning::busy);
  EXPECT_EQ(means(429, ""), meaning::busy);
  EXPECT_EQ(means(408, ""), meaning::busy);
  EXPECT_EQ(means(500, R"x({"error":"engine: cache-max-memory-size exceeded: (3200/2000)"})x"),
            meaning::busy);
  EXPECT_EQ(means(500, ""), meaning::failed);
  EXPECT_EQ(means(502, ""), meaning::failed);
  EXPECT_EQ(means(504, ""), meaning::failed);
  EXPECT_EQ(read_write_answer(http_reply::failed("cut"), {"d", ""}).means, meaning::failed);
}

TEST(influxdb_answers, no_status_loses_anything_silently) {
  for (int status = 100; status < 600; ++status) {
    delivery steps({}, 1);
    const step_kind kind =
        steps.next(read_write_answer(reply_of(status), {"d", ""}).result, 100).kind;
    EXPECT_EQ(kind == step_kind::delivered, status == 204) << status;
    EXPECT_EQ(kind == step_kind::hold && status < 400, status < 400 && status != 204) << status;
  }
}

TEST(influxdb_answers, a_missing_database_is_told_apart) {
  const http_reply missing = reply_of(404, R"({"error":"database not found: \"d\""})");
  EXPECT_TRUE(read_write_answer(missing, {"d", ""}).missing_database());
  EXPECT_EQ(read_write_answer(missing, {"d", ""}).result.message,
            "database not found: \"d\"; create it there, or send CREATE DATABASE to weir (key: "
            "create_databases)");
  EXPECT_FALSE(read_write_answer(reply_of(404), {"d", ""}).missing_database());
  EXPECT_FALSE(read_write_answer(http_reply::failed("reset"), {"d", ""}).missing_database());
}

TEST(influxdb_answers, what_is_the_lanes_own_fault_is_told_apart) {
  const auto of_lane = [](int status, const char* body) {
    return read_write_answer(reply_of(status, body), {"d", "p"}).result.of_lane;
  };
  EXPECT_TRUE(of_lane(404, R"({"error":"database not found: \"d\""})"));
  EXPECT_TRUE(of_lane(404, R"({"error":"retention policy not found: p"})"));
  EXPECT_TRUE(of_lane(500, R"({"error":"retention policy not found: p"})"));
  EXPECT_TRUE(of_lane(404, R"({"code":"not found","message":"bucket \"b\" not found"})"));
  EXPECT_FALSE(
      of_lane(404, R"({"code":"not found","message":"organization name \"o\" not found"})"));
  EXPECT_TRUE(of_lane(400, R"({"error":"db name did not start with a number or letter"})"));
  EXPECT_TRUE(of_lane(400, R"({"error":"invalid character in database or rp name: must be"})"));
  EXPECT_TRUE(of_lane(
      422,
      R"({"error":"partial write of line protocol occurred","data":[{"error_message":"Adding a new database would exceed limit of 5 databases","line_number":1,"original_line":"m"}]})"));
  EXPECT_FALSE(of_lane(400, "serde error: missing field `db`"));
  EXPECT_FALSE(of_lane(404, "404 page not found\n"));
  EXPECT_FALSE(of_lane(401, R"({"error":"authorization failed"})"));
  EXPECT_FALSE(of_lane(503, ""));
}

TEST(influxdb_answers, a_success_that_is_none_names_its_status_and_asks_for_the_url) {
  const auto words = [](const http_reply& reply) {
    const attempt_result result = read_write_answer(reply, {"d", ""}).result;
    EXPECT_EQ(influxdb_meaning_of(reply, {}), influxdb_meaning::not_stored);
    EXPECT_EQ(result.verdict, attempt_verdict::hold);
    EXPECT_TRUE(result.numbers_matter);
    return result.message;
  };
  EXPECT_EQ(words(reply_of(200, "<html></html>")), "answered 200, not 204: is the url right?");
  EXPECT_EQ(words(reply_of(202, "")), "answered 202, not 204: is the url right?");
  http_reply moved = reply_of(307, "");
  moved.location = "http://h/write/";
  EXPECT_EQ(words(moved),
            "answered 307, not 204: is the url right? It redirects to http://h/write/");
  moved.location = "https://h/write?db=d&p=secret#x";
  EXPECT_EQ(words(moved),
            "answered 307, not 204: is the url right? It redirects to https://h/write");
  moved.location = "https://ann:p@ss@h:1/a@b/c";
  EXPECT_EQ(words(moved),
            "answered 307, not 204: is the url right? It redirects to https://h:1/a@b/c");
  moved.location = "//ann:secret@h";
  EXPECT_EQ(words(moved), "answered 307, not 204: is the url right? It redirects to //h");
}

TEST(influxdb_answers, a_held_lane_names_its_remedy) {
  const auto words = [](int status, const char* body) {
    return read_write_answer(reply_of(status, body), {"my db", "a \"week\""}).result.message;
  };
  EXPECT_EQ(
      words(500, R"({"error":"retention policy not found: a \"week\""})"),
      "retention policy not found: a \"week\"; create it there (CREATE RETENTION POLICY "
      R"("a \"week\"" ON "my db" DURATION ... REPLICATION 1), or let clients write without rp)");
  EXPECT_EQ(words(401, R"({"error":"authorization failed"})"),
            "authorization failed; check the sink's token, or its username and password");
  EXPECT_EQ(words(404, "404 page not found\n"), "404 page not found; is the url right?");
  EXPECT_EQ(words(404, R"({"code":"not found","message":"bucket \"b\" not found"})"),
            "bucket \"b\" not found; create the bucket there (weir does not), or name another one "
            "(key: bucket)");
  EXPECT_EQ(words(404, R"({"code":"not found","message":"organization name \"o\" not found"})"),
            "organization name \"o\" not found; check the sink's org");
  EXPECT_EQ(words(404, "<html><head><title>404 Not Found</title></head></html>"),
            "answered 404 with a page (HTML), \"404 Not Found\"; is the url right?");
  EXPECT_EQ(words(410, ""), "status 410; is the url right?");
  EXPECT_EQ(words(400, "<html><head><title>400 Bad Request</title></head></html>"),
            "answered 400 with a page (HTML), \"400 Bad Request\"; is the url right?");
  EXPECT_EQ(words(400, "Client sent an HTTP request to an HTTPS server.\n"),
            "Client sent an HTTP request to an HTTPS server.; let the sink's url begin with "
            "https://");
}

TEST(influxdb_answers, a_lane_that_an_influxdb_3_holds_names_its_remedy) {
  const auto words = [](int status, const char* body) {
    return read_write_answer(reply_of(status, body), {"my.db", ""}).result.message;
  };
  EXPECT_EQ(words(400, R"({"error":"db name did not start with a number or letter"})"),
            "db name did not start with a number or letter; let its points go to another database "
            "(key: bucket), or leave it out (key: databases)");
  EXPECT_EQ(
      words(
          422,
          R"({"error":"partial write of line protocol occurred","data":[{"error_message":"Adding a new database would exceed limit of 5 databases","line_number":1,"original_line":"m"}]})"),
      "Adding a new database would exceed limit of 5 databases; drop a database there, or leave "
      "this one out (key: databases)");
  EXPECT_EQ(words(401, R"({"error": "the request was not authenticated"})"),
            "the request was not authenticated; check the sink's token, or its username and "
            "password");
}

TEST(influxdb_answers, a_creation_succeeds_by_results_alone) {
  const http_reply created = reply_of(200, R"({"results":[{"statement_id":0}]})");
  EXPECT_EQ(read_creation_answer(created).verdict, attempt_verdict::retry);
  EXPECT_TRUE(read_creation_answer(created).at_once);
  const auto after = [](const http_reply& reply) {
    delivery steps({}, 1);
    const attempt_result result = read_creation_answer(reply);
    EXPECT_TRUE(result.message.starts_with("CREATE DATABASE: ")) << result.message;
    const delivery_step step = steps.next(result, 5);
    EXPECT_GT(step.wait.count(), 0);
    return step.kind;
  };
  EXPECT_EQ(after(reply_of(403, "")), step_kind::hold);
  EXPECT_EQ(after(reply_of(200, R"({"results":[{"error":"not implemented"}]})")), step_kind::hold);
  EXPECT_EQ(after(reply_of(503, "")), step_kind::retry);
  // Its success is 200 with results: neither less nor another kind of answer.
  EXPECT_EQ(after(reply_of(200, "<html></html>")), step_kind::hold);
  EXPECT_EQ(after(reply_of(200, "{}")), step_kind::hold);
  EXPECT_EQ(after(reply_of(200, "")), step_kind::hold);
  EXPECT_EQ(after(reply_of(204, "")), step_kind::hold);
  EXPECT_EQ(after(reply_of(201, R"({"results":[{"statement_id":0}]})")), step_kind::hold);
  EXPECT_EQ(after(reply_of(302, "")), step_kind::hold);
  EXPECT_EQ(after(http_reply::failed("reset")), step_kind::retry);
}

TEST(dropped_points, reads_the_servers_number_not_one_inside_a_quoted_line) {
  EXPECT_EQ(dropped_points("partial write: x dropped=12"), 12U);
  EXPECT_EQ(dropped_points("partial write: unable to parse 'm v=\" dropped=99\"' dropped=0"), 1U);
  EXPECT_EQ(dropped_points("partial write of line protocol occurred"), 1U);
}

}  // namespace
}  // namespace weir
