// SPDX-License-Identifier: Apache-2.0
#include "page/sink_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text/counted.hpp"

namespace weir::page {
namespace {

/// What waits longer is behind: batches fill for some seconds at most.
constexpr double behind_seconds = 15;

std::string pending_words(const sink_facts& known) {
  return fmt::format("{} {}", counted(known.pending_points, "point"),
                     known.pending_points == 1 ? "waits" : "wait");
}

/// Its server did not answer since the oldest point that waits came, and nothing was delivered.
bool fails_lately(const sink_facts& known) {
  return known.pending_points > 0 && known.last_error && !known.last_error_remedy.empty() &&
         known.last_error->age_seconds < known.lag_seconds &&
         known.delivered_per_second.value_or(0) == 0;
}

}  // namespace

std::string_view name_of(sink_state::word is) noexcept {
  switch (is) {
    case sink_state::word::idle:
      return "idle";
    case sink_state::word::delivering:
      return "delivering";
    case sink_state::word::behind:
      return "behind";
    case sink_state::word::down:
      return "down";
    case sink_state::word::held:
      return "held";
    case sink_state::word::stopped:
      return "stopped";
  }
  return {};
}

std::string spoken_seconds(double seconds) {
  const auto all = static_cast<std::int64_t>(std::llround(std::clamp(seconds, 0.0, 1e12)));
  const auto both = [](std::int64_t large, std::string_view unit, std::int64_t small,
                       std::string_view part) {
    return small == 0 ? fmt::format("{} {}", large, unit)
                      : fmt::format("{} {} {} {}", large, unit, small, part);
  };
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (all < 2 * minute) {
    return fmt::format("{} s", all);
  }
  if (all < 2 * hour) {
    return fmt::format("{} min", all / minute);
  }
  return all < 2 * day ? both(all / hour, "h", all % hour / minute, "min")
                       : both(all / day, "d", all % day / hour, "h");
}

std::string spoken_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  constexpr double step = 1024;
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= step && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  return unit == 0 || value >= 100 ? fmt::format("{:.0f} {}", value, units[unit])
                                   : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string with_full_stop(std::string text) {
  if (!text.empty() && text.back() != '.') {
    text.push_back('.');
  }
  return text;
}

std::string sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return with_full_stop(std::move(text));
}

namespace {

sink_state judge(const sink_facts& known) {
  using word = sink_state::word;
  if (!known.runs) {
    return {word::stopped,
            "it delivers nothing before a reload or a restart: beginning it anew failed (the "
            "journal says why)",
            "repair the cause that the journal names, then reload the configuration or restart "
            "weir"};
  }
  if (known.down || fails_lately(known)) {
    return {word::down,
            fmt::format("the server does not answer{}; {}",
                        known.last_error ? ": " + known.last_error->message : std::string{},
                        pending_words(known)),
            known.last_error_remedy.empty()
                ? std::string("start the server, or correct the sink's address; weir keeps the "
                              "points and delivers them then by itself")
                : known.last_error_remedy};
  }
  if (known.held_lanes > 0) {
    return {word::held,
            fmt::format(
                "{} of {} held until the cause is repaired; {}", known.held_lanes,
                known.lanes == 1 ? "1 database is" : fmt::format("{} databases are", known.lanes),
                pending_words(known)),
            known.held.empty() ? std::string("see the journal for the databases and their causes")
                               : known.held.front().remedy};
  }
  if (known.pending_points == 0) {
    return {word::idle, "everything is delivered", {}};
  }
  if (known.lag_seconds > behind_seconds) {
    const bool fails = known.last_error && known.last_error->age_seconds < known.lag_seconds;
    return {word::behind,
            fmt::format(
                "{}, the oldest for {}{}", pending_words(known), spoken_seconds(known.lag_seconds),
                fails ? "; the last attempt failed: " + known.last_error->message : std::string{}),
            fails ? known.last_error_remedy
                  : std::string("if it stays so, the server takes points more slowly than they "
                                "come: look at its load, or raise the sink's batch sizes")};
  }
  return {word::delivering, pending_words(known), {}};
}

}  // namespace

sink_state state_of(const sink_facts& known) {
  sink_state now = judge(known);
  now.text = sentence(std::move(now.text));
  now.remedy = sentence(std::move(now.remedy));
  return now;
}

}  // namespace weir::page
