// SPDX-License-Identifier: Apache-2.0
//
// A log in Kafka, and the roles of a process: what their keys take, what mistakes are told, what is
// warned of, and that no secret of log.client is shown.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/checks/warnings.hpp"
#include "config/reload/changes.hpp"
#include "config/secrets.hpp"
#include "config/settings_reader.hpp"
#include "unit/config/told_mistakes.hpp"

namespace weir {
namespace {

constexpr std::string_view secret = "hunter2-secret";

settings must_read(const std::string& text, const std::vector<std::string>& sets = {}) {
  auto read = read_settings(text, "weir.toml", sets, {});
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return read.ok() ? std::move(read).value() : settings{};
}

const std::string in_kafka = "[log]\ntype = \"kafka\"\nbrokers = [\"kafka-1:9092\"]\n";

bool any_has(const std::vector<std::string>& lines, std::string_view words) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.find(words) != std::string::npos;
  });
}

TEST(kafka_settings, are_read_and_shown) {
  const settings read = must_read(
      "[log]\ntype = \"kafka\"\nbrokers = [\"kafka-1:9092\", \"[::1]:9093\"]\ntopic = \"t.1\"\n"
      "shards = 12\nreplication = 3\nproduce_timeout = \"3s\"\ncommit_interval = \"250ms\"\n"
      "read_ahead = \"8MiB\"\ngroup = \"g\"\nclient = [\"security.protocol=SSL\"]\n"
      "[service]\nroles = [\"sinks\"]\n");
  const kafka_settings& kafka = read.log.kafka;
  EXPECT_EQ(read.log.type, log_type::kafka);
  EXPECT_EQ(kafka.brokers, (std::vector<std::string>{"kafka-1:9092", "[::1]:9093"}));
  EXPECT_EQ(kafka.topic, "t.1");
  EXPECT_EQ(kafka.shards, 12U);
  EXPECT_EQ(kafka.replication, 3U);
  EXPECT_EQ(kafka.produce_timeout, milliseconds{3000});
  EXPECT_EQ(kafka.commit_interval, milliseconds{250});
  EXPECT_EQ(kafka.read_ahead, std::uint64_t{8} << 20);
  EXPECT_EQ(kafka.group, "g");
  EXPECT_EQ(kafka.client, std::vector<std::string>{"security.protocol=SSL"});
  EXPECT_TRUE(has_role(read, "sinks"));
  EXPECT_FALSE(has_role(read, "intake"));
  EXPECT_EQ(must_read(show_settings(read)), read) << "what is shown can be read again";
}

TEST(kafka_settings, state_stays_where_a_local_log_would_be) {
  const settings read = must_read(in_kafka + "directory = \"there\"\n");
  EXPECT_EQ(log_directory_of(read), "");
  EXPECT_EQ(state_directory_of(read), "there");
}

TEST(kafka_settings, brokers_that_are_none_are_told_what_was_meant) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"kafka-1", "its port is missing; did you mean \"kafka-1:9092\"?"},
      {"kafka-1:", "its port is missing; did you mean \"kafka-1:9092\"?"},
      {"10.0.0.1", "did you mean \"10.0.0.1:9092\"?"},
      {"kafka-1:0", "its port must be a number from 1 to 65535"},
      {"kafka-1:65536", "its port must be a number from 1 to 65535"},
      {"kafka-1:99999999999999999999", "its port must be a number from 1 to 65535"},
      {"kafka-1:kafka", "its port must be a number from 1 to 65535"},
      {"a:9092,b:9092", "write each broker as a text of its own"},
      {"SASL_SSL://a:9093",
       "write \"a:9093\", and how it is spoken with in log.client, as "
       "\"security.protocol=SASL_SSL\""},
      {"::1:9092", "write HOST:PORT, as in \"kafka-1:9092\" or \"[::1]:9092\""},
      {":9092", "write HOST:PORT"},
      {"", "write HOST:PORT"},
      {"a b:9092", "write HOST:PORT"},
  };
  for (const auto& [broker, words] : cases) {
    const std::string told = error_of("[log]\ntype = \"kafka\"\nbrokers = [\"" + broker + "\"]\n");
    EXPECT_NE(told.find("`log.brokers`: \"" + broker + "\" is no broker's address; "),
              std::string::npos)
        << told;
    EXPECT_NE(told.find(words), std::string::npos) << told;
  }
}

