// SPDX-License-Identifier: Apache-2.0
//
// Which statements a user may have executed.
#include "server/access/statement_rights.hpp"

#include <gtest/gtest.h>

#include "api/query/query_parser.hpp"

namespace weir {
namespace {

user_grant grant(std::string pattern, std::initializer_list<user_right> rights) {
  user_grant made{.pattern = std::move(pattern)};
  for (const user_right each : rights) {
    made.rights = static_cast<std::uint8_t>(made.rights | static_cast<unsigned>(each));
  }
  return made;
}

const user& ann() {
  static const user one(
      {.name = "ann",
       .databases = {grant("read*", {user_right::query}), grant("write", {user_right::write}),
                     grant("both", {user_right::query, user_right::write}),
                     grant("own", {user_right::admin})}});
  return one;
}

/// Empty: it may.
std::string refused(const user& by, std::string_view text, std::string_view database = "",
                    bool passed_on = true) {
  const auto parsed = api::parse_query(text);
  EXPECT_TRUE(parsed) << text;
  const auto answer =
      refuse_statements(by, {.all = parsed.value(), .database = database, .passed_on = passed_on});
  EXPECT_TRUE(!answer || answer->status == 403);
  return answer ? answer->body : "";
}

TEST(statement_rights, reading_needs_query_of_all_that_is_read) {
  EXPECT_EQ(refused(ann(), "SELECT v FROM m", "read1"), "");
  EXPECT_EQ(refused(ann(), "SELECT v FROM read1.rp.m, read2..m", "read3"), "");
  EXPECT_EQ(refused(ann(), "SHOW MEASUREMENTS ON own"), "");
  EXPECT_EQ(refused(ann(), "SHOW RETENTION POLICIES ON read1"), "");
  EXPECT_EQ(refused(ann(), "EXPLAIN SELECT v FROM m", "read1"), "");
  EXPECT_EQ(refused(ann(), "SELECT v FROM m", "write"),
            "{\"error\":\"error authorizing query: ann not authorized to execute statement "
            "'SELECT', requires READ on write\"}\n");
  EXPECT_NE(refused(ann(), "SELECT v FROM other..m", "read1"), "");
  EXPECT_NE(refused(ann(), "SELECT v FROM read1..m", "other"), "");
  EXPECT_NE(refused(ann(), "SELECT v FROM (SELECT v FROM other..m)", "read1"), "");
  EXPECT_NE(refused(ann(), "SELECT v FROM $d..m", "read1"), "");
  EXPECT_NE(refused(ann(), "SELECT v FROM m"), "") << "of no database";
  EXPECT_NE(refused(ann(), "SHOW SERIES EXACT CARDINALITY ON other", "read1"), "");
  EXPECT_NE(refused(ann(), "SELECT v FROM m; SELECT v FROM other..m", "read1"), "");
}

TEST(statement_rights, writing_and_deleting_need_more) {
  EXPECT_EQ(refused(ann(), "SELECT v INTO t FROM m", "both"), "");
  EXPECT_NE(refused(ann(), "SELECT v INTO t FROM m", "read1"), "");
  EXPECT_NE(refused(ann(), "SELECT v INTO other..t FROM m", "both"), "");
  EXPECT_EQ(refused(ann(), "DELETE FROM m; DROP SERIES FROM m; DROP MEASUREMENT m", "own"), "");
  EXPECT_NE(refused(ann(), "DELETE FROM m", "both"), "");
  EXPECT_NE(refused(ann(), "DELETE FROM m", ""), "");
}

TEST(statement_rights, administration_needs_admin_of_its_database) {
  EXPECT_EQ(refused(ann(), "CREATE DATABASE own; DROP DATABASE own"), "");
  EXPECT_EQ(refused(ann(), "CREATE RETENTION POLICY a ON own DURATION 1d REPLICATION 1"), "");
  EXPECT_EQ(refused(ann(), "CREATE DATABASE both"),
            "{\"error\":\"error authorizing query: ann not authorized to execute statement "
            "'CREATE DATABASE both', requires admin privilege\"}\n");
  EXPECT_NE(refused(ann(), "DROP RETENTION POLICY a ON both", "own"), "");
}

TEST(statement_rights, names_of_all_databases_are_shown_by_weir_alone) {
  EXPECT_EQ(refused(ann(), "SHOW DATABASES", "", false), "");
  EXPECT_NE(refused(ann(), "SHOW DATABASES", "", true), "");
}

TEST(statement_rights, of_the_servers_users_nobody_has_any) {
  const user admin({.name = "root", .admin = true});
  for (const char* text :
       {"CREATE USER x WITH PASSWORD 'p' WITH ALL PRIVILEGES", "DROP USER x", "SHOW USERS",
        "SET PASSWORD FOR x = 'p'", "GRANT ALL ON d TO x", "GRANT ALL PRIVILEGES TO x",
        "REVOKE ALL PRIVILEGES FROM x", "SHOW GRANTS FOR x", "SELECT v FROM m; DROP USER x"}) {
    EXPECT_NE(refused(admin, text, "d"), "") << text;
    EXPECT_NE(refused(ann(), text, "own"), "") << text;
  }
}

TEST(statement_rights, whatever_else_there_is_needs_an_administrator) {
  const user admin({.name = "root", .admin = true});
  for (const char* text :
       {"SHOW QUERIES", "KILL QUERY 7", "SHOW STATS", "SHOW DIAGNOSTICS", "SHOW SHARDS",
        "DROP SHARD 1", "CREATE CONTINUOUS QUERY c ON own BEGIN SELECT v INTO t FROM m END",
        "CREATE SUBSCRIPTION s ON own.a DESTINATIONS ALL 'http://x'", "SHOW SUBSCRIPTIONS"}) {
    EXPECT_EQ(refused(admin, text), "") << text;
    EXPECT_NE(refused(ann(), text, "own"), "") << text;
  }
  EXPECT_EQ(refused(admin, "SELECT v FROM x..m; DROP DATABASE y"), "");
}

}  // namespace
}  // namespace weir
