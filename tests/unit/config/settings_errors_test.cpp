// SPDX-License-Identifier: Apache-2.0
//
// What a wrong configuration is told: the exact words of each mistake with its place, all of them
// at once, and that no bytes whatever make the reader crash.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "config/settings_reader.hpp"
#include "unit/config/told_mistakes.hpp"

namespace weir {
namespace {

TEST(settings_errors, unknown_keys_name_the_nearest) {
  expect_each({
      {"[http]\nlisten = [\"a:1\"]\nbody_limits = 5\n",
       "weir.toml:3:1: unknown key `http.body_limits`; did you mean `body_limit`?"},
      {"[htp]\n", "weir.toml:1:2: unknown key `htp`; did you mean `http`?"},
      {"[http]\nkeep = \"1GiB\"\n",
       "weir.toml:2:1: unknown key `http.keep`; `keep` belongs to [log]"},
      {"[limits]\nxyzxyzxyz = 1\n",
       "weir.toml:2:1: unknown key `limits.xyzxyzxyz`; known here are: memory, line, databases, "
       "labelled_databases, "
       "state, names, series, series_idle, types, duplicates"},
      {"[database.flink]\nretentoin = \"1d\"\n",
       "weir.toml:2:1: unknown key `database.\"flink\".retentoin`; did you mean `retention`?"},
      {"[[sink]]\nname = \"a\"\ntype = \"null\"\nbatch = { point = 5 }\n",
       "weir.toml:4:11: unknown key `sink.batch.point`; did you mean `points`?"},
  });
}

TEST(settings_errors, wrong_types_say_what_is_right) {
  expect_each({
      {"[http]\nloops = \"3\"\n",
       "weir.toml:2:1: `http.loops`: it must be a whole number from 0 to 256 threads, not text"},
      {"[http]\nloops = 1.5\n",
       "weir.toml:2:1: `http.loops`: it must be a whole number from 0 to 256 threads, not number "
       "1.5"},
      {"[http]\nlisten = \"a:1\"\n",
       "weir.toml:2:1: `http.listen`: it must be a list of text such as [\"127.0.0.1:8086\"], not "
       "text"},
      {"[http]\nlisten = [1]\n",
       "weir.toml:2:1: `http.listen`: it must be a list of text such as [\"127.0.0.1:8086\"], not "
       "a list of something other than text"},
      {"[http]\nbody_limit = true\n",
       "weir.toml:2:1: `http.body_limit`: it must be a size such as \"25MB\", \"4GiB\" or plain "
       "bytes, not true"},
      {"[http]\nhead_timeout = 10\n",
       "weir.toml:2:1: `http.head_timeout`: it must be a duration with its unit such as \"10s\" or "
       "\"1h30m\", not number 10"},
      {"[log]\ndirectory = 1979-05-27\n",
       "weir.toml:2:1: `log.directory`: it must be text in quotes, not a date or time"},
      {"[log.type]\nx = 1\n",
       "weir.toml:1:6: `log.type`: it must be one of \"local\" | \"memory\" | \"kafka\", not a "
       "table"},
      {"[[sink]]\nname = \"a\"\ntype = \"null\"\nrequired = \"no\"\n",
       "weir.toml:4:1: `sink.required`: it must be true or false without quotes, not text"},
      {"[[sink]]\nname = \"a\"\ntype = \"null\"\nbatch = 5\n",
       "weir.toml:4:1: `sink.batch`: it must be a table such as batch = { points = 5000, age = "
       "\"1s\" }"},
      {"http = 1\n", "weir.toml:1:1: `http` must be a table: write [http] and its keys below it"},
      {"[sink]\nname = \"a\"\n",
       "weir.toml:1:2: `sink` must be a list of tables: write [[sink]], in double brackets, for "
       "each"},
      {"database = 1\n",
       "weir.toml:1:1: `database` must be a table of tables: write [database.\"*\"]"},
      {"[database]\nretention = \"1d\"\n",
       "weir.toml:2:1: `database.retention` must be a table: for every database write "
       "[database.\"*\"] and its keys below it"},
  });
}

TEST(settings_errors, ranges_are_stated_with_units) {
  expect_each({
      {"[http]\nloops = 257\n",
       "weir.toml:2:1: `http.loops`: 257 is out of range; it must be from 0 to 256 threads"},
      {"[http]\nloops = -1\n",
       "weir.toml:2:1: `http.loops`: -1 is out of range; it must be from 0 to 256 threads"},
      {"[limits]\nmemory = \"1MiB\"\n",
       "weir.toml:2:1: `limits.memory`: 1MiB is out of range; it must be from 16MiB to 1TiB"},
      {"[log]\nsegment = 1000\n",
       "weir.toml:2:1: `log.segment`: 1kB is out of range; it must be from 1MiB to 4GiB"},
      {"[http]\nbody_timeout = \"inf\"\n",
       "weir.toml:2:1: `http.body_timeout`: inf is out of range; it must be from 10ms to 1d"},
      {"[http]\nbody_timeout = \"10s1us\"\n",
       "weir.toml:2:1: `http.body_timeout`: 10s1us is finer than a millisecond; use whole "
       "milliseconds"},
      {"[database.\"*\"]\nretention = \"5ms\"\n",
       "weir.toml:2:1: `database.\"*\".retention`: 5ms is out of range; it must be at least 1s, or "
       "\"inf\""},
      {"[http]\nlisten = []\n",
       "weir.toml:2:1: `http.listen`: the list is empty; write at least one, as in "
       "[\"127.0.0.1:8086\"]"},
      {"[http]\nlisten = [\"a:1\", \"a:1\"]\n",
       "weir.toml:2:1: `http.listen`: \"a:1\" is in the list twice; take one out"},
      {"[http]\nlisten = [\"127.0.0.1:80866\"]\n",
       "weir.toml:2:1: `http.listen`: \"80866\" is no port; a port is from 0 (take a free one) to "
       "65535"},
      {"[log]\nacknowledge = \"yes\"\n",
       "weir.toml:2:1: `log.acknowledge`: \"yes\" is not one of \"received\" | \"written\" | "
       "\"synced\""},
      {"[log]\nsegment = \"64MiB\"\nkeep = \"1MiB\"\n",
       "weir.toml:2:1: `log.segment` is larger than `log.keep`; a quarter of it or less is "
       "sensible"},
      {"[log]\ntype = \"memory\"\nacknowledge = \"synced\"\n",
       "weir.toml:3:1: `log.acknowledge`: a log of type \"memory\" is on no stable storage and "
       "cannot promise \"synced\"; use type \"local\", or \"received\""},
      {"[service]\nlog_format = \"xml\"\n",
       "weir.toml:2:1: `service.log_format`: \"xml\" is not one of \"text\" | \"json\""},
      {"[log]\ndirectory = \"\"\n",
       "weir.toml:2:1: `log.directory`: it is empty; name a directory"},
      {"[log]\ndirectory = \"a\\u0000b\"\n",
       "weir.toml:2:1: `log.directory`: the text has a zero byte in it; take it out"},
      {"[database.\"flink_*\"]\n",
       "weir.toml:1:11: `database.\"flink_*\"`: patterns are not supported here; name each "
       "database, or use [database.\"*\"] for all"},
  });
}

TEST(settings_errors, plausible_windows) {
  expect_each({
      {"[database.\"*\"]\nplausible = \"1d\"\n",
       "weir.toml:2:1: `database.\"*\".plausible`: it must be two distances from now such as "
       "[\"-10y\", \"+1d\"], not text"},
      {"[database.\"*\"]\nplausible = [\"+1d\", \"-1d\"]\n",
       "weir.toml:2:1: `database.\"*\".plausible`: +1d is not before -1d; write the earlier end "
       "first, as in [\"-10y\", \"+1d\"]"},
      {"[database.\"*\"]\nplausible = [\"-1y6w\", \"+1d\"]\n",
       "weir.toml:2:1: `database.\"*\".plausible`: \"1y6w\" is not a duration: \"y\" is not one of "
       "the units ns, us, ms, s, m, h, d, w; write for example \"500ms\", \"10s\", \"1h30m\", "
       "\"7d\" or \"inf\""},
      {"[database.\"*\"]\nprecision = \"d\"\n",
       "weir.toml:2:1: `database.\"*\".precision`: \"d\" is not one of \"listener\" | \"ns\" | "
       "\"n\" "
       "| \"us\" | \"u\" | \"ms\" | \"s\" | \"m\" | \"h\" | \"auto\""},
  });
}

TEST(settings_errors, learning) {
  expect_each({
      {"[database.a]\nretention = \"learn\"\n",
       "weir.toml:2:1: `database.\"a\".retention`: \"learn\" needs learn_from = \"...\", the name "
       "of an influxdb sink"},
      {"[database.a]\nlearn_from = \"b\"\n[[sink]]\nname = \"b\"\ntype = \"null\"\n",
       "weir.toml:2:1: `database.\"a\".learn_from`: there is no [[sink]] named \"b\" of type "
       "\"influxdb\""},
      {"[database.a]\nfuture = \"learn\"\n",
       "weir.toml:2:1: `database.\"a\".future`: \"learn\" is not a duration: it does not start "
       "with "
       "a digit; write for example \"500ms\", \"10s\", \"1h30m\", \"7d\" or \"inf\""},
  });
}

TEST(settings_errors, rules) {
  const std::string head = "[[rule]]\nname = \"a\"\naction = ";
  const auto told = [&](const std::string& rest) { return error_of(head + rest); };
  EXPECT_EQ(error_of("[[rule]]\naction = \"drop\"\n"),
            "weir.toml:1:1: this [[rule]] has no name; write name = \"no-debug\", for example");
  EXPECT_EQ(error_of("[[rule]]\nname = \"a\"\n"),
            "weir.toml:1:1: this [[rule]] has no action; write action = \"drop\", \"keep\", "
            "\"rename\", \"add_tag\", \"drop_tag\" or \"drop_field\"");
  EXPECT_EQ(told("\"drop\"\nmeasurement = \"a(b\"\n"),
            "weir.toml:4:1: `rule.measurement`: \"a(b\" is not a regular expression: missing ): "
            "a(b");
  EXPECT_EQ(told("\"drop_tag\"\nkey = \"[\"\n"),
            "weir.toml:4:1: `rule.key`: \"[\" is not a regular expression: missing ]: [");
  EXPECT_EQ(told("\"drop\"\ntag = \"t\"\ntag_value = \"*\"\n"),
            "weir.toml:5:1: `rule.tag_value`: \"*\" is not a regular expression: no argument for "
            "repetition operator: *");
  EXPECT_EQ(told("\"drop\"\ntag_value = \"x\"\n"),
            "weir.toml:4:1: `rule.tag_value` without `rule.tag`; give both or neither");
  EXPECT_EQ(told("\"drop\"\n"),
            "weir.toml:1:1: rule \"a\" would drop every point; give it `databases`, `measurement` "
            "or `tag` (measurement = \".*\" if that is what it is for)");
  EXPECT_EQ(told("\"drop\"\nkey = \"x\"\ntag = \"t\"\n"),
            "weir.toml:4:1: `rule.key` means nothing to what rule \"a\" does; take it out");
  EXPECT_EQ(told("\"drop_field\"\n"),
            "weir.toml:1:1: rule \"a\" has no `key`; its action needs one");
  EXPECT_EQ(told("\"add_tag\"\nkey = \"x\"\n"),
            "weir.toml:1:1: rule \"a\" has no `to`; its action needs one");
  EXPECT_EQ(told("\"rename\"\nto = \"x\"\n"),
            "weir.toml:1:1: rule \"a\" has no `measurement`; its action needs one");
  EXPECT_EQ(
      told("\"rename\"\nmeasurement = \"m\"\nto = '\\1'\n"),
      "weir.toml:5:1: `rule.to`: Rewrite schema requests 1 matches, but the regexp only has 0 "
      "parenthesized subexpressions.");
  EXPECT_EQ(
      told("\"add_tag\"\nkey = \"x\"\nto = 'a\\'\n"),
      "weir.toml:5:1: `rule.to`: line protocol cannot hold a name that ends in a backslash or "
      "has a line feed in it");
  EXPECT_EQ(told("\"drop\"\ntag = \"t\"\n[[rule]]\nname = \"a\"\naction = \"keep\"\n"),
            "weir.toml:6:1: there is another rule named \"a\"; give each its own name");
  EXPECT_EQ(error_of("[rules]\n"), "weir.toml:1:2: unknown key `rules`; did you mean `rule`?");
  std::string many;
  for (std::size_t i = 0; i <= rules_max; ++i) {
    many += "[[rule]]\nname = \"a" + std::to_string(i) + "\"\naction = \"drop\"\ntag = \"t\"\n";
  }
  EXPECT_EQ(error_of(many), "weir.toml:1:3: there are 1001 rules; at most 1000 are taken");
}

TEST(settings_errors, a_mapping_that_cannot_be_is_explained) {
  const std::string sink = "[[sink]]\nname = \"p\"\ntype = \"remote_write\"\nurl = \"http://a\"\n";
  const std::vector<wrong> cases{
      {"mapping = \"template\"\n",
       "weir.toml:5:1: `sink.mapping` is \"template\", and series_name has neither {measurement} "
       "nor "
       "{field} in it; write series_name = \"{measurement}_{field}\", for example"},
      {"series_name = \"{field}\"\n",
       "weir.toml:5:1: `sink.series_name` is for mapping = \"template\"; write that, or take it "
       "out"},
      {"series_name = \"{rp}\"\n",
       "weir.toml:5:1: `sink.series_name`: \"{rp}\" is no placeholder; known are {measurement}, "
       "{field} and {database}"},
      {"database_label = \"a-b\"\n",
       "weir.toml:5:1: `sink.database_label`: \"a-b\" is no label; use letters of a-z and A-Z, "
       "digits "
       "and _"},
      {"policy_label = \"__rp\"\n",
       "weir.toml:5:1: `sink.policy_label`: \"__rp\": labels that begin with __ are Prometheus' "
       "own"},
      {"external_labels = [\"db=x\"]\n",
       "weir.toml:1:1: the label \"db\" is named twice among database_label, policy_label and "
       "external_labels; give each a name of its own"},
      {"mapping = \"flink\"\nexternal_labels = [\"quantile=x\"]\n",
       "weir.toml:1:1: the label \"quantile\" is among database_label, policy_label and "
       "external_labels, and mapping = \"flink\" makes one of that name; give yours another name"},
      {"mapping = \"flink\"\ndatabase_label = \"quantile\"\n",
       "weir.toml:1:1: the label \"quantile\" is among database_label, policy_label and "
       "external_labels, and mapping = \"flink\" makes one of that name; give yours another name"},
      {"mapping = \"flink\"\npolicy_label = \"quantile\"\n",
       "weir.toml:1:1: the label \"quantile\" is among database_label, policy_label and "
       "external_labels, and mapping = \"flink\" makes one of that name; give yours another name"},
      {"external_labels = [\"region\"]\n",
       "weir.toml:5:1: `sink.external_labels`: \"region\" is no label with its value; write for "
       "example "
       "\"region=eu\""},
      {"metadata = [\"a=number\"]\n",
       "weir.toml:5:1: `sink.metadata`: \"a=number\" is no series with its type; write for example "
       "\"http_*_total=counter\"; types are unknown, counter, gauge, histogram, gaugehistogram, "
       "summary, "
       "info, stateset"},
      {"labels = 3\n",
       "weir.toml:5:1: `sink.labels` must be 0 or at least 4: the name, those of database, policy "
       "and "
       "external_labels, and a hash"},
  };
  for (const wrong& each : cases) {
    EXPECT_EQ(error_of(sink + each.text), each.message) << each.text;
  }
}

TEST(settings_errors, later_versions_features_are_refused_plainly) {
  expect_each({
      {"[kafka]\nbrokers = [\"a:1\"]\n",
       "weir.toml:1:2: `kafka`: the keys of a log in Kafka stand in [log]: type = \"kafka\", "
       "brokers "
       "= [\"kafka-1:9092\"], topic = \"weir\""},
      {"[[sink]]\nname = \"k\"\ntype = \"kafka\"\n",
       "weir.toml:3:1: `sink.type`: \"kafka\" is not supported by this version; use \"influxdb\" | "
       "\"remote_write\" | \"file\" | \"stdout\" | \"null\""},
      {"[[sink]]\nname = \"p\"\ntype = \"remote_write\"\nurl = \"http://a\"\n"
       "connections_most = 2\nconnections_least = 3\n",
       "weir.toml:6:1: `sink.connections_least` is more than `sink.connections_most`; it must not "
       "be"},
      {"[[sink]]\nname = \"p\"\ntype = \"remote_write\"\nurl = \"http://a\"\n"
       "connections_most = 65\n",
       "weir.toml:5:1: `sink.connections_most`: 65 is out of range; it must be from 1 to 64 "
       "connections"},
      {"[[sink]]\nname = \"p\"\ntype = \"remote_write\"\nurl = \"http://a\"\nstale_after = "
       "\"2d\"\n",
       "weir.toml:5:1: `sink.stale_after`: 2d is out of range; it must be \"off\", \"auto\", or "
       "from "
       "1s to 1d"},
      {"[[sink]]\nname = \"p\"\ntype = \"remote_write\"\nurl = \"http://a\"\nout_of_order = "
       "\"keep\"\n",
       "weir.toml:5:1: `sink.out_of_order`: \"keep\" is not one of \"drop\" | \"send\""},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\nversion = 4\n",
       "weir.toml:5:1: `sink.version`: 4 is no version of InfluxDB; use 1, 2 or 3"},
      {"[[sink]]\nname = \"p\"\ntype = \"remote_write\"\nurl = \"http://a\"\nversion = 3\n",
       "weir.toml:5:1: `sink.version`: 3 is no version of remote write; use 1 or 2"},
  });
}

TEST(settings_errors, dead_letters) {
  expect_each({
      {"[letters]\nkeep = \"1MiB\"\nline = \"65KiB\"\n",
       "weir.toml:3:1: `letters.line` is more than a sixteenth of `letters.keep`; it must not be"},
      {"[letters]\nkeep = \"1023KiB\"\n",
       "weir.toml:2:1: `letters.keep`: 1023KiB is out of range; it must be from 1MiB to 1TiB"},
      {"[letters]\nsink = \"a\"\n",
       "weir.toml:2:1: unknown key `letters.sink`; did you mean `line`?"},
  });
}

TEST(settings_errors, the_version_of_an_influxdb_decides_which_keys_it_has) {
  expect_each({
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\n"
       "version = 2\n",
       "weir.toml:1:1: sink \"i\" has no org; InfluxDB 2 wants one with each write: org = "
       "\"my-org\", for example"},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\n"
       "version = 2\norg = \"o\"\nusername = \"u\"\n",
       "weir.toml:7:1: `sink.username` applies to version = 1, and \"i\" has version = 2"},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\n"
       "version = 3\nrefuse_missing = true\n",
       "weir.toml:6:1: `sink.refuse_missing` applies to version = 1 and 2, and \"i\" has version = "
       "3"},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\n"
       "token = \"t\"\n",
       "weir.toml:5:1: `sink.token` applies to version = 2 and 3, and \"i\" has version = 1"},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\n"
       "version = 3\norg = \"o\"\n",
       "weir.toml:6:1: `sink.org` applies to version = 2, and \"i\" has version = 3"},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\n"
       "version = 3\ncreate_databases = true\n",
       "weir.toml:6:1: `sink.create_databases` applies to version = 1 and 2, and \"i\" has version "
       "= "
       "3"},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\nversion = 3\n"
       "[database.\"*\"]\nlearn_from = \"i\"\n",
       "weir.toml:7:1: `database.\"*\".learn_from`: \"i\" has version = 3, which nothing is learnt "
       "from; use versions 1 and 2"},
      {"[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a\"\n"
       "version = 2\norg = \"o\"\nbucket = \"{databas}\"\n",
       "weir.toml:7:1: `sink.bucket`: \"{databas}\" is no placeholder; the two that are known are "
       "{database} and {retention_policy}"},
  });
}

