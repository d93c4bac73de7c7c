// SPDX-License-Identifier: Apache-2.0
//
// Which databases statements name, also where they would rather not be seen to: rights depend on
// it.
#include "api/query/named_database.hpp"

#include <gtest/gtest.h>

#include "api/query/query_parser.hpp"

namespace weir::api {
namespace {

/// The names, "?" for what cannot be told, "unreadable"; of several statements with a bar between.
std::string named_in(std::string_view text) {
  const auto parsed = parse_query(text);
  if (!parsed) {
    return "unreadable";
  }
  std::string all;
  for (const statement& each : parsed.value()) {
    all += all.empty() && &each == &parsed.value().front() ? "" : "|";
    all += std::string(each.title()) + ":";
    for (const std::string& name : each.named) {
      all += " " + name;
    }
    all += each.names_unknown ? " ?" : "";
    all += each.writes ? " into" : "";
  }
  return all;
}

TEST(named_database, of_statements_that_ask_for_points) {
  EXPECT_EQ(named_in("SELECT v FROM m"), "SELECT:");
  EXPECT_EQ(named_in("SELECT v FROM rp.m"), "SELECT:");
  EXPECT_EQ(named_in("SELECT v FROM d.rp.m, \"e f\".\"rp\".\"m\""), "SELECT: d e f");
  EXPECT_EQ(named_in("SELECT v FROM d..m WHERE x = 'a.b.c' AND y = 1.5"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM d . \"rp\" . m"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM d../re/, e.rp./re/"), "SELECT: d e");
  EXPECT_EQ(named_in("SELECT v FROM (SELECT v FROM (SELECT v FROM d.rp.m))"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v INTO d.rp.t FROM e.rp.m"), "SELECT: d e into");
  EXPECT_EQ(named_in("EXPLAIN ANALYZE SELECT v FROM d.rp.m"), "EXPLAIN: d");
  EXPECT_EQ(named_in("DELETE FROM d.rp.m"), "DELETE: d");
  EXPECT_EQ(named_in("SHOW TAG VALUES EXACT CARDINALITY ON d WITH KEY = k"), "SHOW TAG VALUES: d");
  EXPECT_EQ(named_in("SHOW SERIES EXACT CARDINALITY ON d"), "SHOW SERIES: d");
  EXPECT_EQ(named_in("SHOW TAG KEYS FROM d.rp.m"), "SHOW TAG KEYS: d");
  EXPECT_EQ(named_in("SELECT v FROM d.rp.m; SELECT v FROM e.rp.m"), "SELECT: d|SELECT: e");
}

TEST(named_database, that_is_a_parameter_cannot_be_told) {
  EXPECT_EQ(named_in("SELECT v FROM $d.rp.m"), "SELECT: ?");
  EXPECT_EQ(named_in("SELECT v FROM $d..m"), "SELECT: ?");
  EXPECT_EQ(named_in("SELECT v FROM $\"d\".rp.m"), "SELECT: ?");
  EXPECT_EQ(named_in("SELECT v FROM d.$rp.m"), "SELECT: d");
  EXPECT_EQ(named_in("SHOW SERIES EXACT CARDINALITY ON $d"), "SHOW SERIES: ?");
  EXPECT_EQ(named_in("SELECT v FROM m WHERE x = $x"), "SELECT:");
}

// What stands between quotes, slashes or in a comment is what InfluxDB takes for it.
TEST(named_database, does_not_hide_behind_other_text) {
  EXPECT_EQ(named_in("SELECT v FROM m WHERE a =~ /'/ OR b =~ /x/; SELECT v FROM d..m WHERE c = ''"),
            "SELECT:|SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM m WHERE a =~ /\"/; CREATE USER x WITH PASSWORD 'p'; "
                     "SELECT v FROM m WHERE a =~ /\"/"),
            "SELECT:|CREATE USER:|SELECT:");
  EXPECT_EQ(named_in("SELECT v FROM m WHERE a =~ /it\\/'s/ AND b = 'd..m'"), "SELECT:");
  EXPECT_EQ(named_in("SELECT v FROM /'/, d..m WHERE x = 'y'"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT /'/, v FROM d..m WHERE x = 'y'"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM m GROUP BY /'/; SELECT v FROM d..m WHERE x = 'y'"),
            "SELECT:|SELECT: d");
  EXPECT_EQ(named_in("SELECT v / 2 FROM d..m WHERE x = '/'"), "SELECT: d") << "it divides";
  EXPECT_EQ(named_in("SELECT mean(v) / 2, \"v\" / 3 FROM d..m WHERE x = '/'"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT $from / '1 FROM m; SELECT v FROM d..m' FROM m"), "SELECT:");
  EXPECT_EQ(named_in("SELECT v FROM m -- ' \n , d..m WHERE x = '--'"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v /* ' */ FROM d..m WHERE x = '*/'"), "SELECT: d");
  EXPECT_EQ(named_in("/* ' */ SELECT v FROM d..m WHERE x = '*/'"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM (/* / ' */ SELECT v FROM d..m) WHERE x = ''"), "unreadable");
  EXPECT_EQ(named_in("SELECT * / ' FROM m; SELECT v FROM d..m' FROM m"), "unreadable");
  EXPECT_EQ(named_in("SELECT v FROM m -- ' \r , d..m WHERE x = '--'"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM m /*/ ' */ , d..m -- '"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM m /**/ , d..m /***/"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v, 1.5INTO t FROM m"), "unreadable");
  EXPECT_EQ(named_in("SELECT 1.5FROM/'/, d..m WHERE x = ''"), "unreadable");
  EXPECT_EQ(named_in("SELECT v, .5INTO t FROM m"), "unreadable");
  EXPECT_EQ(named_in("SELECT 1.FROM d..m"), "unreadable");
  EXPECT_EQ(named_in("SELECT v FROM m WHERE v > 1.5 AND time > now() - 1h30m LIMIT 5"), "SELECT:");
  EXPECT_EQ(named_in("SELECT a\"d\"..m FROM m"), "SELECT: d");
  EXPECT_EQ(named_in("SELECT v FROM m WHERE x =~ /never closed"), "unreadable");
  EXPECT_EQ(named_in("SELECT v FROM m WHERE x = 'never closed"), "unreadable");
}

}  // namespace
}  // namespace weir::api
