// SPDX-License-Identifier: Apache-2.0
//
// Keys of a [[sink]] that say what it gets: filters, where it starts, and what its addresses share.
#include <gtest/gtest.h>

#include "config/keys/keys.hpp"
#include "config/reload/changes.hpp"
#include "config/settings_reader.hpp"
#include "config/sinks/sink_per_address.hpp"

namespace weir {
namespace {

const std::string null_sink = "[[sink]]\nname = \"n\"\ntype = \"null\"\n";
const std::string influx =
    "[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurls = [\"http://a:1\", \"https://b\"]\n";

result<settings> read(const std::string& text) {
  return read_settings(text, "weir.toml", {}, {});
}
settings must_read(const std::string& text) {
  auto got = read(text);
  EXPECT_TRUE(got.ok()) << (got.ok() ? "" : got.error().message);
  return got.ok() ? std::move(got).value() : settings{};
}
std::string error_of(const std::string& text) {
  const auto got = read(text);
  return got.ok() ? "" : got.error().message;
}

TEST(fan_out, a_sink_starts_where_it_says) {
  using place = sink_start::place;
  const auto start = [](const std::string& text) {
    return must_read(null_sink + "start = \"" + text + "\"\n").sinks.at(0).start;
  };
  EXPECT_EQ(must_read(null_sink).sinks.at(0).start, (sink_start{place::oldest, 0}));
  EXPECT_EQ(start("oldest"), (sink_start{place::oldest, 0}));
  EXPECT_EQ(start("now"), (sink_start{place::now, 0}));
  EXPECT_EQ(start("-90s"), (sink_start{place::before, 90'000'000'000}));
  EXPECT_EQ(start("1970-01-01T01:00:02+01:00"), (sink_start{place::time, 2'000'000'000}));
  for (const char* wrong : {"\"12h\"", "\"+12h\"", "\"\"", "\"-\"", "\"-inf\"", "\"newest\"",
                            "\"2026-02-30T00:00:00Z\"", "12", "true"}) {
    EXPECT_NE(error_of(null_sink + "start = " + wrong).find("oldest"), std::string::npos) << wrong;
  }
}

TEST(fan_out, what_is_shown_reads_back_as_the_same) {
  for (const char* key :
       {"start = \"-12h\"", "start = \"2026-01-02T03:04:05.5Z\"", "start = \"now\"",
        "retention_policies = [\"\", \"!x*\"]", "measurements = [\"*\", \"!debug\"]"}) {
    const settings one = must_read(null_sink + key + "\n");
    EXPECT_EQ(must_read(show_settings(one)).sinks, one.sinks) << key;
  }
  const settings many = must_read(influx + "addresses = \"replicate\"\n");
  EXPECT_EQ(must_read(show_settings(many)).sinks, many.sinks);
}

TEST(fan_out, queries_go_to_the_first_influxdb_where_no_sink_says_so) {
  const auto queried = [](const std::string& text) {
    std::string names;
    for (const sink_settings& sink : must_read(text).sinks) {
      const auto* const influxdb = sink.as<influxdb_settings>();
      names += influxdb != nullptr && influxdb->query ? sink.name + " " : "";
    }
    return names;
  };
  const auto sink = [](const std::string& name, const std::string& more = "") {
    return "[[sink]]\nname = \"" + name + "\"\ntype = \"influxdb\"\nurl = \"http://" + name +
           ":1\"\n" + more;
  };
  EXPECT_EQ(queried(null_sink), "");
  EXPECT_EQ(queried(null_sink + sink("a") + sink("b")), "a ");
  EXPECT_EQ(queried(sink("a", "query = false\n") + sink("b")), "");
  EXPECT_EQ(queried(sink("a") + sink("b", "query = true\n")), "b ");
  EXPECT_EQ(queried(sink("a", "query = true\n") + sink("b", "query = true\n")), "a b ");
  EXPECT_EQ(queried(influx + "addresses = \"shard\"\n" + sink("b")), "b ") << "one has not all";
  EXPECT_NE(error_of(influx + "addresses = \"shard\"\nquery = true\n").find("`sink.query` = true"),
            std::string::npos);
}

TEST(fan_out, patterns_that_are_wrong) {
  for (const char* key : {"databases = [\"!\"]", "measurements = [\"\"]", "measurements = []",
                          "retention_policies = []", "measurements = [\"a\", \"a\"]"}) {
    EXPECT_NE(error_of(null_sink + key), "") << key;
  }
}

TEST(fan_out, replicate_makes_a_sink_of_each_address) {
  const settings all = must_read(influx + "addresses = \"replicate\"\nbatch.points = 7\n" +
                                 "[database.\"*\"]\nlearn_from = \"i\"\n");
  ASSERT_EQ(all.sinks.size(), 2U);
  EXPECT_EQ(all.sinks[0].name, "i@a:1");
  EXPECT_EQ(all.sinks[1].name, "i@b:443");
  EXPECT_EQ(all.sinks[1].as<influxdb_settings>()->url, "https://b");
  EXPECT_TRUE(all.sinks[1].as<influxdb_settings>()->urls.empty());
  EXPECT_EQ(all.sinks[1].batch.points, 7U);
  EXPECT_EQ(all.database.at("*").learn_from, "i@a:1");
  EXPECT_EQ(must_read(influx).sinks.size(), 1U) << "failover";
}

TEST(fan_out, replicas_need_names_of_their_own) {
  const std::string two =
      "[[sink]]\nname = \"i\"\ntype = \"influxdb\"\naddresses = \"replicate\"\n";
  EXPECT_NE(error_of(two + "urls = [\"http://a/x\", \"http://a/y\"]\n").find("i@a:80"),
            std::string::npos);
  EXPECT_NE(error_of(influx + "addresses = \"replicate\"\n" +
                     "[[sink]]\nname = \"i@a:1\"\ntype = \"null\"\n"),
            "");
}

TEST(fan_out, addresses_that_share_the_series_know_each_other) {
  const settings all = must_read(influx + "addresses = \"shard\"\n");
  ASSERT_EQ(all.sinks.size(), 2U);
  EXPECT_EQ(all.sinks[0].name, "i@a:1");
  EXPECT_EQ(all.sinks[1].name, "i@b:443");
  ASSERT_TRUE(all.sinks[1].shard);
  EXPECT_EQ(all.sinks[1].shard->group, "i");
  EXPECT_EQ(all.sinks[1].shard->own, "b:443");
  EXPECT_EQ(all.sinks[1].shard->all,
            (std::vector<shard_settings::address>{{"a:1", "http://a:1"}, {"b:443", "https://b"}}));
  EXPECT_FALSE(must_read(influx).sinks[0].shard);
}

TEST(fan_out, one_address_that_shares_is_ready_for_a_second_one) {
  const settings one = must_read(
      "[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurl = \"http://a:1\"\naddresses = \"shard\"\n");
  ASSERT_EQ(one.sinks.size(), 1U);
  EXPECT_EQ(one.sinks[0].name, "i@a:1");
  EXPECT_TRUE(one.sinks[0].shard);
}

TEST(fan_out, sinks_that_share_are_shown_as_they_were_written) {
  const settings all =
      must_read(influx + "addresses = \"shard\"\nremoved_addresses = \"forget\"\n");
  const std::string shown = show_settings(all);
  EXPECT_NE(shown.find("name = \"i\"\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("urls = [\"http://a:1\", \"https://b\"]"), std::string::npos) << shown;
  EXPECT_EQ(must_read(shown).sinks, all.sinks);
  EXPECT_EQ(removed_addresses_of(all.sinks[0]), removed_address_use::forget);
}

TEST(fan_out, a_reload_tells_which_addresses_changed) {
  const settings before = must_read(influx + "addresses = \"shard\"\n");
  const settings after = must_read(
      "[[sink]]\nname = \"i\"\ntype = \"influxdb\"\nurls = [\"http://a:1\", \"http://c\"]\n"
      "addresses = \"shard\"\n");
  const auto changes = compare_settings(before, after);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(
      changes[0].words(),
      "sink \"i\".urls: from [\"http://a:1\", \"https://b\"] to [\"http://a:1\", \"http://c\"]");
}

}  // namespace
}  // namespace weir