TEST(settings_errors, sinks_must_be_whole_and_apart) {
  expect_each({
      {"[[sink]]\ntype = \"null\"\n",
       "weir.toml:1:1: this [[sink]] has no name; write name = \"influx\", for example"},
      {"[[sink]]\nname = \"a\"\n",
       "weir.toml:1:1: this [[sink]] has no type; write type = \"influxdb\", \"remote_write\", "
       "\"file\", \"stdout\" "
       "or \"null\""},
      {"[[sink]]\nname = \"a\"\ntype = \"influxdb\"\n",
       "weir.toml:1:1: sink \"a\" has no url; write url = \"http://127.0.0.1:8087\", for example"},
      {"[[sink]]\nname = \"a\"\ntype = \"remote_write\"\n",
       "weir.toml:1:1: sink \"a\" has no url; write url = \"http://127.0.0.1:9090/api/v1/write\", "
       "for "
       "example"},
      {"[[sink]]\nname = \"a\"\ntype = \"remote_write\"\nurl = \"http://a\"\ntoken = \"t\"\n"
       "username = \"u\"\n",
       "weir.toml:5:1: `sink.token` and `sink.username` exclude each other; give one"},
      {"[[sink]]\nname = \"a\"\ntype = \"remote_write\"\nurl = \"http://a\"\nheaders = [\"x\"]\n",
       "weir.toml:5:1: `sink.headers`: \"x\" is no header; write for example \"X-Scope-OrgID: "
       "team\""},
      {"[[sink]]\nname = \"a\"\ntype = \"remote_write\"\nurl = \"http://a\"\n"
       "headers = [\"Content-type: x\"]\n",
       "weir.toml:5:1: `sink.headers`: Content-type is written by the sink itself; take it out"},
      {"[[sink]]\nname = \"a\"\ntype = \"null\"\nurl = \"http://a\"\n",
       "weir.toml:4:1: `sink.url` applies to sinks of type \"influxdb\" and \"remote_write\", and "
       "\"a\" is of type \"null\"; take it out"},
      {"[[sink]]\nname = \"a\"\ntype = \"file\"\n",
       "weir.toml:1:1: sink \"a\" has no directory; write directory = \"weir-data/lines\", for "
       "example"},
      {"[[sink]]\nname = \"a\"\ntype = \"null\"\nrotate = \"1MiB\"\n",
       "weir.toml:4:1: `sink.rotate` applies to sinks of type \"file\", and \"a\" is of type "
       "\"null\"; take it out"},
      {"[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"tcp://a\"\n",
       "weir.toml:4:1: `sink.url`: it does not start with http:// or https://; write for example "
       "\"http://127.0.0.1:8087\""},
      {"[[sink]]\nname = \"a b\"\ntype = \"null\"\n",
       "weir.toml:2:1: `sink.name`: \"a b\" is no name of a sink; use 1 to 64 letters, digits, _ "
       "and -"},
      {"[[sink]]\nname = \"a\"\ntype = \"null\"\n[[sink]]\nname = \"a\"\ntype = \"null\"\n",
       "weir.toml:5:1: there is another sink named \"a\"; give each its own name"},
      {"[[sink]]\nname = \"a\"\ntype = \"file\"\ndirectory = \"x\"\n"
       "[[sink]]\nname = \"b\"\ntype = \"file\"\ndirectory = \"x\"\n",
       "weir.toml:8:1: sink \"a\" writes to the same directory; give each its own"},
      {"[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"http://a\"\npassword = \"p\"\n",
       "weir.toml:5:1: `sink.password` without `sink.username`; give both or neither"},
      {"[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"http://a\"\nretry_least = \"1m\"\n",
       "weir.toml:5:1: `sink.retry_least` is longer than `sink.retry_most`; it must not be"},
      {"[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"http://a\"\npark_keep = \"1KiB\"\n",
       "weir.toml:5:1: `sink.park_keep`: 1KiB is out of range; it must be from 1MiB to 1024TiB"},
      {"[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"http://a\"\npark_after = 60\n",
       "weir.toml:5:1: `sink.park_after`: it must be a duration with its unit such as \"10s\" or "
       "\"1h30m\", not number 60"},
      {"[[sink]]\nname = \"a\"\ntype = \"file\"\ndirectory = \"x\"\npark_keep = \"1GiB\"\n",
       "weir.toml:5:1: `sink.park_keep` applies to sinks of type \"influxdb\" and "
       "\"remote_write\", "
       "and \"a\" is of type \"file\"; take it out"},
  });
}

