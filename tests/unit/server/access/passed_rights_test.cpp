// SPDX-License-Identifier: Apache-2.0
//
// Which paths and bodies a user may have passed on to the server behind.
#include "server/access/passed_rights.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

using http::method;

user made(std::string name, std::string pattern, unsigned rights, bool admin = false) {
  return user(
      {.name = std::move(name),
       .databases = {{.pattern = std::move(pattern), .rights = static_cast<std::uint8_t>(rights)}},
       .admin = admin});
}
const unsigned q = static_cast<unsigned>(user_right::query);
const unsigned w = static_cast<unsigned>(user_right::write);

const query_server influxdb_2{.version = 2, .organization = "ours"};

/// 0: it may.
int refused(const user& by, std::string_view path, std::string_view query = "",
            method how = method::get) {
  http::request_head head;
  head.method = how;
  head.path = path;
  head.query = query;
  const auto answer = refuse_passing(by, head, influxdb_2);
  return answer ? answer->status : 0;
}
int refused_body(const user& by, std::string_view path, std::string_view body) {
  const auto answer = refuse_passing_body(by, path, body);
  return answer ? answer->status : 0;
}

TEST(passed_rights, of_paths_with_a_database) {
  const user app = made("app", "app*", q);
  EXPECT_EQ(refused(app, "/api/v1/prom/read", "db=app1", method::post), 0);
  EXPECT_EQ(refused(app, "/api/v1/prom/read", "db=other", method::post), 403);
  EXPECT_EQ(refused(app, "/api/v1/prom/read", "", method::post), 403);
  EXPECT_EQ(refused(app, "/api/v3/query_sql", "db=app1&q=SELECT"), 0);
  EXPECT_EQ(refused(app, "/api/v3/query_sql", "db=other&db=app1&q=SELECT"), 403);
  EXPECT_EQ(refused(app, "/api/v3/query_influxql", "db=app1&q=SELECT+v+FROM+m"), 0);
  EXPECT_EQ(refused(app, "/api/v3/query_influxql", "db=app1&q=SELECT+v+FROM+other..m"), 403);
  EXPECT_EQ(refused(app, "/api/v3/query_influxql", "db=app1&q=SELECT+'"), 400);
  EXPECT_EQ(refused(app, "/debug/vars"), 403) << "it has the names of all";
  EXPECT_EQ(refused(made("all", "*", q), "/debug/vars"), 0);
  EXPECT_EQ(refused_body(app, "/api/v3/query_sql", R"x({"db":"app1","q":"SELECT"})x"), 0);
  EXPECT_EQ(refused_body(app, "/api/v3/query_sql", R"x({"db":"other","q":"SELECT"})x"), 403);
  EXPECT_EQ(refused_body(app, "/api/v3/query_sql", R"x({"q":"SELECT"})x"), 403);
  EXPECT_EQ(refused_body(app, "/api/v3/query_sql", R"x({"db":"app1","db":"other","q":"x"})x"), 400);
  EXPECT_EQ(refused_body(app, "/api/v3/query_sql", R"x({"db":["app1"]})x"), 400);
  EXPECT_EQ(refused_body(app, "/api/v3/query_sql", "db=app1"), 400);
  EXPECT_EQ(refused_body(app, "/api/v3/query_influxql",
                         R"x({"db":"app1","q":"SELECT v FROM \"oth\u0065r\"..m"})x"),
            403);
}

TEST(passed_rights, flux_needs_all_databases_and_to_write_more) {
  const user app = made("app", "app*", q | w);
  const user reader = made("reader", "*", q);
  const user both = made("both", "*", q | w);
  const std::string reads = R"x({"query":"from(bucket: \"total\")\n|> range(start: -1h)"})x";
  EXPECT_EQ(refused(reader, "/api/v2/query", "org=o", method::post), 0);
  EXPECT_EQ(refused(app, "/api/v2/query", "org=o", method::post), 403);
  EXPECT_EQ(refused_body(app, "/api/v2/query", reads), 403);
  EXPECT_EQ(refused_body(reader, "/api/v2/query", reads), 0);
  EXPECT_EQ(refused_body(reader, "/api/v2/query", "from(bucket: \"total\") |> bottom(n: 1)"), 0);
  for (const char* writes : {R"x({"query":"from(bucket: \"a\")\n|>\nto(bucket: \"b\")"})x",
                             R"x({"query":"from(bucket: \"a\") |> t\u006f(bucket: \"b\")"})x",
                             R"x({"query":"f = to"})x", R"x({"query":"","Query":"x |> to()"})x",
                             R"x({"ast":{"package":{"files":[{"body":[{"name":"to"}]}]}}})x",
                             "from(bucket: \"a\") |> wideTo(bucket: \"b\")", "x |>to()",
                             R"x({"query":"x |> t\u006f()"} {})x"}) {
    EXPECT_EQ(refused_body(reader, "/api/v2/query", writes), 403) << writes;
    EXPECT_EQ(refused_body(both, "/api/v2/query", writes), 0) << writes;
  }
}

