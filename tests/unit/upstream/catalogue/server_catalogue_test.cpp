// SPDX-License-Identifier: Apache-2.0
//
// What statements make of a catalogue, and what is kept of both.
#include "upstream/catalogue/server_catalogue.hpp"

#include <gtest/gtest.h>

#include "api/query/query_parser.hpp"
#include "upstream/catalogue/catalogue_questions.hpp"
#include "upstream/catalogue/pending_statements.hpp"
#include "upstream/catalogue/recent_answers.hpp"

namespace weir {
namespace {

constexpr std::int64_t hour_ns = 3'600'000'000'000;

api::statement parsed(std::string_view text) {
  auto read = api::parse_query(text);
  EXPECT_TRUE(read && read.value().size() == 1) << text;
  return read && !read.value().empty() ? read.value().front() : api::statement{};
}

// What InfluxDB 1.6.7 answers to each of them, one after the other.
TEST(server_catalogue, statements_have_the_answers_of_influxdb) {
  const std::string exists = "retention policy already exists";
  const std::string conflict = "retention policy conflicts with an existing policy";
  const std::string too_short = "retention policy duration must be at least 1h0m0s";
  const std::string shards = "retention policy duration must be greater than the shard duration";
  server_catalogue known;
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"CREATE DATABASE mm WITH DURATION 2h NAME my_rp", ""},
           {"CREATE DATABASE mm WITH DURATION 2h NAME my_rp", ""},
           {"CREATE DATABASE mm", ""},
           {"CREATE DATABASE mm WITH DURATION 3h NAME my_rp", conflict},
           {"CREATE DATABASE mm WITH DURATION 2h NAME other", conflict},
           {"CREATE DATABASE mm WITH DURATION 30m", too_short},
           {"CREATE DATABASE \"a/b\"", "invalid name"},
           {"CREATE DATABASE b", ""},
           {"CREATE RETENTION POLICY week ON b DURATION 1w REPLICATION 1 DEFAULT", ""},
           {"CREATE RETENTION POLICY week ON b DURATION 1w REPLICATION 1", ""},
           {"CREATE RETENTION POLICY week ON b DURATION 2w REPLICATION 1", exists},
           {"CREATE RETENTION POLICY autogen ON b DURATION INF REPLICATION 1 DEFAULT", conflict},
           {"CREATE RETENTION POLICY w ON no DURATION 2w REPLICATION 1", "database not found: no"},
           {"CREATE RETENTION POLICY w ON b DURATION 30m REPLICATION 1", too_short},
           {"CREATE RETENTION POLICY w ON b DURATION 2h REPLICATION 1 SHARD DURATION 3h", shards},
           {"CREATE RETENTION POLICY w ON b DURATION 2h REPLICATION 1 SHARD DURATION 10m", ""},
           {"ALTER RETENTION POLICY w ON b DURATION 3d", ""},
           {"ALTER RETENTION POLICY x ON b DURATION 3d", "retention policy not found: x"},
           {"ALTER RETENTION POLICY x ON no DURATION 3d", "database not found: no"},
           {"ALTER RETENTION POLICY w ON b DEFAULT SHARD DURATION 5d", shards},
           {"ALTER RETENTION POLICY w ON b SHARD DURATION 2h REPLICATION 3 DEFAULT DURATION INF",
            ""},
           {"DROP RETENTION POLICY x ON b", ""},
           {"DROP RETENTION POLICY x ON no", ""},
           {"DROP DATABASE no", ""}}) {
    EXPECT_EQ(known.apply(parsed(text)), error) << text;
  }
  EXPECT_EQ(known.names(), (std::vector<std::string>{"mm", "b"}));
  const known_database& b = *known.find("b");
  EXPECT_EQ(*b.policies, (std::vector<known_policy>{{"autogen", 0, 168 * hour_ns, 1, false},
                                                    {"week", 168 * hour_ns, 24 * hour_ns, 1, false},
                                                    {"w", 0, 2 * hour_ns, 3, true}}));
  EXPECT_TRUE(b.has("") && b.has("week") && !b.has("x"));
  EXPECT_EQ(known.apply(parsed("DROP RETENTION POLICY w ON b")), "");
  EXPECT_FALSE(b.has(""));
  EXPECT_EQ(b.default_policy, "w");
  EXPECT_EQ(known.apply(parsed("DROP DATABASE mm")), "");
  EXPECT_EQ(known.find("mm"), nullptr);
}

