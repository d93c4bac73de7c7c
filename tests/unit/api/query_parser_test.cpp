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
  EXPECT_EQ(only("create database k6 with duration 7d name x").options, "DURATION 7d NAME x");
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
  EXPECT_EQ(only("SHOW FIELD KEYS").title, "SHOW FIELD KEYS");
  EXPECT_EQ(only("SHOW MEASUREMENTS").kind, statement_kind::show_data);
  EXPECT_EQ(only("CREATE RETENTION POLICY \"one\" ON d DURATION 1h REPLICATION 1 DEFAULT").kind,
            statement_kind::retention_policy);
  EXPECT_EQ(only("alter retention policy one on d default").title, "ALTER RETENTION POLICY");
  EXPECT_EQ(only("DROP RETENTION POLICY one ON d").database, "d");
  EXPECT_EQ(only("SELECT * FROM \"a;b\" WHERE x =~ /y.*/").title, "SELECT");
  EXPECT_EQ(only("CREATE USER x WITH PASSWORD 'a;b'").title, "CREATE USER");
  EXPECT_EQ(only("ALTER RETENTION POLICY a ON b").kind, statement_kind::retention_policy);
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
            "error parsing query: found EOF, expected DURATION, REPLICATION, SHARD, FUTURE, PAST, "
            "NAME at line 1, char 23");
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

}  // namespace
}  // namespace weir::api
