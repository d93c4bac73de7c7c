// SPDX-License-Identifier: Apache-2.0
#include "api/query/query_parser.hpp"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

std::string error_of(std::string_view text) {
  const auto parsed = parse_query(text);
  return parsed ? "parsed" : parsed.error().message;
}

statement only(std::string_view text) {
  const auto parsed = parse_query(text);
  EXPECT_TRUE(parsed && parsed.value().size() == 1) << text << ": " << error_of(text);
  return parsed && !parsed.value().empty() ? parsed.value().front() : statement{};
}

TEST(parse_query, databases_are_created_in_many_spellings) {
  for (const std::string_view text :
       {"CREATE DATABASE k6", "create database \"k6\"", "CREATE DATABASE k6;\n",
        "Create  Database\tk6 ; ", "CREATE DATABASE IF NOT EXISTS k6",
        "-- a comment\nCREATE DATABASE k6 -- and another", "/* a */CREATE/**/DATABASE k6",
        "CREATE DATABASE k6 WITH DURATION 7d",
        "CREATE DATABASE k6 WITH DURATION INF REPLICATION 1 SHARD DURATION 1h30m NAME \"a b\""}) {
    const statement out = only(text);
    EXPECT_EQ(out.kind, statement_kind::create_database) << text;
    EXPECT_EQ(out.database, "k6") << text;
  }
  EXPECT_EQ(shown(only("create database k6 with duration 7d name x")),
            "CREATE DATABASE k6 WITH DURATION 168h0m0s NAME x");
}

TEST(parse_query, quoted_names) {
  EXPECT_EQ(only(R"(CREATE DATABASE "a \"b\" \\ c;-- d")").database, R"(a "b" \ c;-- d)");
  EXPECT_EQ(only(R"(DROP DATABASE "x\ny\z")").database, "x\ny\\z");
  EXPECT_EQ(quote_identifier("a \"b\" \\ c"), R"("a \"b\" \\ c")");
  EXPECT_EQ(quote_identifier("plain_1"), "plain_1");
  EXPECT_EQ(quote_identifier("1st"), "\"1st\"");
  EXPECT_EQ(quote_identifier("x\ny"), R"("x\ny")");
  EXPECT_EQ(quote_identifier(""), "\"\"");
}

TEST(parse_query, other_statements_are_recognised) {
  EXPECT_EQ(only("show databases").kind, statement_kind::show_databases);
  EXPECT_EQ(only("SHOW RETENTION POLICIES ON \"d\"").database, "d");
  EXPECT_EQ(only("SHOW RETENTION POLICIES").database, "");
  EXPECT_EQ(only("SHOW USERS").kind, statement_kind::show_users);
  EXPECT_EQ(only("SHOW TAG KEYS ON d FROM \"m\"").kind, statement_kind::show_data);
  EXPECT_EQ(only("SHOW TAG KEYS ON d FROM \"m\"").database, "d");
  EXPECT_EQ(only("SHOW FIELD KEYS").title(), "SHOW FIELD KEYS");
  EXPECT_EQ(only("SHOW MEASUREMENTS").kind, statement_kind::show_data);
  EXPECT_EQ(only("CREATE RETENTION POLICY \"one\" ON d DURATION 1h REPLICATION 1 DEFAULT").kind,
            statement_kind::create_policy);
  EXPECT_EQ(only("alter retention policy one on d default").title(), "ALTER RETENTION POLICY");
  EXPECT_EQ(only("DROP RETENTION POLICY one ON d").database, "d");
  EXPECT_EQ(only("SELECT * FROM \"a;b\" WHERE x =~ /y.*/").title(), "SELECT");
  EXPECT_EQ(only("CREATE USER x WITH PASSWORD 'a;b'").title(), "CREATE USER");
}

TEST(parse_query, statements_are_separated) {
  const auto parsed = parse_query(";CREATE DATABASE a;;SHOW DATABASES;");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed.value().size(), 2U);
  EXPECT_TRUE(parse_query(" \n;").value().empty());
  std::string many;
  for (std::size_t i = 0; i <= statements_max; ++i) {
    many += "SHOW DATABASES;";
  }
  EXPECT_EQ(error_of(many), "error parsing query: more than 100 statements");
}

TEST(parse_query, errors_name_their_place) {
  EXPECT_EQ(error_of("FOO"),
            "error parsing query: found FOO, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, "
            "GRANT, REVOKE, ALTER, SET, KILL at line 1, char 1");
  EXPECT_EQ(error_of("CREATE DATABASE"),
            "error parsing query: found EOF, expected identifier at line 1, char 16");
  EXPECT_EQ(error_of("SHOW DATABASES\n  x"),
            "error parsing query: found x, expected ; at line 2, char 3");
  EXPECT_EQ(error_of("CREATE DATABASE a WITH"),
            "error parsing query: found EOF, expected DURATION, NAME, REPLICATION, SHARD at line "
            "1, char 23");
  EXPECT_EQ(error_of("CREATE DATABASE a WITH DURATION x"),
            "error parsing query: found x, expected duration at line 1, char 33");
  EXPECT_EQ(error_of("CREATE DATABASE IF EXISTS a"),
            "error parsing query: found EXISTS, expected NOT at line 1, char 20");
  for (const std::string_view text :
       {"CREATE DATABASE \"a", "DROP DATABASE 'a'", "CREATE DATABASE a b", "CREATE",
        "DROP RETENTION POLICY a", "DROP RETENTION POLICY", "SHOW", "SHOW RETENTION",
        "SHOW RETENTION POLICIES ON", "SHOW 1", "\"SHOW\" DATABASES", "CREATE DATABASE 1a", "(",
        "CREATE DATABASE a WITH SHARD 7d"}) {
    EXPECT_TRUE(error_of(text).starts_with("error parsing query: found ")) << text;
  }
}