TEST(passed_rights, of_version_2s_other_paths) {
  const user app = made("app", "app*", q);
  const user own = made("own", "own", static_cast<unsigned>(user_right::admin));
  const user all = made("all", "*", q);
  const user root = made("root", "x", q, true);
  EXPECT_EQ(refused(app, "/api/v2/buckets", "name=app1"), 0);
  EXPECT_EQ(refused(app, "/api/v2/buckets", "name=app1%2Frp"), 0);
  EXPECT_EQ(refused(app, "/api/v2/buckets", "name=other"), 403);
  EXPECT_EQ(refused(app, "/api/v2/buckets"), 403);
  EXPECT_EQ(refused(all, "/api/v2/buckets"), 0);
  EXPECT_EQ(refused(app, "/api/v2/orgs", "org=o"), 0);
  EXPECT_EQ(refused(app, "/api/v2/me"), 0);
  EXPECT_EQ(refused(own, "/api/v2/delete", "bucket=own", method::post), 0);
  EXPECT_EQ(refused(own, "/api/v2/delete", "bucket=app1", method::post), 403);
  EXPECT_EQ(refused(own, "/api/v2/delete", "bucketID=0123456789abcdef", method::post), 403);
  EXPECT_EQ(refused(app, "/api/v2/delete", "bucket=app1", method::post), 403);
  for (const method how : {method::post, method::patch, method::put, method::del}) {
    EXPECT_EQ(refused(all, "/api/v2/buckets", "", how), 403);
    EXPECT_EQ(refused(root, "/api/v2/buckets", "", how), 0);
  }
  EXPECT_EQ(refused(all, "/api/v2/tasks"), 403);
  EXPECT_EQ(refused(root, "/api/v2/tasks"), 0);
}

// What only the server knows may be any database: an id, and a name that it may read as one.
TEST(passed_rights, an_id_needs_a_right_on_all_databases) {
  const auto admin = static_cast<unsigned>(user_right::admin);
  const user own = made("own", "own*", admin);
  const user hex = made("hex", "0123456789abcdef", admin);
  const user begins = made("begins", "0*", admin);
  const user all = made("all", "*", admin);
  const user root = made("root", "x", q, true);
  const std::string id = "0123456789abcdef";
  const std::vector<std::string> queries{"bucketID=" + id,
                                         "bucket=own&bucketID=" + id,
                                         "bucketID=" + id + "&bucket=own",
                                         "bucket=own&bucketID=own",
                                         "bucket=own&bucket%49D=" + id,
                                         "bucket=" + id,
                                         "bucket=0123456789ABCDEF",
                                         "bucket=" + id + "%2Fautogen",
                                         "bucket=own&org=theirs",
                                         "bucket=own&orgID=fedcba9876543210",
                                         "org=ours&orgID=fedcba9876543210&bucket=own",
                                         "bucket=own&x=1",
                                         "org=ours",
                                         ""};
  for (const std::string& query : queries) {
    for (const user* by : {&own, &hex, &begins}) {
      EXPECT_EQ(refused(*by, "/api/v2/delete", query, method::post), 403)
          << by->name() << " " << query;
    }
    EXPECT_EQ(refused(all, "/api/v2/delete", query, method::post), 0) << query;
    EXPECT_EQ(refused(root, "/api/v2/delete", query, method::post), 0) << query;
  }
  for (const char* query : {"bucket=own", "bucket=own1&org=ours", "bucket=own%2Fautogen",
                            "orgID=ours&bucket=own", "bucket=own&precision=ns"}) {
    EXPECT_EQ(refused(own, "/api/v2/delete", query, method::post), 0) << query;
  }
  EXPECT_EQ(refused(hex, "/api/v2/delete", "bucket=0123456789abcde", method::post), 403);
  EXPECT_EQ(refused(begins, "/api/v2/delete", "bucket=0123456789abcde", method::post), 0)
      << "15 digits are no id";
  EXPECT_EQ(refused(begins, "/api/v2/delete", "bucket=0123456789abcdeg", method::post), 0);
}