TEST(kafka_settings, mistakes) {
  expect_each({
      {"[log]\ntype = \"kafka\"\n",
       "weir.toml:2:1: `log.type` is \"kafka\", and `log.brokers` names none: write some of the "
       "cluster's, as in brokers = [\"kafka-1:9092\"]"},
      {"[log]\nbroker = [\"a:1\"]\n",
       "weir.toml:2:1: unknown key `log.broker`; did you mean `brokers`?"},
      {"[log]\nbrokers = \"a:1\"\n",
       "weir.toml:2:1: `log.brokers`: it must be a list of text such as [\"kafka-1:9092\", "
       "\"kafka-2:9092\"], not text"},
      {"[log]\ntype = \"redpanda\"\n",
       "weir.toml:2:1: `log.type`: \"redpanda\" is not one of \"local\" | \"memory\" | \"kafka\"; "
       "did you mean \"kafka\"?"},
      {"[log]\nshards = 10001\n",
       "weir.toml:2:1: `log.shards`: 10001 is out of range; it must be from 0 to 10000 partitions"},
      {"[log]\ntopic = \"a b\"\n",
       "weir.toml:2:1: `log.topic`: \"a b\" is no name for Kafka: 1 to 200 letters, digits, '.', "
       "'_' and '-'"},
      {"[log]\ntopic = \"..\"\n",
       "weir.toml:2:1: `log.topic`: \"..\" is no name for Kafka: 1 to 200 letters, digits, '.', "
       "'_' and '-'"},
      {"[log]\nproduce_timeout = \"50ms\"\n",
       "weir.toml:2:1: `log.produce_timeout`: 50ms is out of range; it must be from 100ms to 5m"},
      {"[log]\ntype = \"kafka\"\nbrokers = [\"a:1\"]\nacknowledge = \"synced\"\nreplication = 1\n",
       "weir.toml:5:1: `log.replication` is 1: one machine's loss takes the only copy, which "
       "`log.acknowledge` = \"synced\" promises not to happen; write 3 (or 2), or acknowledge = "
       "\"written\""},
      {"[log]\nclient = [\"acks=1\"]\n",
       "weir.toml:2:1: `log.client`: acks is weir's own to set; take it out"},
      {"[log]\nclient = [\"sasl.username\"]\n",
       "weir.toml:2:1: `log.client`: each property is written NAME=VALUE, as in "
       "\"security.protocol=SASL_SSL\"; one has no '='"},
  });
}

TEST(kafka_settings, roles) {
  expect_each({
      {"[service]\nroles = [\"sink\"]\n",
       "weir.toml:2:1: `service.roles`: \"sink\" is no role; there are \"intake\" and \"sinks\"; "
       "did you mean \"sinks\"?"},
      {"[service]\nroles = [\"ingest\"]\n",
       "weir.toml:2:1: `service.roles`: \"ingest\" is no role; there are \"intake\" and \"sinks\"; "
       "did you mean \"intake\"?"},
      {"[service]\nroles = []\n",
       "weir.toml:2:1: `service.roles`: the list is empty; write at least one, as in [\"intake\", "
       "\"sinks\"]"},
      {"[service]\nroles = [\"sinks\", \"sinks\"]\n",
       "weir.toml:2:1: `service.roles`: \"sinks\" is in the list twice; take one out"},
      {"[service]\nroles = \"sinks\"\n",
       "weir.toml:2:1: `service.roles`: it must be a list of text such as [\"intake\", \"sinks\"], "
       "not text"},
      {"[service]\nroles = [\"intake\"]\n",
       "weir.toml:2:1: `service.roles`: what one process takes another can deliver only if both "
       "have the same log; with log.type \"local\" or \"memory\" the roles are \"intake\" and "
       "\"sinks\" together"},
  });
  EXPECT_TRUE(has_role(must_read("[service]\nroles = [\"sinks\", \"intake\"]\n"), "intake"))
      << "their order does not count";
}

