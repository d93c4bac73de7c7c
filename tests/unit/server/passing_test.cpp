// SPDX-License-Identifier: Apache-2.0
//
// Which server a query goes to, and what of heads is passed.
#include <gtest/gtest.h>

#include "server/passing/passed_headers.hpp"
#include "server/passing/query_servers.hpp"

namespace weir {
namespace {

sink_settings sink(std::string name, std::uint32_t version, bool query,
                   std::vector<std::string> databases = {"*"}) {
  influxdb_settings influxdb;
  influxdb.url = "http://" + name + ":8086/below/";
  influxdb.version = version;
  influxdb.query = query;
  sink_settings out;
  out.name = name;
  out.databases = std::move(databases);
  out.kind = influxdb;
  return out;
}

TEST(query_servers, are_those_of_sinks_that_say_so) {
  settings configured;
  configured.sinks = {sink("off", 1, false), sink("app", 1, true, {"app*"}), sink("all", 1, true),
                      sink("two", 2, true)};
  const auto servers = query_servers_of(configured);
  ASSERT_EQ(servers.size(), 3U);
  EXPECT_EQ(servers.front().urls, std::vector<std::string>{"http://app:8086/below"});
  EXPECT_EQ(server_with(servers, "app1")->sink, "app");
  EXPECT_EQ(server_with(servers, "web")->sink, "all");
  EXPECT_EQ(server_with(servers, "")->sink, "app");
  EXPECT_EQ(server_for_path(servers, "/debug/vars")->sink, "app");
  EXPECT_EQ(server_for_path(servers, "/api/v2/buckets")->sink, "two");
  EXPECT_EQ(server_for_path(servers, "/api/v3/query_sql"), nullptr);
}

TEST(query_servers, an_influxdb_1_has_a_part_of_the_paths_of_2) {
  settings configured;
  configured.sinks = {sink("one", 1, true, {"app*"})};
  const auto servers = query_servers_of(configured);
  EXPECT_EQ(server_for_path(servers, "/api/v2/query")->sink, "one");
  EXPECT_EQ(server_for_path(servers, "/api/v2/delete")->sink, "one");
  EXPECT_EQ(server_for_path(servers, "/api/v2/tasks"), nullptr);
  EXPECT_EQ(server_with(servers, "web"), nullptr);
}

TEST(query_servers, know_what_their_sinks_show_of_themselves) {
  settings configured;
  configured.sinks = {sink("one", 1, true), sink("two", 2, true), sink("three", 3, true),
                      sink("open", 1, true)};
  std::get<influxdb_settings>(configured.sinks[0].kind).username = "ann";
  std::get<influxdb_settings>(configured.sinks[0].kind).password = "secret";
  std::get<influxdb_settings>(configured.sinks[1].kind).token = "t2";
  std::get<influxdb_settings>(configured.sinks[2].kind).token = "t3";
  const auto servers = query_servers_of(configured);
  const auto shown = [&servers](std::size_t which) {
    relay_request request{.headers = {"Accept: */*", "authorization: Token mine", "Cookie: a=b"}};
    sign_as_sink(servers[which], request);
    return request.headers;
  };
  using headers = std::vector<std::string>;
  EXPECT_EQ(shown(0), (headers{"Accept: */*", "Authorization: Basic YW5uOnNlY3JldA=="}));
  EXPECT_EQ(shown(1), (headers{"Accept: */*", "Authorization: Token t2"}));
  EXPECT_EQ(shown(2), (headers{"Accept: */*", "Authorization: Bearer t3"}));
  EXPECT_EQ(shown(3), headers{"Accept: */*"});
}

TEST(passed_headers, are_the_clients_own) {
  http::request_head head;
  head.method = http::method::post;
  head.headers = {{"Host", "weir"},
                  {"authorization", "Token t"},
                  {"Connection", "close, X-Of-It"},
                  {"x-of-it", "1"},
                  {"Content-Length", "3"},
                  {"Content-Encoding", "gzip"},
                  {"Accept-Encoding", "gzip"},
                  {"transfer-encoding", "chunked"},
                  {"Expect", "100-continue"}};
  relay_request passed = passed_request(head);
  EXPECT_EQ(passed.method, "POST");
  EXPECT_EQ(passed.headers,
            (std::vector<std::string>{"authorization: Token t", "Accept-Encoding: gzip"}));
  address_to({.urls = {"http://a/x", "http://b"}}, "/query", "q=a%20b", passed);
  EXPECT_EQ(passed.urls,
            (std::vector<std::string>{"http://a/x/query?q=a%20b", "http://b/query?q=a%20b"}));
  address_to({.urls = {"http://a"}}, "/debug/vars", "", passed);
  EXPECT_EQ(passed.urls, std::vector<std::string>{"http://a/debug/vars"});
  head.headers = {{"Content-Encoding", "snappy"}};
  EXPECT_EQ(passed_request(head).headers, std::vector<std::string>{"Content-Encoding: snappy"});
}

TEST(passed_answer, has_what_clients_read) {
  const http::response answer = passed_answer({.status = 401,
                                               .headers = {{"content-type", "text/csv"},
                                                           {"www-authenticate", "Basic"},
                                                           {"Set-Cookie", "a"},
                                                           {"Set-Cookie", "b"},
                                                           {"X-Influxdb-Version", "1.6.7"},
                                                           {"Transfer-Encoding", "chunked"}}});
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.content_type, "text/csv");
  const std::vector<std::pair<std::string_view, std::string>> wanted{
      {"WWW-Authenticate", "Basic"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}};
  EXPECT_EQ(answer.headers, wanted);
}

}  // namespace
}  // namespace weir
