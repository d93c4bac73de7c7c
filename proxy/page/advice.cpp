// SPDX-License-Identifier: Apache-2.0
#include "page/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text/counted.hpp"
#include "page/sink_state.hpp"

namespace weir::page {
namespace {

using list = std::vector<advice>;

/// So full, and filling for less than that, a log is worth a warning.
constexpr double full_share = 0.8;
constexpr double short_outage_seconds = 3600;
/// So much of the lines of the last minute.
constexpr double rejected_share = 0.01;
constexpr double lately_seconds = 60;
constexpr double memory_share = 0.9;
constexpr std::size_t message_bytes_max = 300;
constexpr std::size_t names_shown_max = 3;

/// Of words whose length others decide.
std::string shortened(const std::string& text) {
  return text.size() <= message_bytes_max ? text : text.substr(0, message_bytes_max) + "…";
}

double share_of(const log_facts& log) {
  return log.keep_bytes == 0 ? 0
                             : static_cast<double>(log.bytes) / static_cast<double>(log.keep_bytes);
}

/// "a, b, c and 4 more".
std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), names_shown_max); ++i) {
    out += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() <= names_shown_max
             ? out
             : out + fmt::format(" and {} more", names.size() - names_shown_max);
}

std::vector<std::string> names_of_behind(const status_facts& known) {
  std::vector<std::string> names;
  for (const sink_facts& one : known.sinks) {
    if (one.pending_points > 0) {
      names.push_back(one.name);
    }
  }
  return names;
}

void advise_topic(const topic_facts& topic, list& out) {
  if (!topic.fault.empty()) {
    out.push_back({urgency::error,
                   "log",
                   "Kafka does not answer: " + with_full_stop(topic.fault),
                   "Look whether the brokers run, and whether this machine reaches them (" +
                       listed(topic.brokers) + "); weir tries again by itself.",
                   {}});
  } else if (topic.leaderless > 0) {
    out.push_back(
        {urgency::error, "log",
         fmt::format("{} of {} of the topic {} have no leader: writes of their series are "
                     "answered 503, and their points wait.",
                     topic.leaderless, counted(topic.partitions, "partition"), topic.name),
         "Start the brokers that are down; with one replica a partition has no other "
         "broker to go to.",
         fmt::format("kafka-topics.sh --bootstrap-server {} --describe --topic {} "
                     "--unavailable-partitions",
                     topic.brokers.empty() ? "BROKER" : topic.brokers.front(), topic.name)});
  } else if (!topic.shared_fault.empty()) {
    out.push_back(
        {urgency::error, "log",
         "What weirs share stands still: " + with_full_stop(topic.shared_fault) +
             " Writes of fields that have no type yet are answered 503, and what other "
             "weirs say of databases and series is not known here.",
         "Look whether its partition has a leader, and whether this client may read and "
         "write it; weir tries again by itself.",
         fmt::format("kafka-topics.sh --bootstrap-server {} --describe --topic {}-shared",
                     topic.brokers.empty() ? "BROKER" : topic.brokers.front(), topic.name)});
  }
}

