// SPDX-License-Identifier: Apache-2.0
//
// /query as clients use it before they write.
#include "api/query/query.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::api {
namespace {

class list_of_databases : public catalogue {
 public:
  std::vector<std::string> names;
  std::size_t names_max = 100;

  std::vector<std::string> databases() const override { return names; }
  bool exists(std::string_view database) const override {
    return std::find(names.begin(), names.end(), database) != names.end();
  }
  outcome create(std::string_view database) override {
    if (exists(database)) {
      return nothing{};
    }
    if (names.size() == names_max) {
      return failure{"limit"};
    }
    names.emplace_back(database);
    return nothing{};
  }
  outcome drop(std::string_view database) override {
    std::erase(names, database);
    return nothing{};
  }
  std::vector<retention_policy> retention_policies(std::string_view) const override {
    return {{"autogen", 0, true}, {"one_hour", 3'600'000'000'000, false}};
  }
};

std::string get(catalogue& databases, std::string_view query) {
  const http::response answer = answer_query({http::method::get, query, "", ""}, databases);
  return std::to_string(answer.status) + " " + answer.body;
}

std::string post(catalogue& databases, std::string_view body, std::string_view query = "") {
  const http::response answer = answer_query(
      {http::method::post, query, "application/x-www-form-urlencoded; charset=utf-8", body},
      databases);
  return std::to_string(answer.status) + " " + answer.body;
}

std::string multipart(catalogue& databases, std::string_view body, std::string_view query = "",
                      std::string_view type = "multipart/form-data; boundary=XyZ") {
  const http::response answer = answer_query({http::method::post, query, type, body}, databases);
  return std::to_string(answer.status) + " " + answer.body;
}

std::string part(const std::string& name, const std::string& value, const std::string& more = "") {
  return "--XyZ\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" +
         value + "\r\n";
}

TEST(answer_query, multipart_forms) {
  list_of_databases databases;
  const std::string created = "200 {\"results\":[{\"statement_id\":0}]}\n";
  EXPECT_EQ(multipart(databases, part("q", "CREATE DATABASE a") + "--XyZ--\r\n"), created);
  const std::string file = "; filename=\"q.txt\"\r\nContent-Type: text/plain";
  EXPECT_EQ(multipart(databases, part("q", "CREATE DATABASE b\n", file) + "--XyZ--\r\n"), created);
  EXPECT_EQ(databases.names, (std::vector<std::string>{"a", "b"}));
  // A value comes before a file, and the target before both; a blank one counts for nothing.
  const std::string both =
      part("q", "CREATE DATABASE file", file) + part("q", "CREATE DATABASE value") + "--XyZ--\r\n";
  EXPECT_EQ(multipart(databases, both), created);
  EXPECT_EQ(databases.names.back(), "value");
  EXPECT_EQ(multipart(databases, both, "q=CREATE+DATABASE+target"), created);
  EXPECT_EQ(databases.names.back(), "target");
  EXPECT_EQ(
      multipart(databases,
                part("q", " ") + part("q", "CREATE DATABASE blank", file) + "--XyZ--\r\n", "q="),
      created);
  EXPECT_EQ(databases.names.back(), "blank");
  // The other parameters too, which must not be files.
  const std::string_view pretty = "200 {\n    \"results\": [\n";
  EXPECT_TRUE(multipart(databases, part("pretty", "true") + part("q", "SHOW DATABASES") + "--XyZ--")
                  .starts_with(pretty));
  EXPECT_FALSE(
      multipart(databases, part("pretty", "true", file) + part("q", "SHOW DATABASES") + "--XyZ--")
          .starts_with(pretty));
  EXPECT_NE(multipart(databases, part("db", "a") + part("epoch", "ms") +
                                     part("q", "SHOW RETENTION POLICIES") + "--XyZ--\r\n")
                .find("autogen"),
            std::string::npos);
}

TEST(answer_query, multipart_forms_that_are_none) {
  list_of_databases databases;
  const std::string missing = "400 {\"error\":\"missing required parameter \\\"q\\\"\"}\n";
  const std::string whole = part("q", "CREATE DATABASE a") + "--XyZ--\r\n";
  for (std::size_t cut = 0; cut + 9 < whole.size(); ++cut) {
    ASSERT_EQ(multipart(databases, whole.substr(0, cut)), missing) << cut;
  }
  EXPECT_EQ(multipart(databases, whole, "", "multipart/form-data"), missing);
  EXPECT_EQ(multipart(databases, whole, "", "multipart/form-data; boundary=other"), missing);
  EXPECT_EQ(multipart(databases, whole, "", "text/plain; boundary=XyZ"), missing);
  EXPECT_TRUE(databases.names.empty());
}

TEST(answer_query, create_and_show) {
  list_of_databases databases;
  EXPECT_EQ(get(databases, "q=SHOW+DATABASES&db=mydb"),
            "200 {\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"databases\","
            "\"columns\":[\"name\"]}]}]}\n");
  EXPECT_EQ(post(databases, "q=CREATE+DATABASE+%22x%22"),
            "200 {\"results\":[{\"statement_id\":0}]}\n");
  EXPECT_EQ(post(databases, "", "db=&params=%7B%7D&q=CREATE+DATABASE+k6"),
            "200 {\"results\":[{\"statement_id\":0}]}\n");
  EXPECT_EQ(post(databases, "q=CREATE+DATABASE+x"), "200 {\"results\":[{\"statement_id\":0}]}\n");
  EXPECT_EQ(get(databases, "q=show%20databases%3B"),
            "200 {\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"databases\","
            "\"columns\":[\"name\"],\"values\":[[\"x\"],[\"k6\"]]}]}]}\n");
  EXPECT_EQ(post(databases, "", "q=drop+database+x"), "200 {\"results\":[{\"statement_id\":0}]}\n");
  EXPECT_EQ(databases.names, std::vector<std::string>{"k6"});
}

TEST(answer_query, creating_by_get_works_and_warns) {
  list_of_databases databases;
  EXPECT_EQ(get(databases, "q=CREATE+DATABASE+t2"),
            "200 {\"results\":[{\"statement_id\":0,\"messages\":[{\"level\":\"warning\",\"text\":"
            "\"deprecated use of 'CREATE DATABASE t2' in a read only context, please use a POST "
            "request instead\"}]}]}\n");
  EXPECT_TRUE(databases.exists("t2"));
}

TEST(answer_query, options_that_weir_does_not_keep_are_said) {
  list_of_databases databases;
  const std::string answer = post(databases, "q=CREATE+DATABASE+stress+WITH+DURATION+7d");
  EXPECT_TRUE(answer.starts_with("200 {\"results\":[{\"statement_id\":0,\"messages\":["));
  EXPECT_NE(answer.find("weir ignores WITH DURATION 168h0m0s"), std::string::npos);
  EXPECT_TRUE(databases.exists("stress"));
}

TEST(answer_query, retention_policies) {
  list_of_databases databases;
  databases.names = {"d"};
  const std::string expected =
      "200 {\"results\":[{\"statement_id\":0,\"series\":[{\"columns\":[\"name\",\"duration\","
      "\"shardGroupDuration\",\"replicaN\",\"default\"],\"values\":["
      "[\"autogen\",\"0s\",\"168h0m0s\",1,true],[\"one_hour\",\"1h0m0s\",\"1h0m0s\",1,false]]}]}]}"
      "\n";
  EXPECT_EQ(get(databases, "q=SHOW+RETENTION+POLICIES+ON+d"), expected);
  EXPECT_EQ(get(databases, "q=SHOW+RETENTION+POLICIES&db=d"), expected);
  EXPECT_EQ(get(databases, "q=SHOW+RETENTION+POLICIES"),
            "200 {\"results\":[{\"statement_id\":0,\"error\":\"database name required\"}]}\n");
  EXPECT_EQ(get(databases, "q=SHOW+RETENTION+POLICIES+ON+nodb"),
            "200 {\"results\":[{\"statement_id\":0,\"error\":\"database not found: nodb\"}]}\n");
}

TEST(answer_query, what_weir_cannot_answer_it_names) {
  list_of_databases databases;
  databases.names = {"d"};
  for (const std::string_view text : {"SELECT+*+FROM+m", "SHOW+MEASUREMENTS+ON+d",
                                      "CREATE+RETENTION+POLICY+a+ON+d+DURATION+1h+REPLICATION+1"}) {
    const std::string answer = get(databases, "q=" + std::string{text});
    EXPECT_TRUE(answer.starts_with(
        "200 {\"results\":[{\"statement_id\":0,\"error\":\"not supported by weir: "))
        << answer;
  }
  EXPECT_EQ(
      get(databases, "q=SHOW+USERS"),
      "200 {\"results\":[{\"statement_id\":0,\"series\":[{\"columns\":[\"user\",\"admin\"]}]}]"
      "}\n");
}

TEST(answer_query, refusals) {
  list_of_databases databases;
  EXPECT_EQ(get(databases, ""), "400 {\"error\":\"missing required parameter \\\"q\\\"\"}\n");
  EXPECT_EQ(post(databases, "p=1"), "400 {\"error\":\"missing required parameter \\\"q\\\"\"}\n");
  EXPECT_TRUE(
      get(databases, "q=FOO")
          .starts_with("400 {\"error\":\"error parsing query: found FOO, expected SELECT, "));
  databases.names_max = 0;
  EXPECT_EQ(post(databases, "q=CREATE+DATABASE+x"),
            "200 {\"results\":[{\"statement_id\":0,\"error\":\"limit\"}]}\n");
  for (const char* name : {"", ".", "..", "a/b", "a%5C%5Cb"}) {
    EXPECT_EQ(post(databases, std::string("q=CREATE+DATABASE+%22") + name + "%22"),
              "200 {\"results\":[{\"statement_id\":0,\"error\":\"invalid name\"}]}\n")
        << name;
  }
  EXPECT_NE(post(databases, "q=CREATE+DATABASE+%22a%00b%22").find("control character"),
            std::string::npos);
}

TEST(answer_query, several_statements_stop_at_an_error) {
  list_of_databases databases;
  EXPECT_EQ(post(databases, "q=CREATE+DATABASE+a;SELECT+1;CREATE+DATABASE+b", "chunked=false"),
            "200 {\"results\":[{\"statement_id\":0},{\"statement_id\":1,\"error\":\"not supported "
            "by weir: SELECT (weir passes points on and keeps none to be queried: ask the database "
            "behind it)\"},{\"statement_id\":2,\"error\":\"not executed\"}]}\n");
  EXPECT_FALSE(databases.exists("b"));
  EXPECT_EQ(post(databases, "q=DROP+DATABASE+a;DROP+DATABASE+a&chunked=true"),
            "200 {\"results\":[{\"statement_id\":0}]}\n{\"results\":[{\"statement_id\":1}]}\n");
}

TEST(answer_query, one_request_lists_a_bounded_number_of_bytes) {
  list_of_databases databases;
  for (int i = 0; i < 10'000; ++i) {
    databases.names.push_back(std::string(200, 'd') + std::to_string(i));
  }
  std::string statements = "q=SHOW DATABASES";
  const std::string one = post(databases, statements);
  EXPECT_GT(one.size(), std::size_t{2'000'000}) << "all of one list";
  for (int i = 1; i < 100; ++i) {
    statements += ";SHOW DATABASES";
  }
  for (const result_format format :
       {result_format::json, result_format::csv, result_format::msgpack}) {
    const http::response answer = answer_query(
        {http::method::post, "", "application/x-www-form-urlencoded", statements, format},
        databases);
    EXPECT_LT(answer.body.size(), std::size_t{8'000'000});
  }
  const std::string all = post(databases, statements);
  EXPECT_NE(all.find("\"statement_id\":2,\"error\":\"the statements before this one list more than "
                     "4194304 bytes"),
            std::string::npos);
  EXPECT_NE(all.find("{\"statement_id\":99,\"error\":\"not executed\"}"), std::string::npos);
}

TEST(answer_query, pretty) {
  list_of_databases databases;
  databases.names = {"a\"{,"};
  EXPECT_EQ(get(databases, "q=SHOW+DATABASES&pretty=true"),
            "200 {\n"
            "    \"results\": [\n"
            "        {\n"
            "            \"statement_id\": 0,\n"
            "            \"series\": [\n"
            "                {\n"
            "                    \"name\": \"databases\",\n"
            "                    \"columns\": [\n"
            "                        \"name\"\n"
            "                    ],\n"
            "                    \"values\": [\n"
            "                        [\n"
            "                            \"a\\\"{,\"\n"
            "                        ]\n"
            "                    ]\n"
            "                }\n"
            "            ]\n"
            "        }\n"
            "    ]\n"
            "}\n");
  EXPECT_EQ(get(databases, "q=%3B&pretty=true"), "200 {\n    \"results\": []\n}\n");
}

}  // namespace
}  // namespace weir::api
