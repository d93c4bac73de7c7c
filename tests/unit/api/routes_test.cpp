// SPDX-License-Identifier: Apache-2.0
//
// Paths, health, and what every answer carries.
#include "api/routes.hpp"

#include <gtest/gtest.h>

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

TEST(classify, paths_and_methods) {
  using http::method;
  EXPECT_EQ(classify(head(method::post, "/write")), route::write_v1);
  EXPECT_EQ(classify(head(method::get, "/write")), route::method_not_allowed);
  EXPECT_EQ(classify(head(method::options, "/write")), route::options);
  EXPECT_EQ(classify(head(method::post, "/api/v2/write")), route::write_v2);
  EXPECT_EQ(classify(head(method::get, "/api/v2/write")), route::method_not_allowed);
  EXPECT_EQ(classify(head(method::get, "/api/v2/ping")), route::not_found);
  EXPECT_EQ(classify(head(method::get, "/query")), route::query);
  EXPECT_EQ(classify(head(method::post, "/query")), route::query);
  EXPECT_EQ(classify(head(method::put, "/query")), route::method_not_allowed);
  EXPECT_EQ(classify(head(method::head, "/query")), route::method_not_allowed);
  EXPECT_EQ(classify(head(method::head, "/ping")), route::ping);
  EXPECT_EQ(classify(head(method::get, "/status")), route::ping);
  EXPECT_EQ(classify(head(method::get, "/health")), route::health);
  EXPECT_EQ(classify(head(method::get, "/ready")), route::ready);
  EXPECT_EQ(classify(head(method::get, "/metrics")), route::metrics);
  EXPECT_EQ(classify(head(method::post, "/metrics")), route::method_not_allowed);
  EXPECT_EQ(classify(head(method::other, "/ping")), route::method_not_allowed);
  EXPECT_EQ(classify(head(method::get, "/writ")), route::not_found);
  EXPECT_EQ(classify(head(method::options, "*")), route::not_found);
}

TEST(routes, answers) {
  EXPECT_EQ(not_found_response().status, 404);
  EXPECT_EQ(not_found_response().body, "404 page not found\n");
  const http::response answer = method_not_allowed_response(head(http::method::get, "/write"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.body, "Method Not Allowed\n");
  EXPECT_EQ(header_of(answer, "Allow"), "OPTIONS, POST");
  EXPECT_EQ(options_response(head(http::method::options, "/write")).status, 204);
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
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(header_of(answer, "Request-Id"), "id");
  EXPECT_EQ(header_of(answer, "X-Request-Id"), "id");
  EXPECT_EQ(header_of(answer, "X-Influxdb-Build"), "OSS");
  EXPECT_EQ(header_of(answer, "X-Influxdb-Version"), version());
  EXPECT_EQ(header_of(answer, "Access-Control-Allow-Origin"), "(none)");
  http::response plain = not_found_response();
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
