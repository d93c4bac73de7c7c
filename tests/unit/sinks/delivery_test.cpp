// SPDX-License-Identifier: Apache-2.0
//
// The delivery state machine as a table: every answer that a server is known to give, and the step
// that must follow.
#include "sinks/delivery.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

using std::chrono::milliseconds;

answer answered(int status, std::string body) {
  answer given;
  given.answered = true;
  given.status = status;
  given.body = std::move(body);
  return given;
}

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
    {408, "", step_kind::retry},
    {429, "", step_kind::retry},
    {500, R"({"error":"timeout"})", step_kind::retry},
    {500, R"x({"error":"engine: cache-max-memory-size exceeded: (3200/2000)"})x", step_kind::retry},
    {502, "", step_kind::retry},
    {503, "request throttled, queue full\n", step_kind::retry},
};

TEST(delivery, does_what_the_table_says) {
  for (const row& one : rows) {
    delivery steps({}, 1);
    const delivery_step step = steps.next(answered(one.status, one.body), {100, false});
    EXPECT_EQ(step.kind, one.kind) << one.status << " " << one.body;
    EXPECT_EQ(step.dropped, one.dropped) << one.status << " " << one.body;
    const bool waits = step.kind == step_kind::retry || step.kind == step_kind::hold;
    EXPECT_EQ(step.wait.count() > 0, waits) << one.status << " " << one.body;
  }
}

TEST(delivery, every_status_has_a_step_that_loses_nothing_silently) {
  for (int status = 100; status < 600; ++status) {
    delivery steps({}, 1);
    const step_kind kind = steps.next(answered(status, ""), {100, true}).kind;
    EXPECT_EQ(kind == step_kind::delivered, status == 204) << status;
    EXPECT_EQ(kind == step_kind::hold && status < 400, status < 400 && status != 204) << status;
  }
}

TEST(delivery, a_success_that_is_none_names_its_status_and_asks_for_the_url) {
  const auto words = [](answer given, std::string_view stored = "204") {
    delivery steps({}, 1);
    attempt tried{1, false};
    tried.stored_status = stored;
    const delivery_step step = steps.next(given, tried);
    EXPECT_EQ(step.meaning, answer_class::not_stored);
    return step.words;
  };
  EXPECT_EQ(words(answered(200, "<html></html>")), "answered 200, not 204: is the url right?");
  EXPECT_EQ(words(answered(202, "")), "answered 202, not 204: is the url right?");
  answer moved = answered(307, "");
  moved.location = "http://h/write/";
  EXPECT_EQ(words(moved),
            "answered 307, not 204: is the url right? It redirects to http://h/write/");
  moved.location = "https://h/write?db=d&p=secret#x";
  EXPECT_EQ(words(moved),
            "answered 307, not 204: is the url right? It redirects to https://h/write");
  EXPECT_EQ(words(answered(301, ""), "2xx"), "answered 301, not 2xx: is the url right?");
}

TEST(delivery, a_held_lane_names_its_remedy) {
  const auto words = [](int status, const char* body) {
    delivery steps({}, 1);
    return steps.next(answered(status, body), {1, false, "my db", "a \"week\""}).words;
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

TEST(delivery, no_answer_is_tried_again) {
  delivery steps({}, 1);
  const delivery_step step = steps.next(answer::failed("connection refused"), {1, true});
  EXPECT_EQ(step.kind, step_kind::retry);
  EXPECT_EQ(step.words, "connection refused");
}

TEST(delivery, a_single_line_that_is_too_large_is_refused) {
  delivery steps({}, 1);
  EXPECT_EQ(steps.next(answered(413, ""), {1, false}).kind, step_kind::refused);
}

TEST(delivery, creates_a_missing_database_once_and_holds_if_it_stays_missing) {
  const answer missing = answered(404, R"({"error":"database not found: \"d\""})");
  delivery steps({}, 1);
  EXPECT_EQ(steps.next(missing, {5, true}).kind, step_kind::create_database);
  const delivery_step made = steps.created(answered(200, R"({"results":[{"statement_id":0}]})"));
  EXPECT_EQ(made.kind, step_kind::retry);
  EXPECT_EQ(made.wait.count(), 0);
  const delivery_step held = steps.next(missing, {5, true});
  EXPECT_EQ(held.kind, step_kind::hold);
  EXPECT_EQ(held.words,
            "database not found: \"d\"; create it there, or send CREATE DATABASE to weir (key: "
            "create_databases)");
  // After the rest it may be created again.
  EXPECT_EQ(steps.next(missing, {5, true}).kind, step_kind::create_database);
}

TEST(delivery, a_creation_that_fails_holds_or_waits) {
  const answer missing = answered(404, R"({"error":"database not found: \"d\""})");
  const auto after = [&](const answer& given) {
    delivery steps({}, 1);
    EXPECT_EQ(steps.next(missing, {5, true}).kind, step_kind::create_database);
    const delivery_step step = steps.created(given);
    EXPECT_GT(step.wait.count(), 0);
    return step.kind;
  };
  EXPECT_EQ(after(answered(403, "")), step_kind::hold);
  EXPECT_EQ(after(answered(200, R"({"results":[{"error":"not implemented"}]})")), step_kind::hold);
  EXPECT_EQ(after(answered(503, "")), step_kind::retry);
  // Its success is 200 with results: neither less nor another kind of answer.
  EXPECT_EQ(after(answered(200, "<html></html>")), step_kind::hold);
  EXPECT_EQ(after(answered(200, "{}")), step_kind::hold);
  EXPECT_EQ(after(answered(200, "")), step_kind::hold);
  EXPECT_EQ(after(answered(204, "")), step_kind::hold);
  EXPECT_EQ(after(answered(201, R"({"results":[{"statement_id":0}]})")), step_kind::hold);
  EXPECT_EQ(after(answered(302, "")), step_kind::hold);
  EXPECT_EQ(after(answer::failed("reset")), step_kind::retry);
}

