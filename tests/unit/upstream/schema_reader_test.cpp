// SPDX-License-Identifier: Apache-2.0
//
// Reading a server's answers, the schema that results, and which request is sent when.
#include "upstream/schema_reader.hpp"

#include <gtest/gtest.h>

#include "upstream/schema_queries.hpp"
#include "upstream/upstream_schema.hpp"

namespace weir {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// As InfluxDB 1.6 and 1.12 answer.
const std::string policies_of_1_6 =
    R"({"results":[{"statement_id":0,"series":[{"columns":["name","duration","shardGroupDuration",)"
    R"("replicaN","default"],"values":[["autogen","0s","168h0m0s",1,false],)"
    R"(["hour","1h0m0s","1h0m0s",1,true]]}]}]})"
    "\n";
const std::string policies_of_1_12 =
    R"({"results":[{"statement_id":0,"series":[{"columns":["name","duration","shardGroupDuration",)"
    R"("replicaN","futureWriteLimit","pastWriteLimit","default"],"values":)"
    R"([["week","168h0m0s","24h0m0s",1,"0s","0s",true]]}]}]})";

TEST(schema_queries, questions_quote_their_names) {
  EXPECT_EQ(retention_query("a\"b"), "SHOW RETENTION POLICIES ON \"a\\\"b\"");
  EXPECT_EQ(field_keys_query("db"), "SHOW FIELD KEYS ON \"db\"");
}

TEST(schema_queries, retention_policies_by_the_names_of_columns) {
  const auto old = read_retention_policies(policies_of_1_6);
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old.value(), (std::vector<upstream_policy>{{"autogen", false, nanoseconds{0}},
                                                       {"hour", true, hours(1)}}));
  const auto recent = read_retention_policies(policies_of_1_12);
  ASSERT_TRUE(recent.ok());
  EXPECT_EQ(recent.value(), (std::vector<upstream_policy>{{"week", true, hours(168)}}));
}

TEST(schema_queries, a_database_that_is_not_there_has_no_policies) {
  const auto none = read_retention_policies(
      R"({"results":[{"statement_id":0,"error":"database not found: nodb"}]})");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none.value().empty());
}

TEST(schema_queries, other_answers_are_failures) {
  EXPECT_EQ(read_retention_policies(R"({"error":"unable to parse authentication credentials"})")
                .error()
                .message,
            "unable to parse authentication credentials");
  for (const char* body :
       {"", "nonsense", "{}", "[]", "{\"results\":[]}",
        "{\"results\":[{\"series\":[{\"columns\":[\"name\"],\"values\":[[\"a\"]]}]}]}",
        "{\"results\":[{\"series\":[{\"columns\":[\"name\",\"duration\",\"default\"],"
        "\"values\":[[\"a\",\"1x\",true]]}]}]}",
        "{\"results\":[{\"series\":[{\"columns\":[\"name\",\"duration\",\"default\"],"
        "\"values\":[[\"a\"]]}]}]}",
        "{\"results\":[{\"series\":[{\"columns\":[\"name\",\"duration\",\"default\"],"
        "\"values\":[[1,2,3]]}]}]}"}) {
    EXPECT_FALSE(read_retention_policies(body).ok()) << body;
    EXPECT_FALSE(read_buckets(body).ok()) << body;
  }
}

TEST(schema_queries, durations_of_go) {
  EXPECT_EQ(read_go_duration("0s"), nanoseconds{0});
  EXPECT_EQ(read_go_duration("168h0m0s"), hours(168));
  EXPECT_EQ(read_go_duration("1h2m3.5s"), hours(1) + std::chrono::milliseconds(123'500));
  EXPECT_EQ(read_go_duration("15ms"), std::chrono::milliseconds(15));
  EXPECT_EQ(read_go_duration("87600h0m0s"), hours(87600));
  for (const char* bad : {"", "1", "h", "1x", "-1s", "99999999h"}) {
    EXPECT_EQ(read_go_duration(bad), std::nullopt) << bad;
  }
}

TEST(schema_queries, buckets) {
  const auto page = read_buckets(
      R"({"links":{},"buckets":[{"name":"a","retentionRules":[{"type":"expire","everySeconds":3600,)"
      R"("shardGroupDurationSeconds":3600}]},{"name":"b/rp","retentionRules":[]},)"
      R"({"name":"c","retentionRules":[{"type":"expire","everySeconds":0}]},{"name":"d"}]})");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().count, 4U);
  ASSERT_EQ(page.value().buckets.size(), 4U);
  EXPECT_EQ(page.value().buckets[0].first, "a");
  EXPECT_EQ(page.value().buckets[0].second, (upstream_policy{"", true, seconds(3600)}));
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(page.value().buckets[i].second.duration, nanoseconds{0});
  }
  EXPECT_FALSE(
      read_buckets(R"({"buckets":[{"name":"a","retentionRules":[{"everySeconds":-1}]}]})").ok());
}