// What InfluxDB 1.6.7 answers to each.
TEST(parse_query, retention_policies_are_read_as_influxdb_reads_them) {
  const statement made = only(
      R"(CREATE RETENTION POLICY "my rp" ON "d.b" DURATION 26h REPLICATION 1 SHARD DURATION 90m DEFAULT)");
  EXPECT_EQ(made.policy, "my rp");
  EXPECT_EQ(made.database, "d.b");
  EXPECT_EQ(made.terms.duration_ns, 26 * 3'600'000'000'000);
  EXPECT_TRUE(made.terms.make_default);
  EXPECT_EQ(shown(made), R"(CREATE RETENTION POLICY "my rp" ON "d.b" DURATION 26h REPLICATION 1 )"
                         "SHARD DURATION 90m DEFAULT");
  EXPECT_EQ(shown(only("ALTER RETENTION POLICY w ON b SHARD DURATION 2h DEFAULT DURATION 7d")),
            "ALTER RETENTION POLICY w ON b DURATION 1w SHARD DURATION 2h DEFAULT");
  EXPECT_EQ(shown(only("create database y with duration inf replication 2")),
            "CREATE DATABASE y WITH DURATION 0s REPLICATION 2");
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"CREATE DATABASE mm WITH NAME x DURATION 2h",
            "found DURATION, expected ; at line 1, char 32"},
           {"CREATE DATABASE mm WITH REPLICATION 0",
            "invalid value 0: must be 1 <= n <= 2147483647 at line 1, char 37"},
           {"CREATE RETENTION POLICY w ON b DURATION 2h",
            "found EOF, expected REPLICATION at line 1, char 43"},
           {"CREATE RETENTION POLICY w ON b REPLICATION 1",
            "found REPLICATION, expected DURATION at line 1, char 32"},
           {"ALTER RETENTION POLICY w ON b",
            "found EOF, expected DURATION, REPLICATION, SHARD, DEFAULT at line 1, char 30"},
           {"ALTER RETENTION POLICY w ON b DURATION 3d DURATION 4d",
            "found duplicate DURATION option at line 1, char 43"},
           {"CREATE DATABASE q3 WITH DURATION 10x", "invalid duration at line 1, char 34"},
           {"CREATE DATABASE q3 WITH DURATION 10",
            "found 10, expected duration at line 1, char 34"},
           {"CREATE DATABASE q3 WITH DURATION 1.5h",
            "found 1.5, expected duration at line 1, char 34"},
           {"CREATE RETENTION POLICY w ON b DURATION 1h REPLICATION 1 SHARD DURATION INF",
            "invalid duration INF for shard duration at line 1, char 73"},
           {"CREATE RETENTION POLICY w ON b DURATION 1h REPLICATION 1 DEFAULT SHARD DURATION 1h",
            "found SHARD, expected ; at line 1, char 66"}}) {
    EXPECT_EQ(error_of(text), "error parsing query: " + error) << text;
  }
}

TEST(spell, what_servers_are_sent_is_read_back) {
  for (const std::string_view text :
       {R"(CREATE DATABASE "a \"b\" \\ c")", "CREATE DATABASE d WITH DURATION INF NAME \"select\"",
        "CREATE DATABASE d WITH REPLICATION 3 SHARD DURATION 1h30m FUTURE LIMIT 1w PAST LIMIT 5m",
        "CREATE RETENTION POLICY w ON d DURATION 90s REPLICATION 2 SHARD DURATION 1d DEFAULT",
        "ALTER RETENTION POLICY w ON d DEFAULT", "DROP RETENTION POLICY \"x\\ny\" ON d",
        "DROP DATABASE d"}) {
    const statement first = only(text);
    const statement again = only(spell(first));
    EXPECT_EQ(spell(again), spell(first)) << text;
    EXPECT_EQ(again.kind, first.kind);
    EXPECT_EQ(again.database, first.database);
    EXPECT_EQ(again.policy, first.policy);
    EXPECT_EQ(again.names_policy, first.names_policy);
    EXPECT_EQ(again.terms, first.terms) << text;
  }
}

TEST(durations, are_read_and_printed) {
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(parse_duration("inf"), 0);
  EXPECT_EQ(parse_duration("5u"), 5'000);
  EXPECT_EQ(parse_duration("5\u00b5"), 5'000);
  for (const std::string_view text : {"", "1", "h", "1.5h", "1x", "9999999999w", "-1h", "1h2"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(go_duration(0), "0s");
  EXPECT_EQ(go_duration(7 * 86'400'000'000'000), "168h0m0s");
  EXPECT_EQ(go_duration(90'500'000'000), "1m30.5s");
}

}  // namespace
}  // namespace weir::api
