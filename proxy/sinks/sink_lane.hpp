// SPDX-License-Identifier: Apache-2.0
//
// A sink's lane: where it stands in the log, what it has pending, what it is doing. For the sink's
// own files only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sinks/sink.hpp"

namespace weir {

struct sink::lane {
  enum class stage : std::uint8_t {
    idle,        // nothing pending
    waiting,     // for the batch to fill or to be old enough
    paused,      // after a failure
    delivering,  // `current` is under way
  };

  lane(lane_key k, std::uint64_t nth, const delivery_pace& pace, std::uint64_t seed)
      : key(std::move(k)), number(nth), steps(pace, seed) {}

  [[nodiscard]] lane_standing standing() const noexcept {
    return held               ? lane_standing::held
           : failing_since_ms ? lane_standing::failing
                              : lane_standing::well;
  }

  const lane_key key;
  /// How many lanes its sink had made before.
  const std::uint64_t number;
  delivery steps;
  lane_backlog pending;
  lane_position at;
  stage now = stage::idle;
  bool held = false;
  bool scheduled = false;
  /// Among which it is scheduled, and among which its attempt began.
  lane_standing due_as = lane_standing::well;
  lane_standing started_as = lane_standing::well;
  std::int64_t due_ms = 0;
  /// What it has pending is not sent before then.
  std::int64_t not_before_ms = 0;
  /// While it is paused: when its own pace lets it try again, whatever the server asked for.
  std::int64_t own_due_ms = 0;
  /// When the first attempt failed since something of it was settled.
  std::optional<std::int64_t> failing_since_ms;
  /// Since it is held: since when, whether its last attempt was answered so that it is, and whether
  /// the answer was about this lane alone.
  std::int64_t held_since_ms = 0;
  bool last_held = false;
  bool fault_of_lane = false;
  held_reason held_for;
  /// Failed attempts since draining began.
  int drain_failures = 0;
  std::int64_t started_ms = 0;
  std::uint64_t limit_bytes = 0;
  std::uint32_t successes = 0;
  /// One line after the other is too large, even alone.
  bool all_too_large = false;
  /// Once, as long as it is held, it was let go before other held ones.
  bool hurried = false;
  std::unique_ptr<batch> current;
  /// `current` is dealt with, and waits for its refused lines to be kept.
  std::optional<lane_settlement> settling;

  /// `current` has frames of it, so where it stands must not change.
  [[nodiscard]] bool busy() const noexcept { return now == stage::delivering || settling; }
  memory_lease lease;
};

}  // namespace weir
