// SPDX-License-Identifier: Apache-2.0
//
// How far a sink is and what is in its way, as values for others to read. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/discard.hpp"
#include "sinks/sink_metrics.hpp"

namespace weir {

struct sink_settings;

/// How far a sink is, for those who ask whether weir is well.
struct sink_standing {
  std::string name{};
  std::uint64_t pending_points = 0;
  /// Databases and retention policies known to it, and those that wait for a person.
  std::uint64_t lanes = 0;
  std::uint64_t held_lanes = 0;
  /// Of those: points that left the log.
  std::uint64_t parked_points = 0;

  // What follows is for the status page.
  std::string_view type{};
  /// Where it delivers to, without secrets.
  std::vector<std::string> addresses{};
  bool required = true;
  /// Its counts go on over restarts.
  std::uint64_t delivered = 0;
  /// The same but for what comes and goes with partitions: what others have delivered of them. Only
  /// differences count.
  std::uint64_t delivered_here = 0;
  std::array<std::uint64_t, discard_reason_count> discarded{};
  std::uint64_t pending_bytes = 0;
  /// Wall clock; 0: nothing is pending, or it is not known.
  std::int64_t oldest_received_ns = 0;
  bool breaker_open = false;
  /// False: it ended at a reload and could not be begun anew.
  bool runs = true;
  std::uint64_t cursor_failures = 0;
  std::uint64_t park_failures = 0;
  /// Monotonic milliseconds; 0: there was none.
  std::uint64_t last_error_ms = 0;
  std::string last_error{};
  /// At most sink_counters::held_lanes_shown_max.
  std::vector<held_lane> held{};
  /// Where the log has several: those that this process delivers.
  std::vector<std::int32_t> partitions{};
};

[[nodiscard]] sink_standing standing_of(const sink_settings& settings, const sink_counters& now);
/// Of a sink that has parts: with another one of them.
void add_to(sink_standing& sum, sink_standing part);

}  // namespace weir
