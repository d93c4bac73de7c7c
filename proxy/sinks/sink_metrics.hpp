// SPDX-License-Identifier: Apache-2.0
//
// A sink's numbers: written on its thread, read by whoever looks.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "observe/metrics.hpp"
#include "sinks/answer.hpp"
#include "sinks/cursor.hpp"

namespace weir {

struct sink_counters {
  static constexpr std::size_t request_classes = 5;

  // Points: accepted = delivered + discarded + pending.
  counter accepted;
  counter delivered;
  std::array<counter, discard_reason_count> discarded;
  counter pending;

  counter sent_bytes;
  /// 2xx, 3xx, 4xx, 5xx, and without an answer.
  std::array<counter, request_classes> requests;
  counter retries;
  counter holds;
  counter held_lanes;
  counter lanes;
  counter in_flight;
  counter cursor_failures;
  /// Monotonic milliseconds of the last answer that was not a success; 0: none yet.
  counter last_error_ms;
  counter low_water;

  void note(const answer& given) noexcept;
  void collect(std::string_view sink_name, std::int64_t now_ms, metric_collector& out) const;
};

}  // namespace weir