void advise_log(const status_facts& known, list& out) {
  const log_facts& log = known.log;
  if (log.topic) {
    advise_topic(*log.topic, out);
    if (log.is == log_facts::state::failed && out.empty()) {
      out.push_back({urgency::error,
                     "log",
                     "Writes are answered 503: " + with_full_stop(log.why),
                     "Clients keep their points and send them again; weir tries again by itself.",
                     {}});
    }
    return;
  }
  const std::string behind = listed(names_of_behind(known));
  const std::string by_sinks = behind.empty() ? std::string("no sink has points that wait")
                                              : "it empties as these sinks deliver: " + behind;
  if (log.is == log_facts::state::failed) {
    out.push_back({urgency::error, "log", "Writes are answered 503: " + with_full_stop(log.why),
                   "Make room on the disk of log.directory, or repair it; weir tries again by "
                   "itself and needs no restart.",
                   "df -h"});
    return;
  }
  if (log.is == log_facts::state::full) {
    out.push_back({urgency::error,
                   "log",
                   "Writes are answered 503: " + with_full_stop(log.why),
                   "Clients keep their points and send them again. Repair the sinks that do not "
                   "deliver (" +
                       by_sinks + "), or raise log.keep and reload or restart weir.",
                   {}});
    return;
  }
  const bool filling = log.outage_seconds_left && *log.outage_seconds_left < short_outage_seconds &&
                       !behind.empty() && share_of(log) > 0.5;
  if (share_of(log) > full_share || filling) {
    out.push_back({urgency::warning,
                   "log",
                   fmt::format("The log is {:.0f} % full ({} of {}){}.", share_of(log) * 100,
                               spoken_bytes(log.bytes), spoken_bytes(log.keep_bytes),
                               log.outage_seconds_left
                                   ? fmt::format(", and has room for {} if nothing is delivered",
                                                 spoken_seconds(*log.outage_seconds_left))
                                   : std::string{}),
                   "Repair the sinks that do not deliver (" + by_sinks + "), or raise log.keep.",
                   {}});
  }
}

void advise_held(const sink_facts& sink, list& out) {
  // One cause for many databases is one thing to repair.
  std::map<std::pair<std::string, std::string>, std::vector<const held_facts*>> by_remedy;
  for (const held_facts& lane : sink.held) {
    by_remedy[{lane.remedy, lane.command}].push_back(&lane);
  }
  for (const auto& [remedy, lanes] : by_remedy) {
    std::vector<std::string> names;
    std::uint64_t points = 0;
    for (const held_facts* lane : lanes) {
      names.push_back(lane->retention_policy.empty()
                          ? lane->database
                          : lane->database + "/" + lane->retention_policy);
      points += lane->points;
    }
    out.push_back({urgency::error, "sink " + sink.name,
                   fmt::format("{} of {} {} held: {}", counted(points, "point"), listed(names),
                               points == 1 ? "is" : "are", with_full_stop(lanes.front()->why)),
                   remedy.first, remedy.second});
  }
  if (sink.held.empty() && sink.held_lanes > 0) {
    out.push_back({urgency::error,
                   "sink " + sink.name,
                   fmt::format("{} held.", sink.held_lanes == 1
                                               ? "1 database is"
                                               : fmt::format("{} databases are", sink.held_lanes)),
                   "The journal names them and their causes.",
                   {}});
  }
}

void advise_sink(const sink_facts& sink, list& out) {
  const sink_state now = state_of(sink);
  const std::string about = "sink " + sink.name;
  if (now.is == sink_state::word::stopped || now.is == sink_state::word::down) {
    out.push_back({urgency::error, about, now.text, now.remedy, {}});
  } else if (now.is == sink_state::word::behind) {
    out.push_back({urgency::warning, about, now.text, now.remedy, {}});
  }
  if (!now.remedy.empty() && now.is == sink_state::word::stopped) {
    return;
  }
  advise_held(sink, out);
  // While the cause lasts, advise_held has told of them.
  if (sink.parked_points > 0 && sink.held_lanes == 0) {
    out.push_back({urgency::warning, about,
                   counted(sink.parked_points, "point") +
                       " were moved out of the log while their database was held, and are parked "
                       "on disk.",
                   "weir delivers them now that the cause is gone. They can be listed, tried at "
                   "once, or dropped.",
                   "weir park list --sink " + sink.name});
  }
  if (sink.cursor_failures > 0) {
    out.push_back({urgency::warning, about,
                   fmt::format("Its cursor could not be written {} since the start: after a crash "
                               "points may be delivered twice.",
                               counted(sink.cursor_failures, "time")),
                   "Make room on the disk of the state directory, or repair its rights.", "df -h"});
  }
  if (sink.park_failures > 0) {
    out.push_back({urgency::warning, about,
                   fmt::format("The parking place refused points {}; they stay in the log.",
                               counted(sink.park_failures, "time")),
                   "Make room on its disk, or raise the sink's park_keep.", "weir park list"});
  }
  std::uint64_t lost = 0;
  std::string reasons;
  for (const auto& [reason, points] : sink.discarded) {
    if (reason != "filtered" && reason != "string" && reason != "dropped") {
      lost += points;
      reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, points);
    }
  }
  if (lost > 0) {
    out.push_back({urgency::note,
                   about,
                   fmt::format("{} were given up so far ({}).", counted(lost, "point"), reasons),
                   "Those that the server refused are kept in the sink's refused_directory; the "
                   "journal has the server's words.",
                   {}});
  }
}

