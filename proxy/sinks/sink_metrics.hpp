// SPDX-License-Identifier: Apache-2.0
//
// A sink's numbers: written on its thread, read on any.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/brief_mutex.hpp"
#include "observe/metrics.hpp"
#include "sinks/attempt_result.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

/// Why a lane is held: the cause, and the server's words, on one line.
struct held_reason {
  hold_cause cause = hold_cause::other;
  std::string said{};
};

/// What waits of a lane that is held.
struct held_lane {
  lane_key lane;
  std::uint64_t points = 0;
  std::uint64_t bytes = 0;
  std::int64_t oldest_received_ns = 0;
  std::uint64_t parked_points = 0;
  held_reason why{};
};

/// accepted = delivered + discarded + pending.
struct sink_points {
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::array<std::uint64_t, discard_reason_count> discarded{};
  std::uint64_t pending = 0;
};

/// Of weir_sink_bisection_requests_total, which several kinds of sinks have.
inline constexpr std::string_view bisection_requests_help =
    "Requests sent to find what a server refused";

struct sink_counters {
  /// Held lanes that have metrics of their own, the first ones by name: labels stay few.
  static constexpr std::size_t held_lanes_shown_max = 32;
  /// Databases whose parked points were given up that have a metric of their own; further ones are
  /// summed up.
  static constexpr std::size_t given_up_shown_max = 32;

  /// Of what is pending: bytes of lines, and when the oldest was received (wall clock; 0: nothing
  /// is pending, or it is not known).
  counter pending_bytes;
  counter oldest_received_ns;
  /// From receipt to the server's answer, of each batch's oldest frame; and of each attempt.
  seconds_histogram delivery_seconds;
  seconds_histogram request_seconds;
  /// The number of calls of `sink::drain` when nothing more can come of the last one; else 0.
  counter at_rest;

  counter sent_bytes;
  /// 2xx, 3xx, 4xx, 5xx, and without an answer.
  std::array<counter, request_counts::kinds> requests;
  counter retries;
  counter holds;
  counter held_lanes;
  counter lanes;
  counter in_flight;
  /// 1: the server's address is taken to be down.
  counter breaker_open;
  counter cursor_failures;
  /// Points, since the start.
  counter discarded_unread;
  /// What is in the parking place: points, bytes on disk, lanes; and how often it refused.
  counter parked_points;
  counter parked_bytes;
  counter parked_lanes;
  counter park_failures;
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
  void note(const attempt_result& result) noexcept;
  /// Points of a database given up because the parking place was full.
  void note_park_full(const std::string& database, std::uint64_t points);
  void set_held(std::vector<held_lane> held);
  [[nodiscard]] std::vector<held_lane> held() const;
  /// Of the last answer that was not a success, on one line.
  void set_last_error(std::string message);
  [[nodiscard]] std::string last_error() const;
  /// `now_ms` is monotonic, `now_ns` the wall clock.
  void collect(std::string_view sink_name, std::int64_t now_ms, std::int64_t now_ns,
               metric_collector& out) const;

 private:
  void collect_held(std::string_view sink_name, std::int64_t now_ns, metric_collector& out) const;
  void collect_parked(std::string_view sink_name, metric_collector& out) const;

  mutable std::mutex held_lock_;
  std::vector<held_lane> held_;
  std::string last_error_;
  /// Points, by database.
  std::map<std::string, std::uint64_t> given_up_;
  mutable brief_mutex points_mutex_;
  sink_points points_;
};

}  // namespace weir
