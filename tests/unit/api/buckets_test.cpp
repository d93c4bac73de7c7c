// SPDX-License-Identifier: Apache-2.0
//
// Buckets, the organization and sessions, over a catalogue in memory.
#include "api/buckets/buckets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "api/buckets/bucket_text.hpp"

namespace weir::api {
namespace {

constexpr std::int64_t hour_ns = 3'600'000'000'000;

/// "d" keeps for ever by default, and for 30 days in "month"; nothing can be done to "fixed".
class two_databases final : public catalogue {
 public:
  std::vector<std::string> databases() const override { return {"d", "fixed"}; }
  bool exists(std::string_view name) const override { return name == "d" || name == "fixed"; }
  bool administered(std::string_view name) const override { return name != "fixed"; }
  outcome create(std::string_view) override { return nothing{}; }
  outcome drop(std::string_view) override { return nothing{}; }
  std::vector<retention_policy> retention_policies(std::string_view name) const override {
    std::vector<retention_policy> out{{.name = "autogen", .is_default = true}};
    if (name == "d") {
      out.push_back({.name = "month", .duration_ns = 30 * 24 * hour_ns});
    }
    return out;
  }
};

class buckets : public ::testing::Test {
 protected:
  std::string ask(http::method method, std::string_view path, std::string_view query = "",
                  std::string_view body = "") {
    EXPECT_TRUE(is_of_buckets(path)) << path;
    const bucket_step step =
        answer_buckets({.method = method, .path = path, .query = query, .body = body}, databases_);
    std::string out;
    for (const statement& each : step.to_do) {
      out += spell(each) + "; ";
    }
    return out + std::to_string(step.answer.status) + " " + step.answer.body;
  }
  std::string get(std::string_view path, std::string_view query = "") {
    return ask(http::method::get, path, query);
  }
  std::string create(std::string_view body) {
    return ask(http::method::post, "/api/v2/buckets", "", body);
  }
  /// The names in a list.
  std::vector<std::string> names(std::string_view query) {
    std::string text = get("/api/v2/buckets", query);
    std::vector<std::string> out;
    for (std::size_t at = text.find("\"name\":\""); at != std::string::npos;
         at = text.find("\"name\":\"", at + 1)) {
      out.push_back(text.substr(at + 8, text.find('"', at + 8) - at - 8));
    }
    return out;
  }