TEST(passed_rights, lists_of_buckets_show_none_by_an_id) {
  const user app = made("app", "app*", q);
  const user hex = made("hex", "0123456789abcdef", q);
  const user all = made("all", "*", q);
  for (const char* query : {"id=0123456789abcdef", "name=app1&id=0123456789abcdef",
                            "name=app1&bucketID=0123456789abcdef", "name=0123456789abcdef",
                            "name=app1&org=theirs", "name=app1&orgID=fedcba9876543210"}) {
    for (const user* by : {&app, &hex}) {
      EXPECT_EQ(refused(*by, "/api/v2/buckets", query), 403) << by->name() << " " << query;
    }
    EXPECT_EQ(refused(all, "/api/v2/buckets", query), 0) << query;
  }
  EXPECT_EQ(refused(app, "/api/v2/buckets", "name=app1&org=ours&limit=1&offset=0&after=x"), 0);
  for (const method how : {method::get, method::patch, method::del, method::post}) {
    EXPECT_EQ(refused(app, "/api/v2/buckets/0123456789abcdef", "name=app1", how), 403);
    EXPECT_EQ(refused(hex, "/api/v2/buckets/0123456789abcdef", "", how), 403);
    EXPECT_EQ(refused(hex, "/api/v2/buckets/0123456789abcdef/labels", "", how), 403);
    EXPECT_EQ(refused(app, "/api/v2/dbrps", "orgID=fedcba9876543210&db=app1", how), 403);
  }
}

TEST(passed_rights, of_the_servers_users_and_tokens_nobody_has_any) {
  const user root = made("root", "x", q, true);
  for (const char* path : {"/api/v2/users", "/api/v2/users/1/password", "/api/v2/authorizations",
                           "/api/v2/authorizations/1", "/api/v2/signin", "/api/v2/me/password"}) {
    EXPECT_EQ(refused(root, path), 403) << path;
    EXPECT_EQ(refused(root, path, "", method::post), 403) << path;
  }
  EXPECT_EQ(refused(root, "/api/v2/setup"), 0);
  EXPECT_EQ(refused(root, "/api/v2/setup", "", method::post), 403);
  for (const char* path :
       {"/api/v2/%61uthorizations", "/api/v2//authorizations", "/api/v2/x/../authorizations",
        "/api/v2/./users", "/api/v2/users;x", "/api/v2/us\xc3\xa9rs"}) {
    EXPECT_EQ(refused(root, path), 404) << path << ": a server may read it in another way";
  }
}

std::string passed_query_of(std::string_view query, std::string_view path = "/api/v2/labels",
                            const user& by = made("own", "own", w)) {
  http::request_head head;
  head.path = path;
  head.query = query;
  return passed_query_of(by, head, influxdb_2);
}

TEST(passed_rights, a_bucket_is_that_of_the_sinks_organization) {
  for (const char* path : {"/api/v2/delete", "/api/v2/buckets"}) {
    EXPECT_EQ(passed_query_of("bucket=own", path), "bucket=own&org=ours");
    EXPECT_EQ(passed_query_of("bucket=own&org=ours", path), "bucket=own&org=ours");
    EXPECT_EQ(passed_query_of("orgID=ours", path), "orgID=ours");
    EXPECT_EQ(passed_query_of("bucket=own", path, made("root", "x", q, true)), "bucket=own");
  }
}

TEST(passed_rights, queries_go_on_without_credentials_and_with_each_parameter_once) {
  EXPECT_EQ(passed_query_of("u=ann&db=d&p=secret&db=e&x=a%20b"), "db=d&x=a%20b");
  EXPECT_EQ(passed_query_of("x=1;db=other&db=mine"), "x=1%3Bdb%3Dother&db=mine");
  EXPECT_EQ(passed_query_of(""), "");
}

}  // namespace
}  // namespace weir