TEST(kafka_settings, what_one_of_several_processes_does_is_told) {
  const std::string sink = "[[sink]]\nname = \"influx\"\ntype = \"influxdb\"\nurl = \"http://x\"\n";
  const settings intake = must_read(in_kafka + sink, {"service.roles=[\"intake\"]"});
  EXPECT_TRUE(any_has(notes_of(intake),
                      "this weir delivers nothing; another one with the role "
                      "\"sinks\" does. Of \"influx\" it only reads"));
  EXPECT_TRUE(warnings_of(intake).empty());

  const settings bare = must_read(in_kafka, {"service.roles=[\"intake\"]"});
  EXPECT_TRUE(any_has(notes_of(bare), "settled as without a [[sink]]"));
  EXPECT_TRUE(warnings_of(bare).empty()) << "that nobody delivers is another one's to warn of";

  const settings sinks = must_read(in_kafka + sink + "[[udp]]\nlisten = \"127.0.0.1:1\"\n[[tcp]]\n",
                                   {"service.roles=[\"sinks\"]"});
  EXPECT_TRUE(any_has(notes_of(sinks), "takes no writes and answers them 503"));
  EXPECT_TRUE(any_has(notes_of(sinks), "Not opened: udp 127.0.0.1:1, tcp 127.0.0.1:8094"));

  EXPECT_TRUE(any_has(warnings_of(must_read(in_kafka, {"service.roles=[\"sinks\"]"})),
                      "this weir does nothing"));
  EXPECT_TRUE(any_has(warnings_of(must_read(in_kafka)), "the topic weir, until its retention.ms"));
  EXPECT_TRUE(notes_of(must_read(in_kafka + sink)).empty()) << "both roles are nothing to tell";
}

TEST(kafka_settings, brokers_without_kafka_are_warned_of) {
  const settings read =
      must_read("[log]\nbrokers = [\"a:1\"]\n", {"sink.a.type=file", "sink.a.directory=x"});
  EXPECT_TRUE(any_has(warnings_of(read), "Kafka is not used; write type = \"kafka\""));
}

TEST(kafka_settings, secrets_are_shown_nowhere) {
  const std::string text =
      in_kafka + "client = [\"security.protocol=SASL_SSL\", \"sasl.username=weir\", " +
      "\"sasl.password=hunter2-secret\", \"ssl.key.password=hunter2-secret\", "
      "\"sasl.oauthbearer.client.secret=hunter2-secret\", \"ssl.key.pem=hunter2-secret\"]\n";
  const settings read = must_read(text);
  const std::string shown = show_settings(read);
  EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
  EXPECT_NE(shown.find("client = [\"security.protocol=SASL_SSL\", \"sasl.username=weir\", "
                       "\"sasl.password=***\", \"ssl.key.password=***\""),
            std::string::npos)
      << shown;
  const std::vector<std::string> secrets = secrets_of(read);
  EXPECT_EQ(without_secrets("sasl: hunter2-secret was refused", secrets), "sasl: *** was refused");

  for (const std::string& wrong : {
           text + "keep = \"hunter2-secret\"\n",
           in_kafka + "client = [\"hunter2-secret\"]\n",
           in_kafka + "client = \"sasl.password=hunter2-secret\"\n",
           in_kafka + "client = [\"sasl.password=hunter2-secret\", \"x\"]\n",
           in_kafka + "client = [\"sasl.password=hunter2-secret\", "
                      "\"sasl.password=hunter2-secret\"]\n",
           in_kafka + "clients = [\"sasl.password=hunter2-secret\"]\n",
       }) {
    const std::string told = error_of(wrong);
    EXPECT_NE(told, "no error") << wrong;
    EXPECT_EQ(told.find(secret), std::string::npos) << told;
  }
  for (const char* set :
       {"log.client=[\"sasl.password=hunter2-secret\"", "log.client=hunter2-secret",
        "log.clients=[\"sasl.password=hunter2-secret\"]"}) {
    const std::string told = error_of(in_kafka, {set});
    EXPECT_NE(told, "no error") << set;
    EXPECT_EQ(told.find(secret), std::string::npos) << told;
  }
}

TEST(kafka_settings, a_property_twice_is_told_without_its_values) {
  EXPECT_EQ(error_of("[log]\nclient = [\"sasl.password=a-secret\", \"sasl.password=other\"]\n"),
            "weir.toml:2:1: `log.client`: sasl.password is in the list twice; take one out");
}

TEST(kafka_settings, a_reload_says_what_needs_a_restart_and_shows_no_secret) {
  const auto with = [](const std::string& password) {
    return must_read(in_kafka + "client = [\"sasl.password=" + password + "\"]\n");
  };
  const auto changes = compare_settings(with("hunter2-secret"), with("hunter3-secret"));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].words(), "log: a secret: changed: needs a restart");

  settings other = must_read(in_kafka, {"log.topic=t2", "service.roles=[\"sinks\"]"});
  std::vector<std::string> told;
  for (const auto& change : compare_settings(must_read(in_kafka), other)) {
    told.push_back(change.words());
  }
  EXPECT_EQ(told, (std::vector<std::string>{
                      "log.topic: from \"weir\" to \"t2\": needs a restart",
                      "service.roles: from [\"intake\", \"sinks\"] to [\"sinks\"]: needs a "
                      "restart"}));
}

}  // namespace
}  // namespace weir