  two_databases databases_;
};

TEST_F(buckets, which_paths_they_are) {
  for (const char* path : {"/api/v2/buckets", "/api/v2/buckets/", "/api/v2/buckets/12/labels",
                           "/api/v2/orgs", "/api/v2/me", "/api/v2/signin", "/api/v2/setup"}) {
    EXPECT_TRUE(is_of_buckets(path)) << path;
  }
  for (const char* path : {"/api/v2/bucketsome", "/api/v2/query", "/api/v2/me/password", "/buckets",
                           "/api/v2/tasks", "/api/v2"}) {
    EXPECT_FALSE(is_of_buckets(path)) << path;
  }
}

TEST_F(buckets, are_databases_and_policies) {
  EXPECT_EQ(names(""), (std::vector<std::string>{"d", "d/month", "fixed"}));
  EXPECT_EQ(names("limit=1"), std::vector<std::string>{"d"});
  EXPECT_EQ(names("limit=1&offset=1"), std::vector<std::string>{"d/month"});
  EXPECT_EQ(names("after=" + id_of_bucket("d/month")), std::vector<std::string>{"fixed"});
  EXPECT_EQ(names("name=d%2Fmonth&org=any"), std::vector<std::string>{"d/month"});
  EXPECT_EQ(names("name=d"), std::vector<std::string>{"d"});
  EXPECT_EQ(names("name=d/autogen"), std::vector<std::string>{"d/autogen"});
  EXPECT_EQ(names("id=" + id_of_bucket("fixed")), std::vector<std::string>{"fixed"});
  EXPECT_EQ(names("name=none"), std::vector<std::string>{}) << "a search that finds nothing";
  EXPECT_EQ(get("/api/v2/buckets", "name=none&orgID=1"),
            R"(404 {"code":"not found","message":"bucket \"none\" not found"})");
  EXPECT_TRUE(get("/api/v2/buckets", "limit=101").starts_with("400 "));
  EXPECT_TRUE(get("/api/v2/buckets", "limit=x").starts_with("400 "));
  const std::string one = get("/api/v2/buckets/" + id_of_bucket("d/month"));
  EXPECT_NE(one.find(R"("everySeconds":2592000,"shardGroupDurationSeconds":86400)"),
            std::string::npos)
      << one;
  EXPECT_TRUE(get("/api/v2/buckets/0123").starts_with("404 "));
  EXPECT_TRUE(get("/api/v2/buckets/0123/labels").starts_with("404 "));
}

TEST_F(buckets, are_created_by_the_server) {
  EXPECT_TRUE(create(R"({"orgID":"x","name":"new","retentionRules":[]})")
                  .starts_with(R"(CREATE DATABASE "new"; 201 {)"));
  EXPECT_TRUE(create(R"({"name":"new","retentionRules":[{"type":"expire","everySeconds":7200}]})")
                  .starts_with(R"(CREATE DATABASE "new" WITH DURATION 2h; 201 {)"));
  EXPECT_TRUE(create(R"({"name":"d/week","retentionRules":[{"everySeconds":604800}]})")
                  .starts_with(
                      R"(CREATE RETENTION POLICY "week" ON "d" DURATION 1w REPLICATION 1; 201 {)"));
  EXPECT_TRUE(create(R"({"name":"e/week"})")
                  .starts_with(R"(CREATE DATABASE "e"; CREATE RETENTION POLICY "week" ON "e" )"
                               R"(DURATION 0s REPLICATION 1; 201 {)"));
  EXPECT_EQ(create(R"({"name":"d"})"), R"(422 {"code":"unprocessable entity",)"
                                       R"("message":"bucket with name d already exists"})");
  for (const char* wrong :
       {"", "[]", "{}", R"({"name":7})", R"({"name":"a\u0001b"})",
        R"({"name":"x","retentionRules":[{"everySeconds":-1}]})",
        R"({"name":"x","retentionRules":[{"everySeconds":"1h"}]})",
        R"({"name":"x","retentionRules":[{"everySeconds":9000000000000000000}]})"}) {
    EXPECT_TRUE(create(wrong).starts_with("400 ")) << wrong << create(wrong);
  }
  EXPECT_EQ(answer_failed({.error = "not authorized"}).status, 422);
}

TEST_F(buckets, are_changed_and_dropped_by_the_server) {
  const std::string d = "/api/v2/buckets/" + id_of_bucket("d");
  const std::string month = "/api/v2/buckets/" + id_of_bucket("d/month");
  const std::string fixed = "/api/v2/buckets/" + id_of_bucket("fixed");
  EXPECT_EQ(ask(http::method::del, d), R"(DROP DATABASE "d"; 204 )");
  EXPECT_EQ(ask(http::method::del, month), R"(DROP RETENTION POLICY "month" ON "d"; 204 )");
  EXPECT_TRUE(ask(http::method::del, fixed).starts_with("422 "));
  const auto change = [&](const std::string& path, std::string_view body) {
    return ask(http::method::patch, path, "", body);
  };
  EXPECT_TRUE(change(d, R"({"retentionRules":[{"everySeconds":86400}]})")
                  .starts_with(R"(ALTER RETENTION POLICY "autogen" ON "d" DURATION 1d; 200 {)"));
  EXPECT_TRUE(change(month, R"({"name":"d/month","retentionRules":[{"everySeconds":0}]})")
                  .starts_with(R"(ALTER RETENTION POLICY "month" ON "d" DURATION 0s; 200 {)"));
  EXPECT_TRUE(change(d, R"({"description":"x"})").starts_with("200 {"));
  EXPECT_TRUE(change(d, R"({"name":"other"})").starts_with("422 "));
}

TEST_F(buckets, there_is_one_organization_called_as_it_is_asked_for) {
  EXPECT_NE(get("/api/v2/orgs").find(R"("name":"weir")"), std::string::npos);
  const std::string mine = get("/api/v2/orgs", "org=my-org");
  EXPECT_NE(mine.find(R"("name":"my-org")"), std::string::npos);
  EXPECT_NE(mine.find(std::string(organization_id)), std::string::npos);
  EXPECT_TRUE(get("/api/v2/orgs/" + std::string(organization_id)).starts_with("200 "));
  EXPECT_TRUE(get("/api/v2/orgs/none").starts_with("404 "));
  EXPECT_TRUE(ask(http::method::post, "/api/v2/orgs", "", "{}").starts_with("422 "));
}

TEST_F(buckets, sessions_mean_nothing) {
  EXPECT_TRUE(get("/api/v2/me").starts_with("200 {"));
  EXPECT_EQ(get("/api/v2/setup"), R"(200 {"allowed":false})");
  EXPECT_EQ(ask(http::method::post, "/api/v2/signin"), "204 ");
  EXPECT_EQ(ask(http::method::post, "/api/v2/signout"), "204 ");
  EXPECT_TRUE(get("/api/v2/signin").starts_with("405 "));
  EXPECT_TRUE(ask(http::method::post, "/api/v2/me").starts_with("405 "));
}

}  // namespace
}  // namespace weir::api
