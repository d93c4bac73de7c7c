// SPDX-License-Identifier: Apache-2.0
//
// conf/weir.toml is the documentation that users read: it must parse, name every key, and state
// the defaults that are built in.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "config/settings_reader.hpp"

namespace weir {
namespace {

std::string conf_file() {
  std::ifstream file{WEIR_SOURCE_DIR "/conf/weir.toml"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The file with its commented-out sink switched on: lines with a single # at their very start.
std::string with_examples(const std::string& text) {
  std::istringstream lines{text};
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    const bool example = line.size() > 1 && line[0] == '#' && line[1] != ' ' && line[1] != '#';
    all += (example ? line.substr(1) : line) + "\n";
  }
  return all;
}

settings must_read(const std::string& text) {
  auto read = read_settings(text, "conf/weir.toml", {}, {});
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return read.ok() ? std::move(read).value() : settings{};
}

TEST(conf_file, states_the_built_in_defaults_and_one_file_sink) {
  settings read = must_read(conf_file());
  ASSERT_EQ(read.sinks.size(), 1U);
  ASSERT_NE(read.sinks[0].as<file_settings>(), nullptr);
  EXPECT_EQ(read.sinks[0].as<file_settings>()->directory, "weir-data/lines");
  settings expected;
  sink_settings& lines = expected.sinks.emplace_back();
  lines.name = "lines";
  lines.kind.emplace<file_settings>().directory = "weir-data/lines";
  lines.only_if_alone = true;
  EXPECT_EQ(show_settings(read), show_settings(expected));
}

TEST(conf_file, the_example_sinks_state_the_built_in_defaults) {
  settings read = must_read(with_examples(conf_file()));
  ASSERT_EQ(read.sinks.size(), 2U) << "the first user's file is off beside others";
  EXPECT_EQ(read.sinks_off, std::vector<std::string>{"lines"});
  settings expected;
  expected.udp.emplace_back();
  expected.tcp.emplace_back();
  expected.users.push_back(
      {.name = "telegraf",
       .token = "change-me",
       .databases = {
           {.pattern = "telegraf*", .rights = static_cast<std::uint8_t>(user_right::write)}}});
  expected.rules.push_back({.name = "no-debug", .measurement = "debug_.*"});
  expected.rules.push_back({.name = "hosts",
                            .action = rule_action::rename,
                            .what = rule_subject::tag,
                            .key = "host_?name",
                            .to = "host"});
  sink_settings& influx = expected.sinks.emplace_back();
  influx.name = "influx";
  influx.kind.emplace<influxdb_settings>().url = "http://127.0.0.1:8087";
  sink_settings& prometheus = expected.sinks.emplace_back();
  prometheus.name = "prometheus";
  prometheus.kind.emplace<remote_write_settings>().url = "http://127.0.0.1:9090/api/v1/write";
  expected.sinks_off = read.sinks_off;
  EXPECT_EQ(show_settings(read), show_settings(expected));
}

TEST(conf_file, names_every_key) {
  const std::string text = "\n" + with_examples(conf_file());
  const auto keys = known_keys();
  EXPECT_GE(keys.size(), 40U);
  for (const key_description& key : keys) {
    EXPECT_NE(text.find("\n" + key.name + " = "), std::string::npos)
        << key.section << "." << key.name;
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_FALSE(key.default_value.empty()) << key.name;
  }
}

}  // namespace
}  // namespace weir