/// " from 192.0.2.1 (Telegraf/1.30), user ann, to database db", as far as it is known.
std::string sender_words(const rejection_group& group) {
  if (group.senders.empty()) {
    return {};
  }
  const rejection_sender& by = group.senders.front();
  return fmt::format(" from {}{}{} to database {}", by.address.empty() ? by.listener : by.address,
                     by.agent.empty() ? "" : " (" + by.agent + ")",
                     by.user.empty() ? "" : ", user " + by.user + ",", by.database);
}

/// What its sender was told, cut.
std::string reason_words(const rejection_group& group) {
  if (!group.example || group.example->message.empty()) {
    return with_full_stop(group.code);
  }
  const std::string& said = group.example->message;
  return said.size() <= message_bytes_max ? with_full_stop(said)
                                          : shortened(said) + " (" + group.code + ").";
}

/// Of the mistakes that go on, the one with most lines; nullptr: no line was refused lately. What
/// was mended or noted has groups, too.
const rejection_group* largest_of_now(const status_facts& known) {
  const rejection_group* largest = nullptr;
  for (const rejection_group& each : known.rejections) {
    const bool goes_on = each.kind == "rejected" && each.last >= known.now - lately_seconds;
    if (goes_on && (largest == nullptr || each.count > largest->count)) {
      largest = &each;
    }
  }
  return largest;
}

void advise_rejections(const status_facts& known, list& out) {
  const trouble_facts& now = known.trouble;
  if (now.rejected_lately == 0 || static_cast<double>(now.rejected_lately) <
                                      rejected_share * static_cast<double>(now.received_lately)) {
    return;
  }
  std::string most;
  std::string remedy =
      "Look at the newest rejections: each says what is wrong with the line and "
      "what it should be.";
  if (const rejection_group* group = largest_of_now(known)) {
    remedy = group->remedy.empty() ? remedy : group->remedy;
    most = fmt::format(" Most ({} so far){}: {}", group->count, sender_words(*group),
                       reason_words(*group));
  }
  out.push_back({urgency::warning, "senders",
                 fmt::format("{} of {} in the last minute {} rejected.{}", now.rejected_lately,
                             counted(now.received_lately, "line"),
                             now.rejected_lately == 1 ? "was" : "were", most),
                 remedy, "weir letters list"});
}

/// Of databases that have as many series as they may.
void advise_series(const status_facts& known, list& out) {
  std::set<std::string> names;
  for (const rejection_group& group : known.rejections) {
    if (group.code == "series_limit" && known.now - group.last < lately_seconds) {
      for (const rejection_sender& by : group.senders) {
        names.insert(by.database);
      }
    }
  }
  for (const std::string& name : names) {
    out.push_back({urgency::warning,
                   "database " + name,
                   "New series are rejected: there are as many as its limits allow.",
                   "Look for a tag whose values never repeat (an id, a time) and drop it at its "
                   "sender or by a rule; or raise the database's series_total or series_per_hour.",
                   {}});
  }
}

