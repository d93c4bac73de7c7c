// SPDX-License-Identifier: Apache-2.0
//
// What is warned of, which sinks are off, and which configuration serves.
#include "config/checks/warnings.hpp"

#include <gtest/gtest.h>

#include "config/settings_reader.hpp"

namespace weir {
namespace {

settings must_read(const std::string& text, const std::vector<std::string>& sets = {}) {
  auto read = read_settings(text, "weir.toml", sets, {});
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return read.ok() ? std::move(read).value() : settings{};
}

std::string only_warning(const settings& from) {
  const auto all = warnings_of(from);
  return all.size() == 1 ? all.front() : std::to_string(all.size()) + " warnings";
}

void expect_words(const std::string& told, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    EXPECT_NE(told.find(word), std::string::npos) << word << " in " << told;
  }
}

TEST(warnings, no_sink_says_what_happens_with_the_points) {
  expect_words(only_warning(must_read("", {"log.directory=there", "log.keep=7GiB"})),
               {"no [[sink]]", "204", "log in there", "log.keep = 7GiB", "oldest are discarded"});
  expect_words(only_warning(must_read("", {"log.type=memory"})),
               {"no [[sink]]", "memory", "limits.memory = 512MiB"});
  EXPECT_NE(only_warning(must_read("sink = []")).find("no [[sink]]"), std::string::npos);
}

TEST(warnings, sinks_that_deliver_to_nowhere) {
  expect_words(only_warning(must_read("", {"sink.a.type=null"})), {"null", "thrown away"});
  EXPECT_TRUE(warnings_of(must_read("", {"sink.a.type=null", "sink.b.type=influxdb",
                                         "sink.b.url=http://x"}))
                  .empty());
}

TEST(warnings, databases_that_no_sink_takes) {
  const std::string sink = "[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"http://x\"\n";
  expect_words(only_warning(must_read(sink + "databases = [\"flink*\", \"a?\"]\n"
                                             "[[udp]]\ndatabase = \"metrics/rp\"\n"
                                             "[database.flink]\n[database.other]\n")),
               {"\"flink*\", \"a?\"", "reach no database", "\"metrics\"", "\"other\")"});
  EXPECT_TRUE(warnings_of(must_read(sink)).empty());
  EXPECT_TRUE(warnings_of(must_read(sink + "databases = [\"x\", \"**\"]\n")).empty());
}

TEST(warnings, a_sink_that_is_only_if_alone) {
  const std::string lines =
      "[[sink]]\nname = \"lines\"\ntype = \"file\"\ndirectory = \"l\"\nonly_if_alone = true\n";
  const settings alone = must_read(lines);
  ASSERT_EQ(alone.sinks.size(), 1U);
  EXPECT_TRUE(alone.sinks_off.empty());
  EXPECT_TRUE(notes_of(alone).empty());

  const settings beside =
      must_read(lines, {"sink.influx.type=influxdb", "sink.influx.url=http://x"});
  ASSERT_EQ(beside.sinks.size(), 1U);
  EXPECT_EQ(beside.sinks[0].name, "influx");
  ASSERT_EQ(notes_of(beside).size(), 1U);
  expect_words(notes_of(beside)[0], {"\"lines\" is off", "only_if_alone = false"});

  EXPECT_EQ(must_read(lines, {"sink.influx.type=influxdb", "sink.influx.url=http://x",
                              "sink.lines.only_if_alone=false"})
                .sinks.size(),
            2U);
  EXPECT_EQ(must_read(lines, {"sink.b.type=null", "sink.b.only_if_alone=true"}).sinks.size(), 2U)
      << "none of them has another beside it";
}

TEST(warnings, a_sink_that_is_off_is_not_asked) {
  const auto read = read_settings(
      "[database.\"*\"]\nlearn_from = \"a\"\n"
      "[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"http://x\"\nonly_if_alone = true\n"
      "[[sink]]\nname = \"b\"\ntype = \"null\"\n",
      "weir.toml", {}, {});
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message.find("learn_from"), std::string::npos);
}

TEST(configuration_place, the_nearest_one_serves) {
  const environment with{{"WEIR_CONFIG", "/from/env.toml"}};
  const environment empty{{"WEIR_CONFIG", ""}};
  const auto yes = [](const std::string& path) { return path == "/etc/weir/weir.toml"; };
  const auto no = [](const std::string&) { return false; };
  EXPECT_EQ(find_configuration("a.toml", with, yes).path, "a.toml");
  EXPECT_EQ(find_configuration("", with, yes).path, "/from/env.toml");
  EXPECT_EQ(find_configuration("", empty, yes).path, "/etc/weir/weir.toml");
  EXPECT_EQ(find_configuration("", {}, yes).path, "/etc/weir/weir.toml");
  EXPECT_EQ(find_configuration("", {}, no).path, "");

  EXPECT_EQ(find_configuration("a.toml", with, yes).words(), "a.toml (--config)");
  EXPECT_EQ(find_configuration("", with, yes).words(), "/from/env.toml (from WEIR_CONFIG)");
  EXPECT_EQ(find_configuration("", {}, yes).words(),
            "/etc/weir/weir.toml (no --config, no WEIR_CONFIG)");
  EXPECT_EQ(find_configuration("", {}, no).words(),
            "built-in defaults (no --config, no WEIR_CONFIG, no /etc/weir/weir.toml)");
}

TEST(warnings, users_without_tls_are_noted) {
  settings all;
  all.http.listen = {"127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/weir/a", "0.0.0.0:2"};
  EXPECT_TRUE(notes_of(all).empty()) << "there are no users";
  all.users.push_back({.name = "ann", .password = "secret"});
  ASSERT_EQ(notes_of(all).size(), 1U);
  EXPECT_EQ(notes_of(all).front(),
            "users send passwords and tokens to 0.0.0.0:2 in the clear: set http.tls, unless a "
            "proxy before weir speaks TLS, or the network is trusted");
  all.http.tls.certificate = "cert.pem";
  EXPECT_TRUE(notes_of(all).empty());
}

}  // namespace
}  // namespace weir
