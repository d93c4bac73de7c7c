// SPDX-License-Identifier: Apache-2.0
#include "config/checks/warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "config/units.hpp"

namespace weir {
namespace {

std::string without_sinks(const settings& effective) {
  const bool local = effective.log.type == log_type::local;
  return fmt::format(
      "there is no [[sink]], so no database gets the points: writes are answered 204 and their "
      "points stay in {}, where {}; then the oldest are discarded. Add a [[sink]] (what is still "
      "in the log then is delivered), for example --set sink.influx.type=influxdb --set "
      "sink.influx.url=http://127.0.0.1:8087",
      local ? fmt::format("the log in {}", effective.log.directory) : "memory",
      local ? fmt::format("log.keep = {} bounds them", format_size(effective.log.keep))
            : fmt::format("half of limits.memory = {} bounds them until weir ends",
                          format_size(effective.limits.memory)));
}

bool takes(const sink_settings& sink, const std::string& database) {
  return matches_patterns(sink.databases, database);
}

/// Whatever a database is called, a sink takes it.
bool all_taken(const std::vector<sink_settings>& sinks) {
  return std::any_of(sinks.begin(), sinks.end(),
                     [](const sink_settings& sink) { return matches_everything(sink.databases); });
}

/// Databases that the configuration itself names.
std::set<std::string> named_databases(const settings& effective) {
  std::set<std::string> out;
  for (const auto& [name, ignored] : effective.database) {
    if (name != "*") {
      out.insert(name.substr(0, name.find('/')));
    }
  }
  const auto add = [&out](const auto& listeners) {
    for (const auto& each : listeners) {
      out.insert(each.database.substr(0, each.database.find('/')));
    }
  };
  add(effective.udp);
  add(effective.tcp);
  return out;
}

void add_untaken(const settings& effective, std::vector<std::string>& out) {
  if (all_taken(effective.sinks)) {
    return;
  }
  std::string patterns;
  for (const sink_settings& sink : effective.sinks) {
    for (const std::string& pattern : sink.databases) {
      patterns += fmt::format("{}\"{}\"", patterns.empty() ? "" : ", ", pattern);
    }
  }
  std::string words = fmt::format(
      "no [[sink]] takes databases other than {}: points for others are answered 204 and reach no "
      "database; add a sink with databases = [\"*\"] if they should",
      patterns);
  std::string named;
  for (const std::string& database : named_databases(effective)) {
    if (std::none_of(effective.sinks.begin(), effective.sinks.end(),
                     [&](const sink_settings& sink) { return takes(sink, database); })) {
      named +=
          fmt::format("{}\"{}\"", named.empty() ? " (this configuration names " : ", ", database);
    }
  }
  out.push_back(words + named + (named.empty() ? "" : ")"));
}

/// Only this machine can send to it.
bool is_of_this_machine(std::string_view listen) {
  return listen.starts_with("127.") || listen.starts_with("localhost:") ||
         listen.starts_with("[::1]:") || listen.starts_with("unix:");
}

void add_passwords_in_the_clear(const settings& effective, std::vector<std::string>& out) {
  const http_settings& http = effective.http;
  if (effective.users.empty() || !http.tls.certificate.empty()) {
    return;
  }
  for (const auto* addresses : {&http.listen, &http.quiet_listen}) {
    for (const std::string& listen : *addresses) {
      if (!is_of_this_machine(listen)) {
        out.push_back(
            fmt::format("users send passwords and tokens to {} in the clear: set http.tls, unless "
                        "a proxy before weir speaks TLS, or the network is trusted",
                        listen));
      }
    }
  }
}

}  // namespace

std::vector<std::string> warnings_of(const settings& effective) {
  std::vector<std::string> out;
  if (effective.sinks.empty()) {
    out.push_back(without_sinks(effective));
    return out;
  }
  if (std::all_of(effective.sinks.begin(), effective.sinks.end(),
                  [](const sink_settings& sink) { return sink.as<null_settings>() != nullptr; })) {
    out.emplace_back(
        "every [[sink]] is of type \"null\": points are thrown away once they are answered 204");
  }
  add_untaken(effective, out);
  return out;
}

std::vector<std::string> notes_of(const settings& effective) {
  std::vector<std::string> out;
  for (const std::string& name : effective.sinks_off) {
    out.push_back(fmt::format(
        "sink \"{}\" is off: it is only_if_alone, and there is another sink; only_if_alone = "
        "false keeps it on",
        name));
  }
  add_passwords_in_the_clear(effective, out);
  return out;
}

}  // namespace weir