TEST(server_catalogue, a_list_keeps_what_is_known_and_the_order_of_the_server) {
  server_catalogue known;
  known.set_names({"z", "a"});
  EXPECT_TRUE(known.find("a")->has("whatever")) << "its policies are not known";
  known.set_policies("a", std::vector<known_policy>{{.name = "p", .is_default = true}});
  known.set_names({"new", "z", "a"});
  EXPECT_EQ(known.names(), (std::vector<std::string>{"new", "z", "a"}));
  EXPECT_FALSE(known.find("a")->has("whatever"));
  known.set_names({});
  EXPECT_EQ(known.size(), 0U);
}

TEST(server_catalogue, its_text_is_read_back) {
  server_catalogue known;
  known.set_names({"a b\n", "unknown", "empty"});
  known.set_policies("a b\n", std::vector<known_policy>{{"x y", 5, 6, 7, true}, {"", 0, 1, 1}});
  known.set_policies("empty", std::vector<known_policy>{});
  const auto again = server_catalogue::read(known.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, known);
  EXPECT_EQ(again->text(), known.text());
  EXPECT_FALSE(again->find("unknown")->policies);
  const std::string text = known.text();
  for (std::size_t bytes = 0; bytes < text.size(); ++bytes) {
    const auto cut = server_catalogue::read(std::string_view(text).substr(0, bytes));
    EXPECT_TRUE(!cut || text[bytes - 1] == '\n') << bytes;
  }
  for (const std::string_view bad :
       {"", "weir catalogue 2\n", "weir catalogue 1\np =x 1 1 1 1\n", "weir catalogue 1\nd =x\n",
        "weir catalogue 1\nd =x =y\np =a 1 1 1 2\n", "weir catalogue 1\nd =x =y\np =a -1 1 1 1\n",
        "weir catalogue 1\nq =x =y\n"}) {
    EXPECT_FALSE(server_catalogue::read(bad)) << bad;
  }
}

TEST(pending_statements, are_kept_in_order_and_bounded) {
  pending_statements pending;
  EXPECT_TRUE(pending.add({parsed("CREATE DATABASE \"a \\\"b\\\"\" WITH DURATION 3d NAME x"), 7}));
  EXPECT_TRUE(pending.add({parsed("DROP DATABASE c"), 9}));
  EXPECT_TRUE(pending.repeats(parsed("drop database \"c\"")));
  EXPECT_FALSE(pending.repeats(parsed("CREATE DATABASE c")));
  EXPECT_TRUE(pending.about("a \"b\""));
  EXPECT_FALSE(pending.about("b"));
  const auto again = pending_statements::read(pending.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), pending.text());
  EXPECT_EQ(again->first().what.policy, "x");
  EXPECT_EQ(again->all().back().log_end, 9U);
  pending.clamp(8);
  EXPECT_EQ(pending.first().log_end, 7U);
  EXPECT_EQ(pending.all().back().log_end, 8U);
  pending.pop();
  EXPECT_FALSE(pending.about("a \"b\""));
  pending.take_back_last();
  EXPECT_TRUE(pending.empty());
  std::size_t count = 0;
  while (pending.add({parsed("CREATE DATABASE d" + std::to_string(count)), 0})) {
    ++count;
  }
  EXPECT_EQ(count, pending_statements::statements_max);
  for (const std::string_view bad :
       {"", "weir statements 1\n1 SELECT\n", "weir statements 1\nDROP%20DATABASE%20a\n",
        "weir statements 1\n1 DROP%20DATABASE%20a", "weir statements 1\n1 SHOW%20DATABASES\n"}) {
    EXPECT_FALSE(pending_statements::read(bad)) << bad;
  }
}

