// SPDX-License-Identifier: Apache-2.0
//
// What "auto" becomes, by the kinds of sinks that take a database.
#include "config/checks/automatic.hpp"

#include <gtest/gtest.h>

#include "config/settings_reader.hpp"

namespace weir {
namespace {

influxdb_settings influxdb(std::uint32_t version) {
  influxdb_settings made;
  made.version = version;
  return made;
}

sink_settings sink(sink_kind_settings kind, std::vector<std::string> databases) {
  sink_settings made;
  made.name = "s";
  made.kind = std::move(kind);
  made.databases = std::move(databases);
  return made;
}

const takers no_taker{};
const takers one{.influxdb_1 = true};
const takers two{.influxdb_2 = true};
const takers both{.influxdb_1 = true, .influxdb_2 = true};
const takers prometheus{.remote_write = true};
const takers file{.file = true};
const takers three{.influxdb_3 = true};
const takers two_and_file{.influxdb_2 = true, .file = true};
const takers two_and_prometheus{.influxdb_2 = true, .remote_write = true};
const takers one_and_prometheus{.influxdb_1 = true, .remote_write = true};

TEST(automatic, unsigned_values_are_integers_only_where_an_influxdb_1_takes_them) {
  for (const takers& by : {no_taker, one, both, one_and_prometheus}) {
    EXPECT_EQ(settled({}, by).unsigned_values, unsigned_mode::integer);
  }
  for (const takers& by : {two, prometheus, file, two_and_file, two_and_prometheus}) {
    EXPECT_EQ(settled({}, by).unsigned_values, unsigned_mode::native);
  }
}

TEST(automatic, names) {
  for (const takers& by : {two, both, two_and_file, two_and_prometheus}) {
    EXPECT_EQ(settled({}, by).reserved_tags, name_mode::reject);
    EXPECT_EQ(settled({}, by).time_key, name_mode::drop_field);
  }
  for (const takers& by : {no_taker, one, file, one_and_prometheus}) {
    EXPECT_EQ(settled({}, by).reserved_tags, name_mode::pass);
    EXPECT_EQ(settled({}, by).time_key, name_mode::drop_field);
  }
  EXPECT_EQ(settled({}, prometheus).time_key, name_mode::pass);
}

TEST(automatic, in_front_of_an_influxdb_3) {
  const database_settings made = settled({}, three);
  EXPECT_EQ(made.tag_and_field, name_mode::rename);
  EXPECT_EQ(made.unsigned_values, unsigned_mode::native);
  EXPECT_EQ(made.reserved_tags, name_mode::pass);
  EXPECT_EQ(made.time_key, name_mode::drop_field);
  EXPECT_EQ(made.tag_count, shield_mode::pass);
  EXPECT_EQ(made.long_strings, shield_mode::pass);
  EXPECT_FALSE(settled({}, {.remote_write = true, .influxdb_3 = true}).one_number_type);
  EXPECT_EQ(settled_word({}, "tag_and_field", three), "rename");
  for (const takers& by : {no_taker, one, two, both, prometheus, file}) {
    EXPECT_EQ(settled({}, by).tag_and_field, name_mode::pass);
  }
}

TEST(automatic, shields) {
  for (const takers& by : {no_taker, one, both, one_and_prometheus}) {
    EXPECT_EQ(settled({}, by).tag_count, shield_mode::reject);
  }
  for (const takers& by : {two, prometheus, file, two_and_prometheus}) {
    EXPECT_EQ(settled({}, by).tag_count, shield_mode::pass);
  }
  EXPECT_EQ(settled({}, both).long_strings, shield_mode::reject);
  EXPECT_EQ(settled({}, one).long_strings, shield_mode::pass);
}

TEST(automatic, what_is_set_stays) {
  const database_settings set{.unsigned_values = unsigned_mode::reject,
                              .time_key = name_mode::drop,
                              .reserved_tags = name_mode::pass,
                              .tag_and_field = name_mode::pass,
                              .tag_count = shield_mode::pass,
                              .long_strings = shield_mode::pass};
  const database_settings made = settled(set, both);
  EXPECT_EQ(made.unsigned_values, unsigned_mode::reject);
  EXPECT_EQ(made.time_key, name_mode::drop);
  EXPECT_EQ(made.reserved_tags, name_mode::pass);
  EXPECT_EQ(made.tag_count, shield_mode::pass);
  EXPECT_EQ(made.long_strings, shield_mode::pass);
  for (const char* key :
       {"unsigned", "time_key", "reserved_tags", "tag_and_field", "tag_count", "long_strings"}) {
    EXPECT_EQ(settled_word(set, key, both), std::nullopt) << key;
    EXPECT_NE(settled_word({}, key, both), std::nullopt) << key;
  }
  EXPECT_EQ(settled_word({}, "utf8", both), std::nullopt);
}

TEST(automatic, each_database_has_its_own_sinks) {
  settings configured;
  configured.sinks = {sink(influxdb(1), {"one", "m*"}), sink(influxdb(2), {"two", "m*"}),
                      sink(file_settings{}, {"*"})};
  configured.database["two/week"] = {.unsigned_values = unsigned_mode::reject};
  configured.database["mixed"] = {};
  const settled_policies policies(configured);
  EXPECT_EQ(policies.find("one", "").unsigned_values, unsigned_mode::integer);
  EXPECT_EQ(policies.find("two", "").unsigned_values, unsigned_mode::native);
  EXPECT_EQ(policies.find("two", "day").unsigned_values, unsigned_mode::native);
  EXPECT_EQ(policies.find("two", "week").unsigned_values, unsigned_mode::reject);
  EXPECT_EQ(policies.find("two", "week").reserved_tags, name_mode::reject);
  EXPECT_EQ(policies.find("mixed", "").unsigned_values, unsigned_mode::integer);
  EXPECT_EQ(policies.find("mixed", "").reserved_tags, name_mode::reject);
  EXPECT_EQ(policies.find("other", "").unsigned_values, unsigned_mode::native);
  EXPECT_EQ(policies.find("other", "").reserved_tags, name_mode::pass);
  EXPECT_TRUE(policies.takers_of("more").influxdb_1);
  EXPECT_FALSE(policies.takers_of("other").influxdb_2);
}

TEST(automatic, numbers_are_alike_where_only_prometheus_takes_a_database) {
  EXPECT_TRUE(settled({}, prometheus).one_number_type);
  for (const takers& by : {no_taker, one, two, file, two_and_prometheus, one_and_prometheus}) {
    EXPECT_FALSE(settled({}, by).one_number_type);
  }
  settings configured;
  configured.sinks = {sink(remote_write_settings{}, {"*"}), sink(influxdb(1), {"one"})};
  const settled_policies policies(configured);
  EXPECT_TRUE(policies.find("other", "").one_number_type);
  EXPECT_FALSE(policies.find("one", "").one_number_type);
}

TEST(automatic, is_shown_as_a_comment_that_reads_back) {
  settings configured;
  configured.sinks = {sink(null_settings{}, {"*"})};
  const std::string shown = show_settings(configured);
  EXPECT_NE(shown.find("unsigned = \"auto\"  # here \"pass\"\n"), std::string::npos) << shown;
  EXPECT_TRUE(read_settings(shown, "shown", {}, {}).ok());
  configured.sinks.push_back(sink(influxdb(2), {"x"}));
  configured.sinks.back().name = "t";
  EXPECT_NE(show_settings(configured).find("\"auto\"  # by the sinks of each database\n"),
            std::string::npos);
}

}  // namespace
}  // namespace weir
