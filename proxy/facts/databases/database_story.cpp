// SPDX-License-Identifier: Apache-2.0
#include "facts/databases/database_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text/ascii.hpp"
#include "base/text/counted.hpp"
#include "base/text/rfc3339.hpp"
#include "config/checks/checks.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t similar_max = 5;
/// Longer names are not compared letter by letter.
constexpr std::size_t compared_bytes_max = 128;

/// "5 s", "3 min", "2 h", "7 days".
std::string span_text(double seconds) {
  constexpr double minute = 60;
  constexpr double hour = 3'600;
  constexpr double day = 86'400;
  const auto whole = [](double number) { return std::llround(std::floor(number)); };
  if (seconds < 2 * minute) {
    return fmt::format("{} s", whole(std::max(0.0, seconds)));
  }
  if (seconds < 2 * hour) {
    return fmt::format("{} min", whole(seconds / minute));
  }
  if (seconds < 2 * day) {
    return fmt::format("{} h", whole(seconds / hour));
  }
  return fmt::format("{} days", whole(seconds / day));
}

std::string ago(const database_story& story, std::int64_t at_ns) {
  if (story.now_ns - at_ns < 2 * second_ns) {
    return "just now";
  }
  return span_text(static_cast<double>(story.now_ns - at_ns) / second_ns) + " ago";
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& each : names) {
    out += (out.empty() ? "\"" : ", \"") + each + "\"";
  }
  return out;
}

/// "telegraf at 192.0.2.1, user ann (http)".
std::string sender_text(const finding_sender& from) {
  if (from.listener.empty()) {
    return "weir itself, which repeats pushed metrics";
  }
  std::string text = from.agent;
  if (!from.address.empty()) {
    text += (text.empty() ? "" : " at ") + from.address;
  }
  if (!from.user.empty()) {
    text += (text.empty() ? "user " : ", user ") + from.user;
  }
  return text.empty() ? from.listener : text + " (" + from.listener + ")";
}

std::string policy_text(const std::string& name) {
  return name.empty() ? "the default retention policy" : "retention policy \"" + name + "\"";
}

class telling {
 public:
  explicit telling(const database_story& story) : story_(story) {}

  std::vector<std::string> all() && {
    if (story_.lines.received == 0) {
      tell_nothing_came();
    } else {
      say(fmt::format("{} came for it since weir was started {}, the last {}.",
                      counted(story_.lines.received, "line"), ago(story_, story_.started_ns),
                      ago(story_, story_.last_received_ns)));
      tell_refused();
    }
    if (story_.lines.accepted > 0 || story_.lines.received == 0) {
      tell_policies();
      tell_sinks();
    }
    if (story_.lines.accepted > 0) {
      tell_retention();
    }
    return std::move(out_);
  }

 private:
  void say(std::string sentence) { out_.push_back(std::move(sentence)); }

  void tell_nothing_came() {
    const std::string since =
        fmt::format("since weir was started {} ({})", ago(story_, story_.started_ns),
                    rfc3339(story_.started_ns / second_ns * second_ns, rfc3339_decimals::needed));
    say(story_.created
            ? fmt::format("It was created through weir, but no line came for it {}.", since)
            : fmt::format("No line came for it {}.", since));
    if (!story_.similar.empty()) {
      say(fmt::format(
          "Lines came for {} with a similar name: {}. Is the sender's database "
          "misspelt?",
          story_.similar.size() == 1 ? "a database" : "databases", quoted_list(story_.similar)));
    }
    if (!story_.known && story_.similar.empty()) {
      say("Look whether the sender's address and its database are right, and whether its requests "
          "reach weir at all: weir_http_requests_total in /metrics counts them.");
    }
  }

  void tell_refused() {
    const std::uint64_t received = story_.lines.received;
    tell_loss(story_.lines.rejected(), finding_kind::rejected, "rejected");
    tell_loss(story_.lines.dropped(), finding_kind::dropped, "dropped");
    if (story_.lines.accepted == 0) {
      say("So weir has nothing to deliver for this database.");
    } else if (story_.lines.accepted == received) {
      say(received == 1 ? "It was accepted." : "All of them were accepted.");
    } else {
      say(fmt::format("{} of them {} accepted.", story_.lines.accepted,
                      story_.lines.accepted == 1 ? "was" : "were"));
    }
  }

  void tell_loss(std::uint64_t count, finding_kind kind, std::string_view verb) {
    if (count == 0) {
      return;
    }
    const bool all = count == story_.lines.received;
    std::string text =
        all ? (count == 1 ? std::string("It was ") : std::string("All of them were "))
            : fmt::format("{} of them {} ", count, count == 1 ? "was" : "were");
    text += verb;
    const database_finding* most = nullptr;
    std::size_t reasons = 0;
    for (const database_finding& each : story_.findings) {
      if (each.kind == kind) {
        ++reasons;
        most = most == nullptr || each.count > most->count ? &each : most;
      }
    }
    if (most == nullptr) {
      say(text + '.');
      return;
    }
    text += fmt::format("{} for {}", reasons > 1 ? ", mostly" : "", most->code.name());
    if (!most->message.empty()) {
      text += ": " + most->message;
    }
    if (!text.ends_with('.')) {
      text += '.';
    }
    say(std::move(text));
    if (!most->remedy.empty()) {
      say(most->remedy);
    }
    say(fmt::format("The last came from {}, {}.", sender_text(most->from),
                    ago(story_, most->last_ns)));
  }