TEST(schema_queries, field_keys) {
  std::vector<std::string> fields;
  const auto note = [&](std::string_view m, std::string_view f, field_type type) {
    fields.push_back(std::string(m) + "." + std::string(f) + " " + std::string(name_of(type)));
  };
  const auto done = read_field_keys(
      R"({"results":[{"statement_id":0,"series":[{"name":"m","columns":["fieldKey","fieldType"],)"
      R"("values":[["a","integer"],["b","float"],["b","string"],["c","boolean"],["d","new"]]},)"
      R"({"name":"n 2","columns":["fieldKey","fieldType"],"values":[["a","string"]]}]}]})",
      note);
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(fields, (std::vector<std::string>{"m.a integer", "m.c boolean", "n 2.a string"}));
  fields.clear();
  EXPECT_TRUE(read_field_keys(R"({"results":[{"statement_id":0}]})", note).ok());
  EXPECT_TRUE(fields.empty());
  EXPECT_FALSE(read_field_keys("x", note).ok());
}

TEST(upstream_schema, the_default_policy_is_that_of_points_that_name_none) {
  upstream_schema table;
  EXPECT_TRUE(table.replace("db", {{"autogen", false, nanoseconds{0}}, {"hour", true, hours(1)}}));
  EXPECT_EQ(table.retention_of("db", ""), hours(1));
  EXPECT_EQ(table.retention_of("db", "hour"), hours(1));
  EXPECT_EQ(table.retention_of("db", "autogen"), std::nullopt) << "for ever";
  EXPECT_EQ(table.retention_of("db", "other"), std::nullopt) << "not known";
  EXPECT_EQ(table.retention_of("other", ""), std::nullopt) << "not known";
}

TEST(upstream_schema, says_what_is_news) {
  upstream_schema table;
  EXPECT_TRUE(table.replace("a", {{"x", true, hours(1)}}));
  EXPECT_FALSE(table.replace("a", {{"x", true, hours(1)}}));
  EXPECT_TRUE(table.replace("a", {{"x", true, hours(2)}}));
  EXPECT_FALSE(table.replace("b", {}));
  EXPECT_TRUE(table.replace("a", {}));
  EXPECT_EQ(table.policies(), 0U);
  EXPECT_TRUE(table.replace_all({{"b", {{"", true, hours(3)}}}}));
  EXPECT_FALSE(table.replace_all({{"b", {{"", true, hours(3)}}}}));
  EXPECT_TRUE(table.replace_all({}));
}

TEST(upstream_schema, merging_keeps_what_is_not_listed) {
  upstream_schema table;
  EXPECT_TRUE(table.merge({{"a", {{"", true, hours(1)}}}, {"b", {{"", true, hours(2)}}}},
                          {{"00000000000000aa", "a"}}));
  EXPECT_FALSE(table.merge({}, {}));
  EXPECT_EQ(table.retention_of("a", ""), hours(1));
  EXPECT_EQ(table.name_of("00000000000000aa"), "a");
  EXPECT_EQ(table.name_of("00000000000000ab"), "");
  EXPECT_TRUE(table.merge({{"b", {{"", true, hours(3)}}}}, {{"00000000000000aa", "renamed"}}));
  EXPECT_EQ(table.retention_of("b", ""), hours(3));
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.name_of("00000000000000aa"), "renamed");
  const auto read = upstream_schema::read(table.text());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->text(), table.text());
  EXPECT_EQ(read->name_of("00000000000000aa"), "renamed");
  for (const char* bad : {"@0 =a", "@00000000000000AA =a", "@00000000000000aa a",
                          "@00000000000000aa", "@00000000000000aa =a b"}) {
    EXPECT_FALSE(upstream_schema::read("weir learnt 1\n" + std::string(bad) + "\n")) << bad;
  }
}

