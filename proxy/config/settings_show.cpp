// SPDX-License-Identifier: Apache-2.0
//
// Settings back into text: what `weir config show` prints, and the list of every key.
#include <fmt/format.h>

#include <algorithm>

#include "base/glob.hpp"
#include "config/checks/automatic.hpp"
#include "config/keys/keys.hpp"
#include "config/settings_reader.hpp"
#include "config/sinks/sink_per_address.hpp"

namespace weir {
namespace {

template <class S>
std::string show_section(const std::string& heading, const S& section,
                         const std::vector<config_key<S>>& keys) {
  std::string text = heading + "\n";
  for (const config_key<S>& key : keys) {
    text += fmt::format("{} = {}\n", key.name, key.show(section));
  }
  return text + "\n";
}

/// What "auto" becomes, as a comment. Of "*", only where it is the same for every database.
std::string show_database(const std::string& name, const database_settings& database,
                          const std::vector<sink_settings>& sinks) {
  const bool any = name == "*";
  const bool same = !any || std::all_of(sinks.begin(), sinks.end(), [](const sink_settings& sink) {
    return matches_everything(sink.databases);
  });
  const takers by = takers_of(sinks, any ? "*" : std::string_view(name).substr(0, name.find('/')));
  std::string text = fmt::format("[database.{}]\n", quoted(name));
  for (const config_key<database_settings>& key : database_keys()) {
    text += fmt::format("{} = {}", key.name, key.show(database));
    if (const auto word = settled_word(database, key.name, by)) {
      text += same ? fmt::format("  # here \"{}\"", *word) : "  # by the sinks of each database";
    }
    text += '\n';
  }
  return text + "\n";
}

std::string show_sink(const sink_settings& sink) {
  std::vector<config_key<sink_settings>> keys;
  std::copy_if(sink_keys().begin(), sink_keys().end(), std::back_inserter(keys),
               [&](const auto& key) { return applies_to(key, sink); });
  return show_section("[[sink]]", sink, keys);
}

template <class S>
void describe_section(std::vector<key_description>& list, const std::string& name,
                      const std::vector<config_key<S>>& keys) {
  const S defaults{};
  for (const config_key<S>& key : keys) {
    list.push_back({name, key.name, key.type, key.range, key.show(defaults), key.help});
  }
}

}  // namespace

std::string show_settings(const settings& effective) {
  std::string text = show_section("[http]", effective.http, http_keys());
  for (const udp_settings& udp : effective.udp) {
    text += show_section("[[udp]]", udp, udp_keys());
  }
  for (const tcp_settings& tcp : effective.tcp) {
    text += show_section("[[tcp]]", tcp, tcp_keys());
  }
  for (const user_settings& user : effective.users) {
    text += show_section("[[user]]", user, user_keys());
  }
  text += show_section("[push]", effective.push, push_keys());
  text += show_section("[log]", effective.log, log_keys()) +
          show_section("[letters]", effective.letters, letter_keys()) +
          show_section("[limits]", effective.limits, limit_keys());
  for (const auto& [name, database] : effective.database) {
    text += show_database(name, database, effective.sinks);
  }
  for (const rule_settings& rule : effective.rules) {
    text += show_section("[[rule]]", rule, rule_keys());
  }
  for (const sink_settings& sink : sinks_as_written(effective.sinks)) {
    text += show_sink(sink);
  }
  text += show_section("[service]", effective.service, service_keys());
  text.pop_back();  // the empty line after the last section
  return text;
}

std::vector<key_description> known_keys() {
  std::vector<key_description> list;
  describe_section(list, "http", http_keys());
  describe_section(list, "udp", udp_keys());
  describe_section(list, "tcp", tcp_keys());
  describe_section(list, "user", user_keys());
  describe_section(list, "push", push_keys());
  describe_section(list, "log", log_keys());
  describe_section(list, "letters", letter_keys());
  describe_section(list, "limits", limit_keys());
  describe_section(list, "database", database_keys());
  describe_section(list, "rule", rule_keys());
  describe_section(list, "sink", sink_keys());
  describe_section(list, "service", service_keys());
  return list;
}

}  // namespace weir
