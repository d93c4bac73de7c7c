// SPDX-License-Identifier: Apache-2.0
//
// Paths, health, and what every answer carries.
#include "api/routes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "api/context.hpp"
#include "api/health.hpp"

namespace weir::api {
namespace {

http::request_head head(http::method method, std::string_view path) {
  http::request_head out;
  out.method = method;
  out.path = path;
  return out;
}

std::string header_of(const http::response& answer, std::string_view name) {
  return std::string{answer.header(name).value_or("(none)")};
}

/// What serves it: the label, and where no row does, why.
std::string served(http::method method, std::string_view path) {
  const routing to = route_request(head(method, path));
  switch (to.outcome) {
    case routing::answer::served:
      return std::string(route_labels()[to.label]);
    case routing::answer::options:
      EXPECT_EQ(route_labels()[to.label], "OPTIONS");
      return "options";
    case routing::answer::wrong_method:
      EXPECT_EQ(route_labels()[to.label], "other");
      return "wrong method";
    case routing::answer::unknown_path:
      EXPECT_EQ(route_labels()[to.label], "other");
      EXPECT_EQ(to.row, nullptr);
      break;
  }
  return "unknown path";
}

TEST(route_request, paths_and_methods) {
  using http::method;
  EXPECT_EQ(served(method::post, "/write"), "/write");
  EXPECT_EQ(served(method::get, "/write"), "wrong method");
  EXPECT_EQ(served(method::options, "/write"), "options");
  EXPECT_EQ(served(method::post, "/api/v2/write"), "/api/v2/write");
  EXPECT_EQ(served(method::get, "/api/v2/write"), "wrong method");
  EXPECT_EQ(served(method::get, "/api/v2/ping"), "/api/v2");
  EXPECT_EQ(served(method::patch, "/api/v2/buckets/1"), "/api/v2");
  EXPECT_EQ(served(method::post, "/api/v2/query"), "/api/v2");
  EXPECT_EQ(served(method::post, "/api/v3/query_sql"), "/api/v3/query");
  EXPECT_EQ(served(method::get, "/debug/vars"), "/debug/vars");
  EXPECT_EQ(served(method::get, "/debug/requests"), "unknown path");
  EXPECT_EQ(served(method::get, "/query"), "/query");
  EXPECT_EQ(served(method::post, "/query"), "/query");
  EXPECT_EQ(served(method::put, "/query"), "wrong method");
  EXPECT_EQ(served(method::head, "/query"), "wrong method");
  EXPECT_EQ(served(method::head, "/ping"), "/ping");
  EXPECT_EQ(served(method::get, "/status"), "/ping");
  EXPECT_EQ(served(method::get, "/health"), "/health");
  EXPECT_EQ(served(method::get, "/api/v1/health"), "/health");
  EXPECT_EQ(served(method::del, "/api/v3/configure/database"), "/api/v3/configure/database");
  EXPECT_EQ(served(method::put, "/api/v3/configure/database"), "wrong method");
  EXPECT_EQ(served(method::get, "/ready"), "/ready");
  EXPECT_EQ(served(method::get, "/metrics"), "/metrics");
  EXPECT_EQ(served(method::post, "/metrics"), "wrong method");
  EXPECT_EQ(served(method::other, "/ping"), "wrong method");
  EXPECT_EQ(served(method::get, "/writ"), "unknown path");
  EXPECT_EQ(served(method::get, "/write/more"), "unknown path");
  EXPECT_EQ(served(method::options, "*"), "unknown path");
}

TEST(route_request, rows_say_who_serves_and_what_right_it_takes) {
  const auto row = [](http::method method, std::string_view path) -> const route& {
    return *route_request(head(method, path)).row;
  };
  EXPECT_EQ(row(http::method::post, "/write").dialect().name, "v1");
  EXPECT_EQ(row(http::method::post, "/api/v2/write").dialect().name, "v2");
  EXPECT_EQ(row(http::method::get, "/status").served_by, handler::ping);
  EXPECT_EQ(row(http::method::post, "/write").needs, right::write);
  EXPECT_EQ(row(http::method::get, "/query").needs, right::query);
  EXPECT_EQ(row(http::method::get, "/metrics").needs, right::read_metrics);
  EXPECT_EQ(row(http::method::get, "/health").needs, right::none);
}

TEST(routes, rows_of_writes_and_no_others_have_a_dialect) {
  for (const route& row : routes()) {
    EXPECT_EQ(row.served_by == handler::write, row.dialect != nullptr) << row.path;
  }
}

TEST(route_labels, are_each_there_once) {
  const auto labels = route_labels();
  const std::vector<std::string_view> all(labels.begin(), labels.end());
  EXPECT_EQ(all, (std::vector<std::string_view>{"/write",
                                                "/api/v2/write",
                                                "/api/v3/write_lp",
                                                "/api/v3/configure/database",
                                                "/api/v1/write",
                                                "/api/v1/prom/write",
                                                "/query",
                                                "/debug/vars",
                                                "/api/v1/prom/read",
                                                "/api/v2",
                                                "/api/v3/query",
                                                "/ping",
                                                "/health",
                                                "/ready",
                                                "/metrics",
                                                "/-/reload",
                                                "/-/park/retry",
                                                "/-/park/drop",
                                                "/metrics/job",
                                                "/pushgateway",
                                                "/page",
                                                "/api/weir",
                                                "OPTIONS",
                                                "other"}));
}

TEST(find_route, the_exact_path_comes_before_prefixes_and_the_longest_of_those_first) {
  const method_set put{http::method::put};
  const std::array<route, 3> rows{{
      {.path = "/metrics/job/", .is_prefix = true, .methods = put, .label = "pushed"},
      {.path = "/metrics/job/a/", .is_prefix = true, .methods = put, .label = "of a"},
      {.path = "/metrics/job/a/b", .is_prefix = false, .methods = put, .label = "exact"},
  }};
  const auto label = [&rows](std::string_view path) {
    const route* row = find_route(rows, path);
    return row == nullptr ? std::string_view("none") : row->label;
  };
  EXPECT_EQ(label("/metrics/job/"), "pushed");
  EXPECT_EQ(label("/metrics/job/x/instance/y"), "pushed");
  EXPECT_EQ(label("/metrics/job/a/c"), "of a");
  EXPECT_EQ(label("/metrics/job/a/b"), "exact");
  EXPECT_EQ(label("/metrics/job/a/b/c"), "of a");
  EXPECT_EQ(label("/metrics/job"), "none");
}

TEST(routes, answers) {
  const path_family& plain = family_of("/none");
  EXPECT_EQ(plain.not_found().status, 404);
  EXPECT_EQ(plain.not_found().body, "404 page not found\n");
  const route& write = *route_request(head(http::method::get, "/write")).row;
  const http::response answer = plain.wrong_method(allow_header(write));
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.body, "Method Not Allowed\n");
  EXPECT_EQ(header_of(answer, "Allow"), "OPTIONS, POST");
  EXPECT_EQ(options_response(write).status, 204);
  EXPECT_EQ(header_of(options_response(write), "Allow"), "OPTIONS, POST");
}

TEST(routes, say_which_methods_they_allow) {
  const auto allow = [](std::string_view path) {
    return allow_header(*find_route(routes(), path));
  };
  EXPECT_EQ(allow("/query"), "GET, OPTIONS, POST");
  EXPECT_EQ(allow("/ping"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(allow_header({.path = "/all",
                          .methods = {http::method::put, http::method::del, http::method::get},
                          .label = "all"}),
            "DELETE, GET, OPTIONS, PUT");
}

TEST(ping, plain_and_verbose) {
  EXPECT_EQ(ping_response("").status, 204);
  EXPECT_EQ(ping_response("wait_for_leader=1s").status, 204);
  EXPECT_EQ(ping_response("verbose=false").status, 204);
  EXPECT_EQ(ping_response("verbose=0").status, 204);
  EXPECT_EQ(ping_response("verbose=true").status, 200);
  EXPECT_EQ(ping_response("verbose=true").body,
            "{\"version\":\"" + std::string{version()} + "\"}\n");
}

TEST(health, shapes) {
  EXPECT_EQ(health_response(true, "", {}).body,
            "{\"checks\":[],\"message\":\"ready for queries and writes\",\"name\":\"influxdb\","
            "\"status\":\"pass\",\"version\":\"" +
                std::string{version()} + "\"}");
  EXPECT_EQ(health_response(true, "", {}).status, 200);
  EXPECT_EQ(health_response(false, "the disk is full", {}).status, 503);
  EXPECT_NE(health_response(false, "the disk is full", {}).body.find("\"status\":\"fail\""),
            std::string::npos);
  EXPECT_EQ(ready_response(true, "").body, "{\"status\":\"ready\"}\n");
  EXPECT_EQ(ready_response(false, "draining").status, 503);
}

TEST(version, is_one_that_clients_can_compare) {
  const std::string_view shown = version();
  ASSERT_TRUE(shown.starts_with("1.8.10-weir-"));
  const std::string_view own = shown.substr(12);
  EXPECT_FALSE(own.empty());
  EXPECT_EQ(own.find_first_not_of("0123456789."), std::string_view::npos) << own;
}

TEST(context, ids_are_echoed_or_made) {
  request_ids ids{0x1234'5678'9abc'def0U};
  http::request_head request = head(http::method::get, "/ping");
  const request_context first = context_of(request, ids, 1586844484'000'000'000);
  const request_context second = context_of(request, ids, 1586844484'000'000'000);
  EXPECT_NE(first.request_id, second.request_id);
  // The time part of a UUID of version 1 for 2020-04-14T06:08:04Z.
  EXPECT_EQ(first.request_id, "4d54ba00-7e16-11ea-8001-56789abcdef0");
  request.headers = {{"Request-Id", "second"}, {"X-Request-Id", "first"}};
  EXPECT_EQ(context_of(request, ids, 0).request_id, "first");
  const std::string large(5000, 'x');
  request.headers = {{"Request-Id", large}};
  EXPECT_EQ(context_of(request, ids, 0).request_id.size(), 128U);
}

TEST(context, common_headers) {
  http::response answer;
  complete(answer, {"id", ""});
  EXPECT_EQ(answer.media_type(), "application/json");
  EXPECT_EQ(header_of(answer, "Request-Id"), "id");
  EXPECT_EQ(header_of(answer, "X-Request-Id"), "id");
  EXPECT_EQ(header_of(answer, "X-Influxdb-Build"), "OSS");
  EXPECT_EQ(header_of(answer, "X-Influxdb-Version"), version());
  EXPECT_EQ(header_of(answer, "Access-Control-Allow-Origin"), "(none)");
  http::response plain = family_of("/none").not_found();
  complete(plain, {"id", "http://grafana"});
  EXPECT_TRUE(plain.content_type.starts_with("text/plain"));
  EXPECT_EQ(header_of(plain, "Access-Control-Allow-Origin"), "http://grafana");
  EXPECT_NE(header_of(plain, "Access-Control-Allow-Methods"), "(none)");
  EXPECT_NE(header_of(plain, "Access-Control-Allow-Headers").find("User-Agent"), std::string::npos);
}

TEST(context, a_preflight_is_allowed_the_headers_that_it_asks_for) {
  request_ids ids{1};
  const auto allowed = [&ids](http::method method, std::string_view asked) {
    http::request_head request = head(method, "/api/v2/write");
    request.headers = {{"Origin", "http://a"}, {"access-control-request-headers", asked}};
    http::response answer;
    complete(answer, context_of(request, ids, 0));
    return header_of(answer, "Access-Control-Allow-Headers");
  };
  const std::string usual = allowed(http::method::options, "");
  EXPECT_EQ(allowed(http::method::options, "authorization,content-type,user-agent,x-my.own_1"),
            "authorization,content-type,user-agent,x-my.own_1");
  EXPECT_EQ(allowed(http::method::post, "user-agent"), usual) << "no preflight";
  for (const std::string& unsafe :
       {std::string("a\r\nSet-Cookie: x"), std::string("a: b"), std::string("a\tb"),
        std::string("<script>"), std::string("\xc3\xa9"), std::string(2000, 'a')}) {
    EXPECT_EQ(allowed(http::method::options, unsafe), usual) << unsafe;
  }
}

}  // namespace
}  // namespace weir::api