TEST(settings_errors, environment_mistakes) {
  expect_each({
      {"[log]\ndirectory = \"${NOWHERE}\"\nkeep = \"1GiB\"\n",
       "weir.toml:2:13: the environment variable NOWHERE is not set; set it, or give a default: "
       "${NOWHERE:-default}"},
      {"[log]\ndirectory = \"x${A B}\"\n",
       "weir.toml:2:13: `${A B}` names no environment variable; write ${NAME}, ${NAME:-default}, "
       "${file:/path}, or $${ for a literal ${"},
      {"[log]\ndirectory = \"${file:/nowhere}\"\n",
       "weir.toml:2:13: the file /nowhere cannot be read: there are no files here"},
      {"[log]\ndirectory = \"${file:here}\"\n",
       "weir.toml:2:13: the file here cannot be read: write its whole path, from the first / on"},
      {"[log]\ndirectory = \"x${A\"\n",
       "weir.toml:2:13: `${` has no closing `}`; write ${NAME}, or $${ for a literal"},
  });
}

TEST(settings_errors, broken_toml_has_a_place) {
  const std::string message = error_of("[http]\nloops = three\n");
  EXPECT_EQ(message.rfind("weir.toml:2:", 0), 0U) << message;
  EXPECT_NE(message.find("this is not TOML"), std::string::npos) << message;
  EXPECT_EQ(error_of("[http]\nloops = 1\nloops = 2\n").rfind("weir.toml:3:", 0), 0U);
  EXPECT_EQ(error_of("\xff").rfind("weir.toml:1:", 0), 0U);
}

