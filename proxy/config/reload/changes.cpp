// SPDX-License-Identifier: Apache-2.0
#include "config/reload/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "config/keys/keys.hpp"
#include "config/reload/effects.hpp"
#include "config/sinks/sink_per_address.hpp"

namespace weir {
namespace {

using changes = std::vector<setting_change>;
using kind = setting_change::kind;

bool needs_restart(std::string_view section, std::string_view name) {
  const key_effect* effect = find_effect(section, name);
  // A test finds the key that has no row.
  return effect == nullptr || effect->keep != nullptr;
}

/// Whether the key means something to both.
template <class S>
bool applies(const config_key<S>& key, const S& one, const S& other) {
  if constexpr (std::is_same_v<S, sink_settings>) {
    return applies_to(key, one) && applies_to(key, other);
  }
  return true;
}

/// The keys whose values differ. `what` is how the table is called in a change.
template <class S>
void compare_tables(std::string_view section, const std::string& what, const S& running,
                    const S& wanted, const std::vector<config_key<S>>& keys, changes& to) {
  if (running == wanted) {
    return;
  }
  const std::size_t before = to.size();
  for (const config_key<S>& key : keys) {
    if (!applies(key, running, wanted)) {
      continue;
    }
    const std::string was = key.show(running);
    const std::string is = key.show(wanted);
    if (was != is) {
      to.push_back({fmt::format("{}.{}", what, key.name), kind::changed, was, is,
                    needs_restart(section, key.name)});
    }
  }
  if (to.size() == before) {
    // What differs is not shown. Of [log] it is how Kafka is reached, of the others what a reload
    // takes up.
    to.push_back({fmt::format("{}: a secret", what), kind::changed, "***", "***",
                  section == "log" && needs_restart(section, "client")});
  }
}

/// Tables of a list, found again by `name_of`.
template <class S, class Name>
void compare_lists(std::string_view section, const std::vector<S>& running,
                   const std::vector<S>& wanted, const std::vector<config_key<S>>& keys,
                   Name name_of, changes& to) {
  const auto call = [&](const S& one) { return fmt::format("{} \"{}\"", section, name_of(one)); };
  std::vector<const S*> left;
  left.reserve(running.size());
  for (const S& one : running) {
    left.push_back(&one);
  }
  std::vector<const S*> kept;
  for (const S& one : wanted) {
    const auto same = std::find_if(left.begin(), left.end(),
                                   [&](const S* other) { return name_of(*other) == name_of(one); });
    if (same == left.end()) {
      to.push_back({call(one), kind::added, "", "", false});
      continue;
    }
    compare_tables(section, call(one), **same, one, keys, to);
    kept.push_back(*same);
    left.erase(same);
  }
  for (const S* gone : left) {
    to.push_back({call(*gone), kind::removed, "", "", false});
  }
  if (section == "rule" && !std::is_sorted(kept.begin(), kept.end())) {
    to.push_back({"rule: their order", kind::changed, "", "", false});
  }
}

void compare_databases(const settings& running, const settings& wanted, changes& to) {
  const auto call = [](const std::string& name) { return "database." + quoted(name); };
  for (const auto& [name, table] : wanted.database) {
    const auto before = running.database.find(name);
    if (before == running.database.end()) {
      to.push_back({call(name), kind::added, "", "", false});
    } else {
      compare_tables("database", call(name), before->second, table, database_keys(), to);
    }
  }
  for (const auto& [name, table] : running.database) {
    if (wanted.database.find(name) == wanted.database.end()) {
      to.push_back({call(name), kind::removed, "", "", false});
    }
  }
}

}  // namespace

std::string setting_change::words() const {
  std::string text = what;
  switch (is) {
    case kind::added:
      text += ": added";
      break;
    case kind::removed:
      text += ": removed";
      break;
    case kind::changed:
      text += before == after ? ": changed" : fmt::format(": from {} to {}", before, after);
      break;
  }
  return needs_restart ? text + ": needs a restart" : text;
}

std::vector<setting_change> compare_settings(const settings& running, const settings& wanted) {
  changes all;
  const auto name = [](const auto& one) -> const std::string& { return one.name; };
  compare_tables("http", "http", running.http, wanted.http, http_keys(), all);
  compare_lists(
      "udp", running.udp, wanted.udp, udp_keys(),
      [](const udp_settings& one) -> const std::string& { return one.listen; }, all);
  compare_lists(
      "tcp", running.tcp, wanted.tcp, tcp_keys(),
      [](const tcp_settings& one) -> const std::string& { return one.listen; }, all);
  compare_lists("user", running.users, wanted.users, user_keys(), name, all);
  compare_tables("push", "push", running.push, wanted.push, push_keys(), all);
  compare_tables("log", "log", running.log, wanted.log, log_keys(), all);
  compare_tables("letters", "letters", running.letters, wanted.letters, letter_keys(), all);
  compare_tables("limits", "limits", running.limits, wanted.limits, limit_keys(), all);
  compare_databases(running, wanted, all);
  compare_lists("rule", running.rules, wanted.rules, rule_keys(), name, all);
  compare_lists("sink", sinks_as_written(running.sinks), sinks_as_written(wanted.sinks),
                sink_keys(), name, all);
  compare_tables("service", "service", running.service, wanted.service, service_keys(), all);
  return all;
}

settings applicable_part(const settings& running, settings wanted) {
  for (const key_effect& each : key_effects()) {
    if (each.keep != nullptr) {
      each.keep(wanted, running);
    }
  }
  return wanted;
}

}  // namespace weir
