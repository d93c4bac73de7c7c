// SPDX-License-Identifier: Apache-2.0
//
// /api/v3/configure/database over a catalogue in memory.
#include "api/configure_database.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace weir::api {
namespace {

class few_databases final : public catalogue {
 public:
  std::vector<std::string> databases() const override { return names; }
  bool exists(std::string_view name) const override {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  outcome create(std::string_view name) override {
    if (names.size() == 3) {
      return failure{"limits.databases is 3"};
    }
    names.emplace_back(name);
    return nothing{};
  }
  outcome drop(std::string_view name) override {
    std::erase(names, name);
    return nothing{};
  }
  bool administered(std::string_view name) const override { return name.starts_with("app"); }
  std::vector<retention_policy> retention_policies(std::string_view) const override { return {}; }

  std::vector<std::string> names;
};

class configure_database_test : public ::testing::Test {
 protected:
  std::string ask(http::method method, std::string_view query, std::string_view body = {}) {
    const configure_step step =
        configure_database({.method = method, .query = query, .body = body}, databases_);
    return step.to_do ? "servers: " + spell(*step.to_do)
                      : std::to_string(step.answer.status) + " " + step.answer.body;
  }
  std::string create(std::string_view body) { return ask(http::method::post, "", body); }

  few_databases databases_;
};

TEST_F(configure_database_test, creates_and_drops) {
  EXPECT_EQ(create(R"({"db":"one"})"), "200 ");
  EXPECT_EQ(create(R"({"retention_period":null, "db":"two words"})"), "200 ");
  EXPECT_EQ(databases_.names, (std::vector<std::string>{"one", "two words"}));
  EXPECT_EQ(create(R"({"db":"one"})"),
            R"(409 {"error":"attempted to create a resource that already exists"})");
  EXPECT_EQ(ask(http::method::del, "db=two+words"), "200 ");
  EXPECT_EQ(ask(http::method::del, "db=two+words"),
            R"(404 {"error":"the requested resource was not found: two words"})");
  EXPECT_EQ(ask(http::method::del, ""), "400 serde error: missing field `db`");
  EXPECT_EQ(databases_.names, std::vector<std::string>{"one"});
}

TEST_F(configure_database_test, says_what_it_cannot_do) {
  EXPECT_EQ(create("db=one"), "400 serde json error: the body is no JSON object");
  EXPECT_EQ(create(""), "400 serde json error: the body is no JSON object");
  EXPECT_EQ(create("[1]"), "400 serde json error: the body is no JSON object");
  EXPECT_EQ(create(R"({"database":"one"})"), "400 serde json error: missing field `db`");
  EXPECT_EQ(create(R"({"db":7})"), "400 serde json error: missing field `db`");
  EXPECT_EQ(create(R"({"db":""})"), R"(400 {"error":"db name cannot be empty"})");
  EXPECT_EQ(create(R"({"db":"a/b"})"), R"(400 {"error":"invalid name"})");
  EXPECT_TRUE(
      create(R"({"db":"one","retention_period":"7d"})")
          .starts_with(R"(400 {"error":"weir cannot give this database a retention period)"));
  EXPECT_TRUE(databases_.names.empty());
  databases_.names = {"a", "b", "c"};
  EXPECT_EQ(create(R"({"db":"one"})"), R"(422 {"error":"limits.databases is 3"})");
}

TEST_F(configure_database_test, has_servers_do_what_is_theirs) {
  EXPECT_EQ(create(R"({"db":"app1"})"), R"(servers: CREATE DATABASE "app1")");
  EXPECT_EQ(create(R"({"db":"app1","retention_period":"30d"})"),
            R"(servers: CREATE DATABASE "app1" WITH DURATION 30d)");
  for (const char* period : {R"("thirty days")", R"("1.5d")", R"("")", "30", "true", "{}"}) {
    EXPECT_TRUE(create(std::string(R"({"db":"app1","retention_period":)") + period + "}")
                    .starts_with(R"(400 {"error":"invalid retention_period)"))
        << period;
  }
  databases_.names = {"app1"};
  EXPECT_EQ(create(R"({"db":"app1"})"),
            R"(409 {"error":"attempted to create a resource that already exists"})");
  EXPECT_EQ(ask(http::method::del, "db=app1"), R"(servers: DROP DATABASE "app1")");
  EXPECT_EQ(databases_.names, std::vector<std::string>{"app1"}) << "they have not done it yet";
  const statement creates{.kind = statement_kind::create_database, .database = "app1"};
  const statement drops{.kind = statement_kind::drop_database, .database = "app1"};
  EXPECT_EQ(answer_carried_out(creates, {}).status, 200);
  EXPECT_EQ(answer_carried_out(creates, {.warnings = {"remembered"}}).status, 200);
  EXPECT_EQ(answer_carried_out(creates, {.error = "not authorized"}).status, 422);
  EXPECT_EQ(answer_carried_out(creates, {.error = "not authorized"}).body,
            R"({"error":"not authorized"})");
  EXPECT_EQ(answer_carried_out(drops, {.error = "not authorized"}).status, 500);
}

TEST_F(configure_database_test, lists_in_every_format) {
  EXPECT_EQ(ask(http::method::get, ""), "200 []");
  databases_.names = {"one", "t\"w,o"};
  EXPECT_EQ(ask(http::method::get, "format=json&show_deleted=false"),
            R"(200 [{"iox::database":"one"},{"iox::database":"t\"w,o"}])");
  EXPECT_EQ(ask(http::method::get, "format=jsonl"),
            "200 {\"iox::database\":\"one\"}\n{\"iox::database\":\"t\\\"w,o\"}\n");
  EXPECT_EQ(ask(http::method::get, "format=csv"), "200 iox::database\none\n\"t\"\"w,o\"\n");
  EXPECT_EQ(ask(http::method::get, "format=pretty"),
            "200 +---------------+\n| iox::database |\n+---------------+\n| one           |\n"
            "| t\"w,o         |\n+---------------+\n");
  EXPECT_TRUE(ask(http::method::get, "format=parquet").starts_with("400 serde error: invalid "));
}

}  // namespace
}  // namespace weir::api
