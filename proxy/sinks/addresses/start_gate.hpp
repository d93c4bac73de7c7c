// SPDX-License-Identifier: Apache-2.0
//
// How often a sink's lanes may ask its address. A circuit breaker: where lanes fail one after the
// other and none passes, one at a time tries for all, at a growing pace. And a budget: lanes that
// are held share a few probes a second, so that thousands of mistyped databases are no load. Lanes
// that are well wait for neither. Pure: the time is given. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>

namespace weir {

/// How a lane stands when it is about to try.
enum class lane_standing : std::uint8_t {
  well,     // nothing of it failed since something was settled
  failing,  // the last attempt failed
  held,     // it waits for a person
};
inline constexpr std::size_t lane_standing_count = 3;

class start_gate {
 public:
  /// Failures in a row, of so many lanes at least, after which the address is taken to be down. A
  /// single lane on which the server fails is no reason: the others are well.
  static constexpr std::uint32_t failures_max = 8;
  static constexpr std::size_t failing_lanes_least = 4;
  /// While it is down: how long one lane waits after the other, the first time and at most, if the
  /// sink's own pace is not faster; and how often a lane that has not failed yet may try besides.
  static constexpr std::int64_t probe_least_ms = 200;
  static constexpr std::int64_t probe_most_ms = 5'000;
  static constexpr std::int64_t well_every_ms = 250;
  /// Probes of held lanes: so many a second, and so many at once. A probe that passes costs nothing
  /// and pays for another one, so that a cause of all that is repaired is soon seen by all.
  static constexpr double held_probes_per_second = 4;
  static constexpr double held_probes_most = 8;
  static constexpr double held_probes_paid_most = 64;
  /// Attempts under way of lanes that fail, and of held ones: what is left is for those that are
  /// well.
  static constexpr std::size_t failing_in_flight_max = 32;
  static constexpr std::size_t held_in_flight_max = 8;

  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  enum class outcome : std::uint8_t {
    passed,    // something of the lane was settled
    answered,  // the address answers, whatever it says
    failed,    // no answer, or the server's failure
    unknown,   // it says nothing of the address
  };

  start_gate() = default;
  /// With the pace of a sink's lanes, milliseconds from 1.
  start_gate(std::int64_t retry_least_ms, std::int64_t retry_most_ms)
      : probe_first_ms_(std::min(probe_least_ms, std::max<std::int64_t>(1, retry_least_ms))),
        probe_last_ms_(std::min(probe_most_ms, std::max<std::int64_t>(1, retry_most_ms))) {}

  /// When a lane of that standing may start: now, later, or once an attempt has ended (`never`).
  [[nodiscard]] std::int64_t opens_ms(lane_standing standing, std::int64_t now_ms) const;
  void started(lane_standing standing, std::int64_t now_ms);
  /// `lane` tells lanes apart.
  void ended(std::uint64_t lane, lane_standing standing_at_start, outcome what,
             std::int64_t now_ms);

  /// The address is taken to be down.
  [[nodiscard]] bool open() const noexcept { return open_; }

 private:
  [[nodiscard]] double tokens_at(std::int64_t now_ms) const;
  void fail(std::uint64_t lane, bool was_probe, std::int64_t now_ms);
  void close();

  bool open_ = false;
  std::uint32_t failures_ = 0;
  std::set<std::uint64_t> failing_lanes_;
  std::int64_t probe_first_ms_ = probe_least_ms;
  std::int64_t probe_last_ms_ = probe_most_ms;
  std::int64_t probe_wait_ms_ = probe_least_ms;
  std::int64_t next_probe_ms_ = 0;
  std::int64_t next_well_ms_ = 0;
  std::array<std::size_t, lane_standing_count> in_flight_{};
  double held_tokens_ = held_probes_most;
  std::int64_t tokens_ms_ = 0;
};

}  // namespace weir