void advise_others(const status_facts& known, list& out) {
  const trouble_facts& now = known.trouble;
  if (!now.reload_failed.empty()) {
    out.push_back({urgency::error, "configuration",
                   "The last reload failed, and the configuration before it is in force: " +
                       with_full_stop(shortened(now.reload_failed)),
                   "Correct the file, check it, and reload again.", "weir config check"});
  }
  if (known.memory_limit > 0 && static_cast<double>(known.memory_used) >
                                    memory_share * static_cast<double>(known.memory_limit)) {
    out.push_back({urgency::warning,
                   "memory",
                   fmt::format("Requests in flight use {} of their {}: further ones are answered "
                               "503 until some are done.",
                               spoken_bytes(known.memory_used), spoken_bytes(known.memory_limit)),
                   "Raise limits.memory, or let clients send smaller batches.",
                   {}});
  }
  if (now.datagrams_lost > 0) {
    out.push_back({urgency::warning, "udp",
                   counted(now.datagrams_lost, "datagram") +
                       " were dropped by the kernel since the start: they came faster than weir "
                       "took them.",
                   "Raise the listener's read_buffer and the kernel's net.core.rmem_max, or send "
                   "over TCP.",
                   "sysctl net.core.rmem_max"});
  }
  if (now.letters_lost > 0) {
    out.push_back({urgency::warning, "letters",
                   counted(now.letters_lost, "rejected line") +
                       " could not be kept as dead letters since the start.",
                   "They came faster than the disk took them, or there is no room: look at the "
                   "disk of letters.directory.",
                   "weir letters list"});
  }
  if (now.draining) {
    out.push_back({urgency::note,
                   "weir",
                   "Weir is ending: it takes no new connections.",
                   "Nothing has to be done.",
                   {}});
  }
}

}  // namespace

std::string_view name_of(urgency level) noexcept {
  switch (level) {
    case urgency::error:
      return "error";
    case urgency::warning:
      return "warning";
    case urgency::note:
      return "note";
  }
  return {};
}

list advise(const status_facts& known) {
  list out;
  advise_log(known, out);
  for (const sink_facts& sink : known.sinks) {
    advise_sink(sink, out);
  }
  advise_rejections(known, out);
  advise_series(known, out);
  advise_others(known, out);
  std::stable_sort(out.begin(), out.end(),
                   [](const advice& one, const advice& other) { return one.level < other.level; });
  return out;
}

std::string what_comes_next(const status_facts& known) {
  const log_facts& log = known.log;
  if (log.topic) {
    return "The topic keeps points for its own retention.ms, delivered or not: what no sink has "
           "taken by then is lost.";
  }
  if (log.keep_bytes == 0) {
    return "Nothing bounds the log.";
  }
  const bool any_required = std::any_of(known.sinks.begin(), known.sinks.end(),
                                        [](const sink_facts& one) { return one.required; });
  const std::string optional_ones =
      std::any_of(known.sinks.begin(), known.sinks.end(),
                  [](const sink_facts& one) { return !one.required; })
          ? "sinks with required = false lose their oldest points first, counted; then "
          : "";
  const std::string then =
      any_required && log.when_full == "reject"
          ? optional_ones +
                "writes are answered 503, so that clients keep their points and send "
                "them again (log.when_full = \"reject\")"
      : any_required ? "the oldest points are discarded, also those that are not delivered, and "
                       "counted (log.when_full = \"discard-oldest\")"
                     : "the oldest points are discarded to make room, because no sink is required";
  if (log.is == log_facts::state::full) {
    return "The log is full: " + then + ".";
  }
  if (log.is == log_facts::state::failed) {
    return "The disk refuses the log: writes are answered 503 until it takes them again.";
  }
  constexpr double year = 365.0 * 24 * 3600;
  const std::string size = spoken_bytes(log.keep_bytes);
  return log.outage_seconds_left
             ? fmt::format(
                   "If no sink takes anything from now on, the log is full ({}) in {}: then {}.",
                   size,
                   *log.outage_seconds_left > year
                       ? "more than a year"
                       : "about " + spoken_seconds(*log.outage_seconds_left),
                   then)
             : fmt::format("Nothing is appended now. Should the log reach {}: then {}.", size,
                           then);
}

}  // namespace weir::page
