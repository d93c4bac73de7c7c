// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/standing.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "config/settings.hpp"
#include "config/sinks/sink_kinds.hpp"

namespace weir {

sink_standing standing_of(const sink_settings& settings, const sink_counters& now) {
  const sink_kind& kind = kind_of(settings);
  sink_texts texts = kind.texts(settings);
  std::vector<std::string> addresses = std::move(texts.urls);
  if (addresses.empty() && !texts.where.empty()) {
    addresses.push_back(std::move(texts.where));
  }
  const sink_points points = now.points();
  return {.name = settings.name,
          .pending_points = points.pending,
          .lanes = now.lanes.value(),
          .held_lanes = now.held_lanes.value(),
          .parked_points = now.parked_points.value(),
          .type = kind.name,
          .addresses = std::move(addresses),
          .required = settings.required,
          .delivered = points.delivered,
          .delivered_here = points.delivered,
          .discarded = points.discarded,
          .pending_bytes = now.pending_bytes.value(),
          .oldest_received_ns = static_cast<std::int64_t>(now.oldest_received_ns.value()),
          .breaker_open = now.breaker_open.value() != 0,
          .cursor_failures = now.cursor_failures.value(),
          .park_failures = now.park_failures.value(),
          .last_error_ms = now.last_error_ms.value(),
          .last_error = now.last_error(),
          .held = now.held()};
}

void add_to(sink_standing& sum, sink_standing part) {
  sum.pending_points += part.pending_points;
  sum.parked_points += part.parked_points;
  sum.delivered += part.delivered;
  sum.delivered_here += part.delivered_here;
  for (std::size_t i = 0; i < sum.discarded.size(); ++i) {
    sum.discarded[i] += part.discarded[i];
  }
  sum.pending_bytes += part.pending_bytes;
  if (part.oldest_received_ns != 0 &&
      (sum.oldest_received_ns == 0 || part.oldest_received_ns < sum.oldest_received_ns)) {
    sum.oldest_received_ns = part.oldest_received_ns;
  }
  sum.breaker_open = sum.breaker_open || part.breaker_open;
  sum.runs = sum.runs && part.runs;
  sum.cursor_failures += part.cursor_failures;
  sum.park_failures += part.park_failures;
  if (part.last_error_ms > sum.last_error_ms) {
    sum.last_error_ms = part.last_error_ms;
    sum.last_error = std::move(part.last_error);
  }
  // A database has a lane in each part, and is one for those who look at it.
  sum.lanes = std::max(sum.lanes, part.lanes);
  sum.held_lanes = std::max(sum.held_lanes, part.held_lanes);
  std::map<lane_key, held_lane> held;
  for (std::vector<held_lane>* const list : {&sum.held, &part.held}) {
    for (held_lane& one : *list) {
      const auto [at, is_new] = held.try_emplace(one.lane, one);
      if (!is_new) {
        held_lane& of = at->second;
        of.points += one.points;
        of.bytes += one.bytes;
        of.oldest_received_ns = std::min(of.oldest_received_ns, one.oldest_received_ns);
        of.parked_points += one.parked_points;
      }
    }
  }
  sum.held.clear();
  for (auto& [lane, one] : held) {
    if (sum.held.size() < sink_counters::held_lanes_shown_max) {
      sum.held.push_back(std::move(one));
    }
  }
  sum.held_lanes = std::max<std::uint64_t>(sum.held_lanes, sum.held.size());
  sum.lanes = std::max(sum.lanes, sum.held_lanes);
}

}  // namespace weir