TEST(upstream_schema, is_bounded) {
  upstream_schema table;
  table.replace("a", std::vector<upstream_policy>(upstream_schema::policies_max - 1));
  table.replace("b", std::vector<upstream_policy>(5));
  EXPECT_EQ(table.policies(), upstream_schema::policies_max);
}

TEST(upstream_schema, its_text_reads_back) {
  upstream_schema table;
  table.replace("my db", {{"autogen", false, nanoseconds{0}}, {"a b\n=", true, hours(1)}});
  table.replace("bucket/x", {{"", true, seconds(7)}});
  const auto read = upstream_schema::read(table.text());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->text(), table.text());
  EXPECT_EQ(read->retention_of("my db", ""), hours(1));
  EXPECT_EQ(read->retention_of("bucket/x", ""), seconds(7));
  const std::string whole = table.text();
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const auto part = upstream_schema::read(whole.substr(0, cut));
    EXPECT_TRUE(!part.has_value() || whole[cut - 1] == '\n') << cut;
  }
  for (const char* bad :
       {"weir learnt 2\n", "weir learnt 1\na =b 1 1\n", "weir learnt 1\n=a =b 2 1\n",
        "weir learnt 1\n=a =b 1 x\n", "weir learnt 1\n=a =b 1 -5\n", "weir learnt 1\n=a =b 1 5 6\n",
        "weir learnt 1\n=%zz =b 1 5\n"}) {
    EXPECT_FALSE(upstream_schema::read(bad).has_value()) << bad;
  }
}

class schema_reader_test : public ::testing::Test {
 protected:
  schema_reader make(upstream_schema known = {}) {
    schema_reader_parts parts;
    parts.databases = [this] { return databases_; };
    parts.publish = [this](const upstream_schema& table) { published_.push_back(table.text()); };
    parts.ask = [this](const transfer_request& request) {
      asked_.push_back(request.url);
      last_ = request;
      return answers_ ? answers_(request.url) : http_reply::failed("connection refused");
    };
    if (takes_types_) {
      parts.take_type = [this](std::string_view db, std::string_view m, std::string_view f,
                               field_type) {
        types_.push_back(std::string(db) + "." + std::string(m) + "." + std::string(f));
      };
    }
    parts.reads = reads_;
    return {settings_, std::move(parts), std::move(known)};
  }

  static http_reply ok(std::string body) {
    http_reply reply;
    reply.answered = true;
    reply.status = 200;
    reply.body = std::move(body);
    return reply;
  }

  sink_settings settings_ = [] {
    sink_settings sink;
    sink.name = "influx";
    sink.type = sink_type::influxdb;
    sink.url = "http://a:1/";
    sink.learn_every = std::chrono::minutes(1);
    return sink;
  }();
  std::vector<std::string> databases_{"db"};
  std::vector<std::string> asked_;
  std::vector<std::string> published_;
  std::vector<std::string> types_;
  transfer_request last_;
  std::function<http_reply(const std::string&)> answers_;
  std::function<bool(const std::string&, const std::string&)> reads_;
  bool takes_types_ = false;
};