  void tell_policies() {
    std::vector<std::string> named;
    for (const std::string& each : story_.written_policies) {
      if (!each.empty()) {
        named.push_back(each);
      }
    }
    if (named.empty()) {
      return;
    }
    const bool only_named = named.size() == story_.written_policies.size();
    say(fmt::format(
        "{} were written to retention polic{} {}{}. A query sees them only where it names the "
        "policy: SELECT ... FROM \"{}\".\"{}\".\"measurement\".",
        only_named ? "Its points" : "Some of its points", named.size() == 1 ? "y" : "ies",
        quoted_list(named), only_named ? ", not to the default one" : "", story_.name,
        named.front()));
  }

  void tell_sinks() {
    bool any_takes = false;
    for (const sink_part& each : story_.sinks) {
      any_takes = tell_sink(each) || any_takes;
    }
    if (!any_takes) {
      say(story_.sinks.empty()
              ? "No sink is configured, so its points go nowhere."
              : "No sink takes it, so its points are in the log alone until they leave it.");
    }
  }

  /// Whether it takes points of the database.
  bool tell_sink(const sink_part& sink) {
    if (!sink.takes) {
      say(fmt::format("Sink {} leaves it out: databases = {}.", sink.name, sink.databases));
      return false;
    }
    const bool leaves_all_out = !story_.written_policies.empty() &&
                                sink.policies_left_out.size() == story_.written_policies.size();
    for (const std::string& each : sink.policies_left_out) {
      say(fmt::format("Sink {} leaves {} out: retention_policies = {}.", sink.name,
                      policy_text(each), sink.retention_policies));
    }
    if (leaves_all_out) {
      return false;
    }
    if (!sink.measurements.empty()) {
      say(fmt::format("Sink {} takes some measurements only: measurements = {}.", sink.name,
                      sink.measurements));
    }
    for (const held_part& each : sink.held) {
      tell_held(sink, each);
    }
    if (story_.lines.accepted > 0) {
      tell_pending(sink);
    }
    return true;
  }

  /// What a sink counts is of all databases together.
  void tell_pending(const sink_part& sink) {
    const std::string points = counted(sink.pending_points, "point");
    const std::string_view wait = sink.pending_points == 1 ? "waits" : "wait";
    if (sink.down) {
      say(fmt::format(
          "The server of sink {} does not answer{}{}. {} {} for it, those of other databases among "
          "them.",
          sink.name, sink.last_error.empty() ? "" : ": ", sink.last_error, points, wait));
      if (!sink.last_error_remedy.empty()) {
        say(sink.last_error_remedy);
      }
    } else if (sink.pending_points == 0) {
      say(fmt::format("Sink {} has dealt with all that was accepted.", sink.name));
    } else if (sink.held.empty()) {
      say(fmt::format(
          "Sink {} delivers it; {} of all databases {} there at the moment{}.", sink.name, points,
          wait, sink.lag_seconds > 0 ? ", the oldest for " + span_text(sink.lag_seconds) : ""));
    }
  }

  void tell_held(const sink_part& sink, const held_part& held) {
    std::string text =
        fmt::format("Sink {} holds {} of {}", sink.name, counted(held.points, "point"),
                    policy_text(held.retention_policy));
    if (held.parked_points > 0) {
      text += fmt::format(", {} of them parked", held.parked_points);
    }
    say(text + (held.why.empty() ? "." : ": " + held.why + (held.why.ends_with('.') ? "" : ".")));
    if (!held.remedy.empty()) {
      say(held.remedy);
    }
  }

  void tell_retention() {
    for (const told_policy& each : story_.policies) {
      if (each.duration_ns && *each.duration_ns > 0) {
        const std::string which = policy_text(each.is_default ? std::string{} : each.name);
        const std::string span = span_text(static_cast<double>(*each.duration_ns) / second_ns);
        say(each.from == "configuration"
                ? fmt::format("By the configuration, points of {} are kept for {}: weir takes no "
                              "older ones.",
                              which, span)
                : fmt::format("The server of {} keeps points of {} for {}: older ones are deleted, "
                              "and queries do not find them.",
                              each.from, which, span));
      }
    }
  }

  const database_story& story_;
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> why_of(const database_story& story) {
  return telling(story).all();
}

std::vector<std::string> similar_names(std::string_view name,
                                       const std::vector<std::string>& names) {
  constexpr std::size_t part_least = 3;
  const std::string wanted = lower_case(name.substr(0, compared_bytes_max));
  const std::size_t near = std::max<std::size_t>(1, wanted.size() / 3);
  std::vector<std::pair<std::size_t, std::string_view>> found;
  for (const std::string& each : names) {
    const std::string other = lower_case(std::string_view(each).substr(0, compared_bytes_max));
    if (each == name) {
      continue;
    }
    const std::size_t longer = std::max(wanted.size(), other.size());
    const std::size_t shorter = std::min(wanted.size(), other.size());
    const bool holds = shorter >= part_least && (wanted.find(other) != std::string::npos ||
                                                 other.find(wanted) != std::string::npos);
    const std::size_t apart = longer - shorter <= near ? edit_distance(wanted, other) : longer;
    if (apart <= near || holds) {
      found.emplace_back(apart, each);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& one, const auto& other) { return one.first < other.first; });
  std::vector<std::string> out;
  for (const auto& [apart, each] : found) {
    if (out.size() == similar_max) {
      break;
    }
    out.emplace_back(each);
  }
  return out;
}

}  // namespace weir
