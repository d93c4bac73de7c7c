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

  const lane_key key;
  /// How many lanes its sink had made before.
  const std::uint64_t number;
  delivery steps;
  backlog pending;
  lane_position at;
  stage now = stage::idle;
  bool held = false;
  bool scheduled = false;
  std::int64_t due_ms = 0;
  /// While it is paused: when its own pace lets it try again, whatever the server asked for.
  std::int64_t own_due_ms = 0;
  /// When the first attempt failed since something of it was settled.
  std::optional<std::int64_t> failing_since_ms;
  /// Failed attempts since draining began.
  int drain_failures = 0;
  std::int64_t started_ms = 0;
  std::uint64_t limit_bytes = 0;
  std::uint32_t successes = 0;
  std::unique_ptr<batch> current;
  /// `current` is dealt with, and waits for its refused lines to be kept.
  std::optional<lane_settlement> settling;
  memory_lease lease;
};

}  // namespace weir