TEST(settings_errors, set_is_named_in_its_mistakes) {
  const std::pair<const char*, const char*> cases[] = {
      {"http.loops=x",
       "--set http.loops=x: `http.loops`: it must be a whole number from 0 to 256 threads, not "
       "text"},
      {"http.lops=1", "--set http.lops=1: unknown key `http.lops`; did you mean `loops`?"},
      {"loops", "--set loops: it must be key=value, for example --set log.keep=1GiB"},
      {"=1", "--set =1: it must be key=value, for example --set log.keep=1GiB"},
      {"http..loops=1",
       "--set http..loops=1: it must be key=value, for example --set log.keep=1GiB"},
      {"http.loops.x=1",
       "--set http.loops.x=1: a part of the key before its last is no table; keys are written "
       "section.key, for example http.loops"},
      {"sink.new.directory=out",
       "--set sink.new.directory=out: there is no [[sink]] named \"new\"; to add it, give its type "
       "too: --set sink.new.type=file"},
      {"sink.new.password=[hunter2", "--set sink.new.password=***: the value is not valid TOML: "},
  };
  for (const auto& [set, message] : cases) {
    const std::string told = error_of("[http]\nloops = 1\n", {set});
    EXPECT_EQ(told.rfind(message, 0), 0U) << set << "\n" << told;
    EXPECT_EQ(told.find("hunter2"), std::string::npos);
  }
  // A line feed cannot bring in another key.
  EXPECT_NE(error_of("", {"http.loops=1\nx=2"}), "no error");
}

