// SPDX-License-Identifier: Apache-2.0
//
// What a right configuration means: values, defaults, the environment, --set, merged databases,
// and that what is shown reads back as the same.
#include "config/settings_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weir {
namespace {

using std::chrono::hours;

settings must_read(std::string_view text, const std::vector<std::string>& sets = {},
                   const environment& env = {}) {
  auto read = read_settings(text, "weir.toml", sets, env);
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return read.ok() ? std::move(read).value() : settings{};
}

TEST(settings_reader, nothing_written_gives_the_defaults) {
  EXPECT_EQ(show_settings(must_read("")), show_settings(settings{}));
}

TEST(settings_reader, every_kind_of_value_is_read) {
  const settings read = must_read(R"(
    [http]
    listen = ["127.0.0.1:0", "unix:/tmp/w.sock"]
    loops = 3
    body_limit = "1MiB"
    head_limit = 2048
    head_timeout = "1s500ms"
    [log]
    type = "memory"
    acknowledge = "received"
    compression = "none"
    when_full = "discard-oldest"
    [[sink]]
    name = "influx"
    type = "influxdb"
    version = 1
    url = "http://127.0.0.1:8087"
    username = "u"
    password = "p"
    required = false
    create_databases = false
    databases = ["flink*", "ops"]
    batch = { bytes = "1MB", points = 5, age = "20ms" }
    [[sink]]
    name = "lines"
    type = "file"
    directory = "out"
    batch.points = 7
    [[sink]]
    name = "nowhere"
    type = "null"
    [service]
    log_level = "debug"
  )");
  EXPECT_EQ(read.http.listen, (std::vector<std::string>{"127.0.0.1:0", "unix:/tmp/w.sock"}));
  EXPECT_EQ(read.http.loops, 3U);
  EXPECT_EQ(read.http.body_limit, 1'048'576U);
  EXPECT_EQ(read.http.head_limit, 2'048U);
  EXPECT_EQ(read.http.head_timeout, milliseconds{1'500});
  EXPECT_EQ(read.log.type, log_type::memory);
  EXPECT_EQ(read.log.acknowledge, acknowledge_mode::received);
  EXPECT_EQ(read.log.compression, compression_mode::none);
  EXPECT_EQ(read.log.when_full, when_full_mode::discard_oldest);
  ASSERT_EQ(read.sinks.size(), 3U);
  ASSERT_NE(read.sinks[0].as<influxdb_settings>(), nullptr);
  EXPECT_EQ(read.sinks[0].as<influxdb_settings>()->url, "http://127.0.0.1:8087");
  EXPECT_EQ(read.sinks[0].as<influxdb_settings>()->password, "p");
  EXPECT_FALSE(read.sinks[0].required);
  EXPECT_FALSE(read.sinks[0].as<influxdb_settings>()->create_databases);
  EXPECT_EQ(read.sinks[0].databases, (std::vector<std::string>{"flink*", "ops"}));
  EXPECT_EQ(read.sinks[0].batch.bytes, 1'000'000U);
  EXPECT_EQ(read.sinks[0].batch.points, 5U);
  EXPECT_EQ(read.sinks[0].batch.age, milliseconds{20});
  EXPECT_EQ(read.sinks[1].as<file_settings>()->directory, "out");
  EXPECT_EQ(read.sinks[1].batch.points, 7U);
  EXPECT_EQ(read.sinks[1].batch.bytes, batch_settings{}.bytes);
  ASSERT_NE(read.sinks[2].as<null_settings>(), nullptr);
  EXPECT_EQ(read.service.log_level, "debug");
}

TEST(settings_reader, udp_listeners_and_an_influxdb_of_version_2) {
  const settings read = must_read(R"(
    [[udp]]
    listen = "[::1]:8089"
    database = "flink/one_hour"
    precision = "ms"
    receive_buffer = "16MiB"
    datagram_limit = "8KiB"
    [[udp]]
    listen = "127.0.0.1:0"
    precision = "u"
    [[udp]]
    listen = "127.0.0.1:0"
    [[sink]]
    name = "influx"
    type = "influxdb"
    version = 2
    url = "http://127.0.0.1:8087"
    token = "t"
    org = "o"
    bucket = "{database}-x"
  )");
  ASSERT_EQ(read.udp.size(), 3U);
  EXPECT_EQ(read.udp[0].listen, "[::1]:8089");
  EXPECT_EQ(read.udp[0].database, "flink/one_hour");
  EXPECT_EQ(read.udp[0].unit_ns, 1'000'000);
  EXPECT_EQ(read.udp[0].receive_buffer, 16U << 20);
  EXPECT_EQ(read.udp[0].datagram_limit, 8192U);
  EXPECT_EQ(read.udp[1].unit_ns, 1'000);
  EXPECT_EQ(read.udp[2].database, "udp");
  ASSERT_EQ(read.sinks.size(), 1U);
  EXPECT_EQ(read.sinks[0].as<influxdb_settings>()->version, 2U);
  EXPECT_EQ(read.sinks[0].as<influxdb_settings>()->token, "t");
  EXPECT_EQ(read.sinks[0].as<influxdb_settings>()->organization, "o");
  EXPECT_EQ(read.sinks[0].as<influxdb_settings>()->bucket, "{database}-x");
  const std::string shown = show_settings(read);
  EXPECT_NE(shown.find("precision = \"us\""), std::string::npos);
  EXPECT_NE(shown.find("token = \"***\""), std::string::npos);
}

TEST(settings_reader, databases_are_merged_from_general_to_particular) {
  const settings read = must_read(R"(
    [database."flink/one_hour"]
    retention = "1h"
    [database."flink"]
    expired = "clamp"
    unsigned = "pass"
    [database."*"]
    expired = "drop"
    retention = "7d"
    future = inf
    [database."ops/week"]
    utf8 = "pass"
  )");
  ASSERT_EQ(read.database.size(), 4U);
  EXPECT_EQ(read.database.at("*").retention, std::optional<nanoseconds>{hours{168}});
  EXPECT_EQ(read.database.at("*").expired, expired_mode::drop);
  EXPECT_EQ(read.database.at("*").future, std::nullopt);
  EXPECT_EQ(read.database.at("flink").retention, std::optional<nanoseconds>{hours{168}});
  EXPECT_EQ(read.database.at("flink").expired, expired_mode::clamp);
  EXPECT_EQ(read.database.at("flink/one_hour").retention, std::optional<nanoseconds>{hours{1}});
  EXPECT_EQ(read.database.at("flink/one_hour").expired, expired_mode::clamp);
  EXPECT_EQ(read.database.at("flink/one_hour").unsigned_values, unsigned_mode::pass);
  EXPECT_EQ(read.database.at("ops/week").expired, expired_mode::drop);
  EXPECT_EQ(read.database.at("ops/week").utf8, utf8_mode::pass);
}

TEST(settings_reader, environment_variables_are_put_in) {
  const environment env{{"HOST", "db.example.org"}, {"EMPTY", ""}, {"TRICK", "${HOST}"}};
  const settings read = must_read(R"(
    [http]
    listen = ["${LISTEN:-127.0.0.1}:0"]
    [log]
    directory = "a$b-$${HOST}-${EMPTY}-${EMPTY:-default}-${TRICK}-${UNSET:-}"
    [[sink]]
    name = "influx"
    type = "influxdb"
    url = "http://${HOST}:8087"
  )",
                                  {}, env);
  EXPECT_EQ(read.http.listen.front(), "127.0.0.1:0");
  EXPECT_EQ(read.log.directory, "a$b-${HOST}--default-${HOST}-");
  EXPECT_EQ(read.sinks.front().as<influxdb_settings>()->url, "http://db.example.org:8087");
}

TEST(settings_reader, files_are_put_in) {
  environment env{{"NAME", "ann"}};
  env.read_files_by([](const std::string& path) -> result<std::string> {
    return path == "/run/secret" ? result<std::string>("hunter2 \r\n")
                                 : result<std::string>(failure{"No such file or directory"});
  });
  const std::string sink = R"(
    [[sink]]
    name = "influx"
    type = "influxdb"
    url = "http://db:8087"
    username = "${NAME}"
    password = ")";
  const settings read = must_read(sink + "${file:/run/secret}!\"\n", {}, env);
  EXPECT_EQ(read.sinks.front().as<influxdb_settings>()->password, "hunter2 !");
  EXPECT_EQ(show_settings(read).find("hunter2"), std::string::npos);
  const settings set = must_read(sink + "x\"\n", {"sink.influx.password=${file:/run/secret}"}, env);
  EXPECT_EQ(set.sinks.front().as<influxdb_settings>()->password, "hunter2 ");
  const auto missing = read_settings(sink + "${file:/run/secrets}\"\n", "weir.toml", {}, env);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find(
                "the file /run/secrets cannot be read: No such file or directory"),
            std::string::npos)
      << missing.error().message;
}

TEST(settings_reader, set_takes_toml_and_bare_words) {
  const settings read = must_read(
      "[log]\nkeep = \"1GiB\"\n",
      {"http.listen=[\"127.0.0.1:0\"]", "http.loops=2", "log.keep=2GiB", "log.directory=\"x y\"",
       "limits.memory=16777216", "service.drain_timeout=250ms", "log.keep=3GiB"});
  EXPECT_EQ(read.http.listen, std::vector<std::string>{"127.0.0.1:0"});
  EXPECT_EQ(read.http.loops, 2U);
  EXPECT_EQ(read.log.keep, std::uint64_t{3} << 30);
  EXPECT_EQ(read.log.directory, "x y");
  EXPECT_EQ(read.limits.memory, 16'777'216U);
  EXPECT_EQ(read.service.drain_timeout, milliseconds{250});
}

TEST(settings_reader, set_reaches_databases_with_and_without_quotes) {
  const settings read =
      must_read("[database.\"*\"]\nretention = \"1d\"\n",
                {"database.*.retention=inf", "database.\"a.b\".expired=drop",
                 "database.flink/one_hour.retention=1h", "database.flink={future=\"1d\"}"});
  EXPECT_EQ(read.database.at("*").retention, std::nullopt);
  EXPECT_EQ(read.database.at("a.b").expired, expired_mode::drop);
  EXPECT_EQ(read.database.at("flink/one_hour").retention, std::optional<nanoseconds>{hours{1}});
  EXPECT_EQ(read.database.at("flink/one_hour").future, std::optional<nanoseconds>{hours{24}});
}

TEST(settings_reader, set_reaches_sinks_by_name) {
  const settings read = must_read(
      "[[sink]]\nname = \"a\"\ntype = \"null\"\n"
      "[[sink]]\nname = \"${B}\"\ntype = \"null\"\nbatch.points = 3\nbatch.age = \"2s\"\n",
      {"sink.b.batch.points=9", "sink.a.batch={points=8}", "sink.c.type=file",
       "sink.c.directory=out"},
      {{"B", "b"}});
  ASSERT_EQ(read.sinks.size(), 3U);
  EXPECT_EQ(read.sinks[0].batch.points, 8U);
  EXPECT_EQ(read.sinks[1].name, "b");
  EXPECT_EQ(read.sinks[1].batch.points, 9U);
  EXPECT_EQ(read.sinks[1].batch.age, milliseconds{2'000});
  EXPECT_EQ(read.sinks[2].name, "c");
  ASSERT_NE(read.sinks[2].as<file_settings>(), nullptr);
  EXPECT_EQ(read.sinks[2].as<file_settings>()->directory, "out");
}

TEST(settings_reader, a_small_log_gets_small_segments) {
  EXPECT_EQ(must_read("", {"log.keep=8MiB"}).log.segment, std::uint64_t{2} << 20);
  EXPECT_EQ(must_read("", {"log.keep=1MiB"}).log.segment, std::uint64_t{1} << 20);
  EXPECT_EQ(must_read("", {"log.keep=8MiB", "log.segment=8MiB"}).log.segment,
            std::uint64_t{8} << 20);
}

TEST(settings_reader, what_is_shown_reads_back_as_the_same) {
  const settings first = must_read(R"(
    [http]
    listen = ["[::1]:0"]
    [log]
    directory = "quote\" back\\slash $${HOME} \u0007 é"
    [database."a.b"]
    retention = "1h30m"
    future = "10s"
    [[sink]]
    name = "influx"
    type = "influxdb"
    url = "https://influx.example.org"
    [[sink]]
    name = "lines"
    type = "file"
    directory = "out"
  )");
  const std::string shown = show_settings(first);
  EXPECT_EQ(show_settings(must_read(shown)), shown);
  EXPECT_EQ(must_read(shown).log.directory, first.log.directory);
}

TEST(settings_reader, passwords_are_not_shown) {
  const settings read = must_read("", {"sink.i.type=influxdb", "sink.i.url=http://a",
                                       "sink.i.username=me", "sink.i.password=hunter2"});
  ASSERT_EQ(read.sinks.front().as<influxdb_settings>()->password, "hunter2");
  const std::string shown = show_settings(read);
  EXPECT_EQ(shown.find("hunter2"), std::string::npos);
  EXPECT_NE(shown.find("password = \"***\""), std::string::npos);
}

TEST(settings_reader, a_file_and_the_real_environment_are_read) {
  const std::filesystem::path directory =
      std::filesystem::path{::testing::TempDir()} / ("weir-config-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const std::string path = directory / "weir.toml";
  std::ofstream{directory / "secret"} << "from-file\n";
  std::ofstream{path} << "[log]\ndirectory = \"${WEIR_TEST_DIRECTORY}-${file:" +
                             (directory / "secret").string() + "}\"\n";
  ASSERT_EQ(::setenv("WEIR_TEST_DIRECTORY", "from-env", 1), 0);
  const auto read = load_settings(path, {"http.loops=1"});
  ::unsetenv("WEIR_TEST_DIRECTORY");
  std::filesystem::remove_all(directory);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().effective.log.directory, "from-env-from-file");
  EXPECT_EQ(read.value().effective.http.loops, 1U);

  const auto missing = load_settings(path, {});
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find(path + ": cannot be read: No such file"),
            std::string::npos)
      << missing.error().message;
  const auto folder = load_settings(::testing::TempDir(), {});
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().message.find("cannot be read"), std::string::npos);
  EXPECT_TRUE(load_settings("/dev/null", {}).ok());

  ASSERT_EQ(::setenv("WEIR_CONFIG", path.c_str(), 1), 0);
  const auto named = load_settings("", {});
  ::unsetenv("WEIR_CONFIG");
  ASSERT_FALSE(named.ok());
  EXPECT_NE(named.error().message.find("correct WEIR_CONFIG"), std::string::npos)
      << named.error().message;
}

TEST(settings_reader, precision_names_and_plausible_windows) {
  const settings read = must_read(R"(
    [http]
    precision = "ms"
    [[udp]]
    precision = "auto"
    [database."*"]
    plausible = ["-inf", "90s"]
    precision_mistake = "mend"
    time_key = "drop"
    reserved_tags = "pass"
    tag_and_field = "reject"
    [database."a"]
    precision = "s"
    plausible = ["-2y", "+1w"]
  )");
  EXPECT_EQ(read.http.unit_ns, 1'000'000);
  EXPECT_EQ(read.udp[0].unit_ns, automatic_unit_ns);
  const database_settings& all = read.database.at("*");
  EXPECT_EQ(all.unit_ns, listener_unit_ns);
  EXPECT_EQ(all.plausible.from, nanoseconds::min());
  EXPECT_EQ(all.plausible.to, nanoseconds(std::chrono::seconds(90)));
  EXPECT_EQ(all.precision_mistake, precision_mistake_mode::mend);
  EXPECT_EQ(all.time_key, name_mode::drop);
  EXPECT_EQ(all.reserved_tags, name_mode::pass);
  EXPECT_EQ(all.tag_and_field, name_mode::reject);
  const database_settings& a = read.database.at("a");
  EXPECT_EQ(a.unit_ns, 1'000'000'000);
  EXPECT_EQ(a.plausible.from, -hours(2 * 365 * 24));
  EXPECT_EQ(a.plausible.to, nanoseconds(hours(168)));
  EXPECT_NE(show_settings(read).find("plausible = [\"-2y\", \"+1w\"]"), std::string::npos);
  EXPECT_NE(show_settings(read).find("plausible = [\"-inf\", \"+1m30s\"]"), std::string::npos);
}

TEST(settings_reader, rules_keep_their_order_and_can_be_set) {
  const auto text = R"(
    [[rule]]
    name = "a"
    action = "rename"
    what = "field"
    key = "(.*)_pct"
    to = '\1'
    [[rule]]
    name = "b"
    action = "keep"
    databases = ["flink*"]
    measurement = "cpu"
    tag = "env"
    tag_value = "prod"
  )";
  const settings read = must_read(
      text, {"rule.b.tag_value=test", "rule.c.action=drop", "rule.c.measurement=debug_.*"});
  ASSERT_EQ(read.rules.size(), 3U);
  EXPECT_EQ(read.rules[0].action, rule_action::rename);
  EXPECT_EQ(read.rules[0].what, rule_subject::field);
  EXPECT_EQ(read.rules[0].key, "(.*)_pct");
  EXPECT_EQ(read.rules[0].to, "\\1");
  EXPECT_EQ(read.rules[1].name, "b");
  EXPECT_EQ(read.rules[1].databases, std::vector<std::string>{"flink*"});
  EXPECT_EQ(read.rules[1].tag_value, "test");
  EXPECT_EQ(read.rules[2].name, "c");
  EXPECT_EQ(show_settings(must_read(show_settings(read))), show_settings(read));
}

TEST(settings_reader, retention_can_be_learnt) {
  const settings read = must_read(R"(
    [database."*"]
    learn_from = "influx"
    retention = "learn"
    [database."a"]
    retention = "1d"
    [[sink]]
    name = "influx"
    type = "influxdb"
    url = "http://127.0.0.1:8087"
    learn_every = "5s"
    park_after = "inf"
    park_keep = "2MiB"
    [[sink]]
    name = "other"
    type = "remote_write"
    url = "http://127.0.0.1:9090/api/v1/write"
    park_after = "0s"
  )");
  EXPECT_EQ(read.sinks[0].park_after, std::nullopt);
  EXPECT_EQ(read.sinks[0].park_keep, std::uint64_t{2} << 20);
  EXPECT_EQ(read.sinks[1].park_after, std::chrono::nanoseconds{0});
  EXPECT_EQ(read.sinks[1].park_keep, std::uint64_t{1} << 30);
  EXPECT_TRUE(read.database.at("*").learn_retention);
  EXPECT_EQ(read.database.at("*").retention, std::nullopt);
  EXPECT_FALSE(read.database.at("a").learn_retention);
  EXPECT_EQ(read.database.at("a").learn_from, "influx");
  EXPECT_EQ(read.sinks[0].as<influxdb_settings>()->learn_every, milliseconds(5000));
  EXPECT_EQ(show_settings(must_read(show_settings(read))), show_settings(read));
}

TEST(settings, several_addresses_of_a_sink) {
  const settings read = must_read(R"(
    [[sink]]
    name = "pair"
    type = "influxdb"
    urls = ["http://a:8086", "http://b:8086/x"]
    addresses = "failover"
    [[sink]]
    name = "both"
    type = "remote_write"
    url = "http://a:9090/api/v1/write"
    urls = ["http://a:9090/api/v1/write", "http://b:9090/api/v1/write"]
    [[sink]]
    name = "one"
    type = "influxdb"
    url = "http://c:8086"
    urls = []
  )");
  const auto& pair = *read.sinks[0].as<influxdb_settings>();
  EXPECT_EQ(pair.url, "http://a:8086");
  EXPECT_EQ(pair.urls, (std::vector<std::string>{"http://a:8086", "http://b:8086/x"}));
  EXPECT_EQ(pair.addresses, address_use::failover);
  EXPECT_EQ(read.sinks[1].as<remote_write_settings>()->urls.size(), 2U);
  EXPECT_EQ(read.sinks[2].as<influxdb_settings>()->url, "http://c:8086");
  EXPECT_TRUE(read.sinks[2].as<influxdb_settings>()->urls.empty());
  EXPECT_EQ(show_settings(must_read(show_settings(read))), show_settings(read));
}

}  // namespace
}  // namespace weir
