// SPDX-License-Identifier: Apache-2.0
//
// What a new configuration changes of the one in force: every key there is changes once.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/keys/keys.hpp"
#include "config/reload/changes.hpp"
#include "config/reload/effects.hpp"
#include "config/settings_reader.hpp"

namespace weir {
namespace {

/// Values, one of which every key takes and which is not its default.
const std::vector<config_value>& other_values() {
  static const std::vector<config_value> values = [] {
    std::vector<config_value> all{config_value{false}, config_value{true}};
    for (const std::int64_t number : {1, 2, 3, 7, 77, 7'777}) {
      all.emplace_back(number);
    }
    for (const char* text : {"3MiB",      "7MiB",        "77MiB",
                             "11s",       "100h",        "learn",
                             "other",     "s",           "off",
                             "coerce",    "pass",        "reject",
                             "drop",      "mend",        "rename",
                             "field",     "memory",      "synced",
                             "none",      "any",         "now",
                             "replicate", "forget",      "discard-oldest",
                             "on write",  "debug",       "null",
                             "stdout",    "json",        "clamp",
                             "influxdb",  "127.0.0.1:7", "http://127.0.0.1:1",
                             "12s",       "flink",       "utf8",
                             "keep",      "send",        "0600"}) {
      all.emplace_back(std::string(text));
    }
    all.emplace_back(std::vector<std::string>{"127.0.0.1:7"});
    all.emplace_back(std::vector<std::string>{"-2y", "+2d"});
    all.emplace_back(std::vector<std::string>{"X-Other: value"});
    all.emplace_back(std::vector<std::string>{"http://a:1"});
    all.emplace_back(std::vector<std::string>{"region=eu"});
    all.emplace_back(std::vector<std::string>{"a_*=gauge"});
    all.emplace_back(std::vector<std::string>{"app*=write"});
    all.emplace_back(std::vector<std::string>{"intake"});
    all.emplace_back(
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5a25vd3M$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    return all;
  }();
  return values;
}

/// `key` of `section` changed to something else; whether there is such a value.
template <class S>
bool change_key(const config_key<S>& key, S& section) {
  const S before = section;
  for (const config_value& value : other_values()) {
    S changed = before;
    if (key.read(changed, value).ok() && !(changed == before)) {
      section = changed;
      return true;
    }
  }
  return false;
}

/// Each key of a section, changed alone.
template <class S>
void each_key(const std::string& section, const std::string& what,
              const std::vector<config_key<S>>& keys, const settings& running,
              S& (*at)(settings&)) {
  for (const config_key<S>& key : keys) {
    SCOPED_TRACE(section + "." + key.name);
    const key_effect* effect = find_effect(section, key.name);
    ASSERT_NE(effect, nullptr) << "say in config/reload/effects.cpp what becomes of this key when "
                                  "it changes while weir runs";
    settings wanted = running;
    if (key.type == "choice" && key.range.find('|') == std::string::npos) {
      continue;  // there is only one so far
    }
    ASSERT_TRUE(change_key(key, at(wanted))) << "add a value to other_values()";
    const auto changes = compare_settings(running, wanted);
    const bool is_name =
        key.name == "name" || ((section == "udp" || section == "tcp") && key.name == "listen");
    if (is_name) {
      ASSERT_EQ(changes.size(), 2U);  // another one instead of this one
      EXPECT_EQ(changes[0].is, setting_change::kind::added);
      EXPECT_EQ(changes[1].is, setting_change::kind::removed);
      continue;
    }
    ASSERT_EQ(changes.size(), 1U);
    const bool is_secret =
        key.name.starts_with("password") || key.name == "token" || key.name == "jwt_secret";
    EXPECT_TRUE(changes[0].what == what + "." + key.name ||
                (is_secret && changes[0].what == what + ": a secret"))
        << changes[0].what;
    EXPECT_EQ(changes[0].needs_restart, effect->keep != nullptr);
    // What needs a restart is put back, and nothing else is.
    EXPECT_EQ(applicable_part(running, wanted) == running, effect->keep != nullptr);
  }
}

settings example() {
  settings all;
  all.udp.emplace_back();
  all.tcp.emplace_back();
  all.users.push_back({.name = "u"});
  all.rules.push_back({.name = "a"});
  all.sinks.emplace_back().name = "b";
  return all;
}

TEST(reload, every_key_has_its_effect) {
  settings running = example();
  each_key<http_settings>(
      "http", "http", http_keys(), running, [](settings & of) -> auto& { return of.http; });
  each_key<udp_settings>(
      "udp", "udp \"127.0.0.1:8089\"", udp_keys(), running,
      [](settings & of) -> auto& { return of.udp.front(); });
  each_key<tcp_settings>(
      "tcp", "tcp \"127.0.0.1:8094\"", tcp_keys(), running,
      [](settings & of) -> auto& { return of.tcp.front(); });
  each_key<user_settings>(
      "user", "user \"u\"", user_keys(), running,
      [](settings & of) -> auto& { return of.users.front(); });
  each_key<log_settings>(
      "log", "log", log_keys(), running, [](settings & of) -> auto& { return of.log; });
  each_key<letter_settings>(
      "letters", "letters", letter_keys(), running,
      [](settings & of) -> auto& { return of.letters; });
  each_key<limit_settings>(
      "limits", "limits", limit_keys(), running, [](settings & of) -> auto& { return of.limits; });
  each_key<database_settings>(
      "database", "database.\"*\"", database_keys(), running,
      [](settings & of) -> auto& { return of.database.at("*"); });
  each_key<rule_settings>(
      "rule", "rule \"a\"", rule_keys(), running,
      [](settings & of) -> auto& { return of.rules.front(); });
  each_key<service_settings>(
      "service", "service", service_keys(), running,
      [](settings & of) -> auto& { return of.service; });
}

TEST(reload, every_key_of_every_kind_of_sink_has_its_effect) {
  const std::vector<sink_kind_settings> kinds{null_settings{}, influxdb_settings{},
                                              remote_write_settings{}, file_settings{},
                                              stdout_settings{}};
  for (const sink_kind_settings& kind : kinds) {
    settings running = example();
    running.sinks.front().kind = kind;
    // The first of several addresses is the url.
    if (auto* influxdb = std::get_if<influxdb_settings>(&running.sinks.front().kind)) {
      influxdb->url = "http://a:1";
    } else if (auto* receiver = std::get_if<remote_write_settings>(&running.sinks.front().kind)) {
      receiver->url = "http://a:1";
    }
    std::vector<config_key<sink_settings>> keys;
    std::copy_if(sink_keys().begin(), sink_keys().end(), std::back_inserter(keys),
                 [&](const auto& key) { return applies_to(key, running.sinks.front()); });
    each_key<sink_settings>(
        "sink", "sink \"b\"", keys, running,
        [](settings & of) -> auto& { return of.sinks.front(); });
  }
}

TEST(reload, there_is_no_effect_of_a_key_that_is_none) {
  std::set<std::string> known;
  for (const key_description& key : known_keys()) {
    known.insert(key.section + "." + key.name);
  }
  for (const key_effect& each : key_effects()) {
    EXPECT_TRUE(known.contains(std::string(each.key))) << each.key;
  }
  EXPECT_EQ(key_effects().size(), known.size());
}

TEST(reload, the_same_settings_differ_in_nothing) {
  EXPECT_TRUE(compare_settings(example(), example()).empty());
  EXPECT_EQ(applicable_part(example(), example()), example());
}

std::vector<std::string> words_of(const settings& running, const settings& wanted) {
  std::vector<std::string> out;
  for (const setting_change& each : compare_settings(running, wanted)) {
    out.push_back(each.words());
  }
  return out;
}

TEST(reload, tables_are_added_removed_and_put_in_another_order) {
  settings running = example();
  settings wanted = example();
  wanted.database["db"] = {};
  wanted.rules.insert(wanted.rules.begin(), {.name = "z"});
  wanted.sinks.front().name = "c";
  wanted.udp.clear();
  EXPECT_EQ(
      words_of(running, wanted),
      (std::vector<std::string>{"udp \"127.0.0.1:8089\": removed", "database.\"db\": added",
                                "rule \"z\": added", "sink \"c\": added", "sink \"b\": removed"}));
  running.rules = {{.name = "a"}, {.name = "b"}};
  wanted = running;
  std::swap(wanted.rules[0], wanted.rules[1]);
  EXPECT_EQ(words_of(running, wanted), std::vector<std::string>{"rule: their order: changed"});
}

TEST(reload, values_are_told_and_secrets_are_not) {
  settings running = example();
  running.sinks.front().kind = influxdb_settings{};
  settings wanted = running;
  std::get<influxdb_settings>(wanted.sinks.front().kind).password = "first";
  EXPECT_EQ(words_of(running, wanted),
            std::vector<std::string>{"sink \"b\".password: from \"\" to \"***\""});
  running = wanted;
  std::get<influxdb_settings>(wanted.sinks.front().kind).password = "second";
  EXPECT_EQ(words_of(running, wanted), std::vector<std::string>{"sink \"b\": a secret: changed"});
  wanted = running;
  wanted.log.directory = "there";
  wanted.limits.line = 4096;
  EXPECT_EQ(
      words_of(running, wanted),
      (std::vector<std::string>{"log.directory: from \"weir-data\" to \"there\": needs a restart",
                                "limits.line: from \"1MiB\" to \"4KiB\""}));
}

TEST(reload, what_needs_a_restart_is_told_again_until_then) {
  const settings running = example();
  settings wanted = running;
  wanted.log.directory = "there";
  wanted.limits.line = 4096;
  const settings now = applicable_part(running, wanted);
  EXPECT_EQ(now.limits.line, 4096U);
  const auto again = compare_settings(now, wanted);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_TRUE(again.front().needs_restart);
}

TEST(reload, a_sink_of_another_type_is_the_same_sink) {
  settings running = example();
  settings wanted = running;
  wanted.sinks.front().kind = stdout_settings{};
  EXPECT_EQ(words_of(running, wanted),
            std::vector<std::string>{"sink \"b\".type: from \"null\" to \"stdout\""});
}

}  // namespace
}  // namespace weir
