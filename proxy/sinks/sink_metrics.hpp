// SPDX-License-Identifier: Apache-2.0
//
// A sink's numbers: written on its thread, read by whoever looks.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/brief_mutex.hpp"
#include "observe/metrics.hpp"
#include "sinks/answer.hpp"
#include "sinks/cursor.hpp"

namespace weir {

/// accepted = delivered + discarded + pending.
struct sink_points {
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::array<std::uint64_t, discard_reason_count> discarded{};
  std::uint64_t pending = 0;
};

struct sink_counters {
  static constexpr std::size_t request_classes = 5;

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

  /// They are set and read whole, so that what is read adds up.
  void set_points(const sink_points& points) noexcept {
    const std::lock_guard lock(points_mutex_);
    points_ = points;
  }
  [[nodiscard]] sink_points points() const noexcept {
    const std::lock_guard lock(points_mutex_);
    return points_;
  }
  void note(const answer& given) noexcept;
  void collect(std::string_view sink_name, std::int64_t now_ms, metric_collector& out) const;

 private:
  mutable brief_mutex points_mutex_;
  sink_points points_;
};

}  // namespace weir