TEST(delivery, waits_grow_within_their_bounds_and_start_anew_after_a_success) {
  const delivery_pace pace{milliseconds(100), milliseconds(5000)};
  milliseconds greatest{0};
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    delivery steps(pace, seed);
    std::int64_t bound = 100;
    for (int i = 0; i < 60; ++i) {
      bound = std::min<std::int64_t>(bound * 2, 5000);
      const milliseconds wait = steps.next(answer::failed("x"), {1, false}).wait;
      EXPECT_GE(wait, pace.retry_least);
      EXPECT_LE(wait.count(), bound);
      greatest = std::max(greatest, wait);
    }
    EXPECT_EQ(steps.next(answered(204, ""), {1, false}).kind, step_kind::delivered);
    EXPECT_LE(steps.next(answer::failed("x"), {1, false}).wait.count(), 200);
  }
  EXPECT_GT(greatest.count(), 4500);
}

TEST(delivery, jitter_depends_on_the_seed) {
  const delivery_pace pace{milliseconds(1), milliseconds(1'000'000)};
  delivery one(pace, 1);
  delivery two(pace, 2);
  delivery same(pace, 1);
  int different = 0;
  for (int i = 0; i < 20; ++i) {
    const auto wait = one.next(answer::failed("x"), {}).wait;
    different += wait != two.next(answer::failed("x"), {}).wait ? 1 : 0;
    EXPECT_EQ(wait, same.next(answer::failed("x"), {}).wait);
  }
  EXPECT_GT(different, 10);
}

TEST(delivery, holds_grow_and_never_hammer) {
  const delivery_pace pace{milliseconds(100), milliseconds(5000)};
  delivery steps(pace, 3);
  std::int64_t bound = 200;
  for (int i = 0; i < 20; ++i) {
    bound = std::min<std::int64_t>(bound * 2, 5000);
    const auto wait = steps.next(answered(401, ""), {1, false}).wait.count();
    EXPECT_GE(wait, bound / 2);
    EXPECT_LE(wait, bound);
  }
}

TEST(delivery, honours_retry_after_up_to_a_bound) {
  for (const int status : {408, 429, 500, 503, 401, 404}) {
    delivery steps({milliseconds(200), milliseconds(30'000)}, 1);
    answer busy = answered(status, "");
    busy.retry_after = std::chrono::seconds(7);
    const delivery_step step = steps.next(busy, {});
    EXPECT_EQ(step.wait, milliseconds(7000)) << status;
    // Its own pace is kept apart: it is what is left when the server takes points again.
    EXPECT_LE(step.own_wait, milliseconds(800)) << status;
    busy.retry_after = std::chrono::seconds(100'000);
    EXPECT_EQ(steps.next(busy, {}).wait, milliseconds(120'000)) << status;
    busy.retry_after = std::chrono::seconds(0);
    EXPECT_LE(steps.next(busy, {}).wait, milliseconds(30'000)) << status;
  }
  delivery steps({milliseconds(1), milliseconds(10)}, 1);
  answer busy = answered(503, "");
  busy.retry_after = std::chrono::seconds(7);
  EXPECT_EQ(steps.next(busy, {}).wait, milliseconds(10) * delivery::retry_after_factor);
  // A success is a success, whatever it says beside.
  answer fine = answered(204, "");
  fine.retry_after = std::chrono::seconds(7);
  EXPECT_EQ(steps.next(fine, {}).wait.count(), 0);
}

TEST(dropped_points, reads_the_servers_number_not_one_inside_a_quoted_line) {
  EXPECT_EQ(dropped_points("partial write: x dropped=12"), 12U);
  EXPECT_EQ(dropped_points("partial write: unable to parse 'm v=\" dropped=99\"' dropped=0"), 1U);
  EXPECT_EQ(dropped_points("partial write of line protocol occurred"), 1U);
}

}  // namespace
}  // namespace weir
