// SPDX-License-Identifier: Apache-2.0
#include "config/checks/warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "config/units.hpp"

namespace weir {
namespace {

/// Where points stay that no sink asks for, and what bounds them there.
std::string resting_place(const settings& effective) {
  switch (effective.log.type) {
    case log_type::local:
      return fmt::format(
          "the log in {}, where log.keep = {} bounds them; then the oldest are discarded",
          effective.log.directory, format_size(effective.log.keep));
    case log_type::memory:
      return fmt::format(
          "memory, where half of limits.memory = {} bounds them until weir ends; then the oldest "
          "are discarded",
          format_size(effective.limits.memory));
    case log_type::kafka:
      return fmt::format("the topic {}, until its retention.ms discards them",
                         effective.log.kafka.topic);
  }
  return {};
}

std::string without_sinks(const settings& effective) {
  return fmt::format(
      "there is no [[sink]], so no database gets the points: writes are answered 204 and their "
      "points stay in {}. Add a [[sink]] (what is still in the log then is delivered), for example "
      "--set sink.influx.type=influxdb --set sink.influx.url=http://127.0.0.1:8087",
      resting_place(effective));
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

/// Of a process that is one of several: what the others have to do.
void add_roles(const settings& effective, std::vector<std::string>& out) {
  std::string names;
  for (const sink_settings& sink : effective.sinks) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", sink.name);
  }
  if (!has_role(effective, "sinks")) {
    out.push_back(fmt::format(
        "service.roles = [\"intake\"]: this weir delivers nothing; another one with the role "
        "\"sinks\" does{}",
        names.empty() ? ", and has the sinks: without their types and databases here, \"auto\" in "
                        "[database] is settled as without a [[sink]]"
                      : fmt::format(". Of {} it only reads what \"auto\" means, where queries go, "
                                    "and what databases learn from",
                                    names)));
  }
  if (!has_role(effective, "intake")) {
    std::string closed;
    for (const udp_settings& each : effective.udp) {
      closed += fmt::format("{}udp {}", closed.empty() ? "" : ", ", each.listen);
    }
    for (const tcp_settings& each : effective.tcp) {
      closed += fmt::format("{}tcp {}", closed.empty() ? "" : ", ", each.listen);
    }
    out.push_back(fmt::format(
        "service.roles = [\"sinks\"]: this weir takes no writes and answers them 503; http.listen "
        "is for /health, /metrics and the status page{}",
        closed.empty() ? "" : fmt::format(". Not opened: {}", closed)));
  }
}

/// Kafka was configured, and another log is used.
void add_unused_kafka(const settings& effective, std::vector<std::string>& out) {
  if (effective.log.type != log_type::kafka && !effective.log.kafka.brokers.empty()) {
    out.push_back(fmt::format(
        "log.brokers is set, and log.type is \"{}\": Kafka is not used; write type = \"kafka\"",
        effective.log.type == log_type::local ? "local" : "memory"));
  }
}

}  // namespace

std::vector<std::string> warnings_of(const settings& effective) {
  std::vector<std::string> out;
  add_unused_kafka(effective, out);
  if (!has_role(effective, "sinks")) {
    return out;  // another process' sinks deliver: it will warn
  }
  if (effective.sinks.empty() && !has_role(effective, "intake")) {
    out.emplace_back(
        "service.roles = [\"sinks\"], and there is no [[sink]]: this weir does nothing. Add the "
        "[[sink]] that it is to deliver to");
    return out;
  }
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
  add_roles(effective, out);
  add_passwords_in_the_clear(effective, out);
  return out;
}

}  // namespace weir