TEST(settings_errors, all_are_told_in_the_order_of_the_file) {
  const std::string told = error_of(
      "[service]\nlog_level = \"loud\"\n[http]\nloops = 999\nlisen = []\n[limits]\nline = \"1\"\n",
      {"log.keep=x"});
  std::vector<std::string> places;
  for (std::size_t at = 0; at < told.size();) {
    const std::size_t end = std::min(told.find('\n', at), told.size());
    places.push_back(told.substr(at, told.find(": ", at) - at));
    at = end + 1;
  }
  EXPECT_EQ(places, (std::vector<std::string>{"weir.toml:2:1", "weir.toml:4:1", "weir.toml:5:1",
                                              "weir.toml:7:1", "--set log.keep=x"}));
}

TEST(settings_errors, at_most_twenty_are_told) {
  std::string text = "[http]\n";
  for (int i = 0; i < 30; ++i) {
    text += "bad_key_" + std::to_string(i) + " = 1\n";
  }
  const std::string told = error_of(text);
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 20);
  EXPECT_TRUE(told.ends_with("\nand 10 more")) << told;
}

// Whatever stands in a file, the answer is settings or words.
TEST(settings_errors, damaged_configurations_never_crash) {
  const std::string whole =
      show_settings(settings{}) +
      "[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://[::1]:1\"\n"
      "password = \"${X:-y}\"\nbatch = { points = 1, age = \"1s\" }\n";
  const std::string letters = "[]{}=\"'.,\n#$\\-_ 0\xff\x00inf\xc3";
  std::mt19937 random{20'260'802};
  const auto below = [&](std::size_t bound) { return random() % bound; };
  int refused = 0;
  for (int i = 0; i < 3'000; ++i) {
    std::string text = whole;
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = letters[below(letters.size())];
          break;
        case 1:
          text.erase(at, 1 + below(40));
          break;
        case 2:
          text.insert(at, 1, letters[below(letters.size())]);
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(60)));
          break;
      }
    }
    const auto read = read_settings(text, "x", {text.substr(below(text.size()), 30)}, {});
    if (!read.ok()) {
      ++refused;
      ASSERT_FALSE(read.error().message.empty());
    }
  }
  EXPECT_GT(refused, 1'000);
}