TEST_F(schema_reader_test, asks_at_once_and_then_after_every_interval) {
  answers_ = [](const std::string&) { return ok(policies_of_1_6); };
  schema_reader one = make();
  one.turn(0);
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0], "http://a:1/query?q=SHOW%20RETENTION%20POLICIES%20ON%20%22db%22");
  EXPECT_EQ(published_.size(), 1U);
  one.turn(59'999);
  EXPECT_EQ(asked_.size(), 1U);
  databases_.push_back("new");
  one.turn(59'999);
  EXPECT_EQ(asked_.size(), 2U) << "a new database is asked for at once";
  one.turn(60'000);
  EXPECT_EQ(asked_.size(), 3U);
  EXPECT_EQ(published_.size(), 2U) << "no news, nothing to say";
}

TEST_F(schema_reader_test, what_is_known_stays_while_the_server_is_down) {
  upstream_schema known;
  known.replace("db", {{"x", true, hours(1)}});
  schema_reader one = make(known);
  one.turn(0);
  one.turn(500);
  EXPECT_EQ(asked_.size(), 1U) << "not before a pause";
  one.turn(1'000);
  one.turn(2'999);
  EXPECT_EQ(asked_.size(), 2U);
  one.turn(3'000);
  EXPECT_EQ(asked_.size(), 3U);
  for (std::int64_t now = 3'000; now < 600'000; now += 1'000) {
    one.turn(now);
  }
  EXPECT_LT(asked_.size(), 20U) << "pauses grow to learn_every";
  EXPECT_TRUE(published_.empty());
  answers_ = [](const std::string&) { return ok(policies_of_1_12); };
  one.turn(700'000);
  ASSERT_EQ(published_.size(), 1U);
  EXPECT_NE(published_[0].find("=db =week 1 604800000000000\n"), std::string::npos);
}

TEST_F(schema_reader_test, refusals_are_failures_too) {
  answers_ = [](const std::string&) {
    http_reply reply = ok(R"({"error":"authorization failed"})");
    reply.status = 401;
    return reply;
  };
  schema_reader one = make();
  one.turn(0);
  metrics_text text;
  one.collect(text);
  EXPECT_NE(text.text().find("weir_learn_failures_total{sink=\"influx\"} 1"), std::string::npos);
  EXPECT_TRUE(published_.empty());
}

TEST_F(schema_reader_test, types_are_asked_for_where_they_are_taken) {
  takes_types_ = true;
  answers_ = [](const std::string& url) {
    return url.find("FIELD") == std::string::npos
               ? ok(policies_of_1_6)
               : ok(R"({"results":[{"series":[{"name":"m","columns":["fieldKey","fieldType"],)"
                    R"("values":[["f","float"]]}]}]})");
  };
  schema_reader one = make();
  one.turn(0);
  EXPECT_EQ(types_, std::vector<std::string>{"db.m.f"});
}

TEST_F(schema_reader_test, version_2_lists_its_buckets_page_by_page) {
  settings_.version = 2;
  settings_.token = "secret";
  settings_.organization = "my org";
  answers_ = [](const std::string& url) {
    std::string body = "{\"buckets\":[";
    const bool first = url.ends_with("offset=0");
    for (int i = 0; i < (first ? 100 : 3); ++i) {
      body += (i > 0 ? "," : "") + std::string("{\"name\":\"") + (first ? "a" : "b") +
              std::to_string(i) + R"(","retentionRules":[{"everySeconds":60}]})";
    }
    return ok(body + "]}");
  };
  schema_reader one = make();
  one.turn(0);
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(asked_[0], "http://a:1/api/v2/buckets?org=my%20org&limit=100&offset=0");
  EXPECT_EQ(asked_[1], "http://a:1/api/v2/buckets?org=my%20org&limit=100&offset=100");
  EXPECT_EQ(last_.headers[0], "Authorization: Token secret");
  ASSERT_EQ(published_.size(), 1U);
  const auto table = upstream_schema::read(published_[0]);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->policies(), 103U);
  EXPECT_EQ(table->retention_of("b2", ""), seconds(60));
  one.turn(1'000);
  EXPECT_EQ(asked_.size(), 2U);
  databases_.clear();
  one.turn(60'000);
  EXPECT_EQ(asked_.size(), 4U) << "the next database may come any time";
}

/// What an InfluxDB 2 says of its buckets, and of field keys of `typed`.
auto influxdb_2(const std::vector<std::string>& names, const std::string& typed = {}) {
  return [names, typed](const std::string& url) {
    http_reply reply;
    reply.answered = true;
    reply.status = 200;
    if (url.find("/query?db=") != std::string::npos) {
      const bool known = url.find("?db=" + typed + "&q=SHOW%20FIELD%20KEYS") != std::string::npos;
      reply.body = known
                       ? R"({"results":[{"series":[{"name":"m","columns":["fieldKey","fieldType"],)"
                         R"("values":[["f","float"]]}]}]})"
                       : R"({"code":"not found","message":"no dbrp mapping found"})";
      reply.status = known ? 200 : 404;
      return reply;
    }
    reply.body = "{\"buckets\":[";
    for (const std::string& name : names) {
      reply.body += (reply.body.back() == '[' ? "" : ",") + std::string("{\"name\":\"") + name +
                    R"(","retentionRules":[{"everySeconds":60}]})";
    }
    reply.body += "]}";
    return reply;
  };
}

TEST_F(schema_reader_test, version_2_lists_its_buckets_before_any_database_is_known) {
  settings_.version = 2;
  databases_.clear();
  answers_ = influxdb_2({"a"});
  schema_reader one = make();
  one.turn(0);
  EXPECT_EQ(asked_.size(), 1U);
  ASSERT_EQ(published_.size(), 1U);
  EXPECT_NE(published_[0].find("=a = 1 60000000000\n"), std::string::npos);
}

TEST_F(schema_reader_test, version_2_is_asked_for_types) {
  settings_.version = 2;
  settings_.token = "secret";
  takes_types_ = true;
  answers_ = influxdb_2({"db"}, "db");
  schema_reader one = make();
  one.turn(0);
  EXPECT_EQ(types_, std::vector<std::string>{"db.m.f"});
  EXPECT_EQ(asked_.back(), "http://a:1/query?db=db&q=SHOW%20FIELD%20KEYS");
  EXPECT_EQ(last_.headers[0], "Authorization: Token secret");
  const std::size_t before = asked_.size();
  one.turn(59'999);
  EXPECT_EQ(asked_.size(), before);
}

TEST_F(schema_reader_test, version_2_reads_the_types_of_databases_before_their_first_point) {
  settings_.version = 2;
  takes_types_ = true;
  databases_.clear();
  std::vector<std::string> names{"_monitoring", "/x", "not_ours", "db/b/c"};
  for (int i = 0; i < 70; ++i) {
    names.push_back("n" + std::to_string(i));
  }
  answers_ = influxdb_2(names, "db&rp=b%2Fc");
  schema_reader one = make();
  one.turn(0);
  EXPECT_EQ(asked_.size(), 1U) << "without `reads` no database learns from this sink";
  reads_ = [](const std::string& database, const std::string&) { return database != "not_ours"; };
  asked_.clear();
  schema_reader two = make();
  two.turn(0);
  const std::size_t first = asked_.size();
  EXPECT_GE(first, 51U);
  EXPECT_LT(first, 60U) << "some in each turn";
  EXPECT_EQ(types_, std::vector<std::string>{"db.m.f"});
  two.turn(1);
  EXPECT_EQ(asked_.size(), 1U + 70U + 2U) << "db, its policy, and each of the others";
  two.turn(2);
  EXPECT_EQ(asked_.size(), 1U + 70U + 2U);
  for (const std::string& url : asked_) {
    EXPECT_EQ(url.find("monitoring"), std::string::npos);
    EXPECT_EQ(url.find("not_ours"), std::string::npos);
  }
}

TEST_F(schema_reader_test, version_2_asks_once_for_a_bucket_of_many_databases) {
  settings_.version = 2;
  settings_.bucket = "all";
  takes_types_ = true;
  databases_ = {"a", "b", "c"};
  answers_ = influxdb_2({"all"}, "all");
  schema_reader one = make();
  one.turn(0);
  EXPECT_EQ(asked_.size(), 2U);
  EXPECT_EQ(types_, (std::vector<std::string>{"a.m.f", "b.m.f", "c.m.f"}));
}

TEST_F(schema_reader_test, version_2_misses_no_bucket_that_the_sink_does_not_deliver_to) {
  settings_.version = 2;
  settings_.databases = {"other*"};
  answers_ = influxdb_2({});
  schema_reader one = make();
  one.turn(0);
  metrics_text text;
  one.collect(text);
  EXPECT_NE(text.text().find("weir_learn_missing_buckets{sink=\"influx\"} 0"), std::string::npos);
}

TEST_F(schema_reader_test, version_2_keeps_what_a_list_lacks) {
  settings_.version = 2;
  answers_ = influxdb_2({"db", "other"});
  schema_reader one = make();
  one.turn(0);
  answers_ = influxdb_2({});
  one.turn(60'000);
  one.turn(120'000);
  EXPECT_EQ(published_.size(), 1U);
  metrics_text text;
  one.collect(text);
  EXPECT_NE(text.text().find("weir_learn_missing_buckets{sink=\"influx\"} 1"), std::string::npos)
      << "nothing is delivered to the other one";
  answers_ = influxdb_2({"db"});
  one.turn(180'000);
  metrics_text then;
  one.collect(then);
  EXPECT_NE(then.text().find("weir_learn_missing_buckets{sink=\"influx\"} 0"), std::string::npos);
}

}  // namespace
}  // namespace weir
