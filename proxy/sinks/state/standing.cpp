// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/standing.hpp"

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

}  // namespace weir