TEST(catalogue_questions, answers_are_read) {
  EXPECT_EQ(policies_query(std::vector<std::string>{"a", "b\""}),
            "SHOW RETENTION POLICIES ON \"a\";SHOW RETENTION POLICIES ON \"b\\\"\"");
  const auto names = read_databases(
      R"({"results":[{"statement_id":0,"series":[{"name":"databases","columns":["name"],"values":[["b"],["a"]]}]}]})");
  ASSERT_TRUE(names);
  EXPECT_EQ(names.value(), (std::vector<std::string>{"b", "a"}));
  const auto none = read_databases(
      R"({"results":[{"statement_id":0,"series":[{"name":"databases","columns":["name"]}]}]})");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none.value().empty());
  // Without a list nothing is known: it must not read as an empty one.
  for (const char* bad : {"", "<html>", "{}", R"({"results":[]})", R"({"results":[{}]})",
                          R"({"error":"x"})", R"({"results":[{"error":"x"}]})"}) {
    EXPECT_FALSE(read_databases(bad)) << bad;
  }
  const auto policies = read_policies(
      R"({"results":[{"statement_id":0,"series":[{"columns":["name","duration","shardGroupDuration","replicaN","futureWriteLimit","pastWriteLimit","default"],"values":[["autogen","0s","168h0m0s",2,"0s","0s",true]]}]},{"statement_id":1,"error":"database not found: x"},{"statement_id":2,"error":"not executed"}]})",
      4);
  ASSERT_TRUE(policies);
  using kind = policies_answer::kind;
  ASSERT_EQ(policies.value().size(), 4U);
  EXPECT_EQ(policies.value()[0].policies,
            (std::vector<known_policy>{{"autogen", 0, 168 * hour_ns, 2, true}}));
  EXPECT_EQ(policies.value()[1].is, kind::missing);
  EXPECT_EQ(policies.value()[2].is, kind::unknown);
  EXPECT_EQ(policies.value()[3].is, kind::unknown);
  EXPECT_FALSE(read_policies(R"({"error":"x"})", 1));
}

TEST(catalogue_questions, what_came_of_a_statement) {
  using kind = statement_answer::kind;
  const auto read = [](int status, std::string body) {
    http_reply reply;
    reply.answered = true;
    reply.status = status;
    reply.body = std::move(body);
    return read_statement_answer(reply);
  };
  EXPECT_EQ(read(200, R"({"results":[{"statement_id":0}]})").is, kind::done);
  EXPECT_EQ(read(200, R"({"results":[]})").is, kind::done);
  const auto refused = read(200, R"({"results":[{"statement_id":0,"error":"invalid name"}]})");
  EXPECT_EQ(refused.is, kind::refused);
  EXPECT_EQ(refused.words, "invalid name");
  EXPECT_EQ(read(401, R"({"error":"authorization failed"})").words, "authorization failed");
  EXPECT_EQ(read(403, R"({"error":"x"})").is, kind::refused);
  EXPECT_EQ(read(400, R"({"error":"error parsing query"})").is, kind::refused);
  EXPECT_EQ(read(200, "<html>Welcome</html>").is, kind::no_influxdb);
  EXPECT_EQ(read(204, "").is, kind::no_influxdb);
  EXPECT_EQ(read(404, "404 page not found").is, kind::no_influxdb);
  EXPECT_EQ(read(503, "busy").is, kind::unanswered);
  EXPECT_EQ(read_statement_answer(http_reply::failed("refused")).is, kind::unanswered);
}

TEST(recent_answers, are_believed_for_a_while) {
  recent_answers recent;
  recent.put("d", "", {presence::missing_database}, 100);
  EXPECT_EQ(recent.find("d", "", 1'099)->is, presence::missing_database);
  EXPECT_FALSE(recent.find("d", "", 1'100));
  EXPECT_FALSE(recent.find("d", "p", 100));
  recent.put("d", "p", {presence::unknown}, 100);
  EXPECT_TRUE(recent.find("d", "p", 5'099));
  recent.clear();
  EXPECT_FALSE(recent.find("d", "p", 100));
}

}  // namespace
}  // namespace weir