TEST(settings_errors, malformed_headers_are_errors) {
  for (const char* text : {"[[[1]]]", "[[[a]]]", "[[[]]", "[[=", "[.", "[[", "[", "a.=1", ".=1",
                           "\xc3\xa9 = 1", "\xd1\x9e'", "a\xc3\xa9", "a = 1 \xd1\x9e"}) {
    EXPECT_NE(error_of(text).find("this is not TOML"), std::string::npos) << text;
  }
}

TEST(settings_errors, deep_nesting_is_refused) {
  std::string text = "[http]\nlisten = ";
  text.append(100'000, '[');
  EXPECT_NE(error_of(text).find("this is not TOML"), std::string::npos);
}

TEST(settings_errors, several_addresses_of_a_sink) {
  const std::string sink = "[[sink]]\nname = \"a\"\ntype = \"influxdb\"\n";
  const auto said = [&](const std::string& lines) { return error_of(sink + lines); };
  EXPECT_EQ(
      said("url = \"http://a\"\nurls = [\"http://b\", \"http://a\"]\n"),
      "weir.toml:5:1: `sink.urls`: `sink.url` and `sink.urls` name different servers; give one "
      "of both");
  EXPECT_NE(said("urls = [\"http://a\", \"http://a\"]\n").find("is in the list twice"),
            std::string::npos);
  EXPECT_NE(said("urls = [\"a:8086\"]\n").find("http://"), std::string::npos);
  EXPECT_NE(said("urls = []\n").find("has no url"), std::string::npos);
  EXPECT_NE(said("urls = [\"http://a\", \"http://127.0.0.1:8086\"]\n"
                 "[http]\nlisten = [\"127.0.0.1:8086\"]\n")
                .find("`sink.urls`: sink \"a\" would deliver to weir itself"),
            std::string::npos);
}

}  // namespace
}  // namespace weir
