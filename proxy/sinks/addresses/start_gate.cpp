// SPDX-License-Identifier: Apache-2.0
//
// The breaker, and the budget of held lanes.
#include "sinks/addresses/start_gate.hpp"

#include <algorithm>
#include <cmath>

namespace weir {

std::int64_t start_gate::opens_ms(lane_standing standing, std::int64_t now_ms) const {
  const std::size_t under_way = in_flight_[static_cast<std::size_t>(standing)];
  switch (standing) {
    case lane_standing::well:
      return open_ ? std::max(now_ms, next_well_ms_) : now_ms;
    case lane_standing::failing:
      if (!open_) {
        return under_way < failing_in_flight_max ? now_ms : never;
      }
      return under_way == 0 ? std::max(now_ms, next_probe_ms_) : never;
    case lane_standing::held: {
      if (under_way >= held_in_flight_max) {
        return never;
      }
      const double missing = 1.0 - tokens_at(now_ms);
      return missing <= 0 ? now_ms
                          : now_ms + static_cast<std::int64_t>(
                                         std::ceil(missing * 1000 / held_probes_per_second));
    }
  }
  return now_ms;
}

double start_gate::tokens_at(std::int64_t now_ms) const {
  if (held_tokens_ >= held_probes_most) {
    return held_tokens_;  // what was paid for does not grow by itself
  }
  const auto elapsed = static_cast<double>(std::max<std::int64_t>(0, now_ms - tokens_ms_));
  return std::min(held_probes_most, held_tokens_ + elapsed * held_probes_per_second / 1000);
}

void start_gate::started(lane_standing standing, std::int64_t now_ms) {
  ++in_flight_[static_cast<std::size_t>(standing)];
  if (standing == lane_standing::held) {
    held_tokens_ = tokens_at(now_ms) - 1;
    tokens_ms_ = now_ms;
  } else if (standing == lane_standing::well && open_) {
    next_well_ms_ = now_ms + well_every_ms;
  }
}

void start_gate::ended(std::uint64_t lane, lane_standing standing_at_start, outcome what,
                       std::int64_t now_ms) {
  --in_flight_[static_cast<std::size_t>(standing_at_start)];
  switch (what) {
    case outcome::passed:
      if (standing_at_start == lane_standing::held) {
        held_tokens_ = std::min(held_probes_paid_most, tokens_at(now_ms) + 2);
        tokens_ms_ = now_ms;
      }
      close();
      return;
    case outcome::answered:
      close();
      return;
    case outcome::failed:
      fail(lane, standing_at_start == lane_standing::failing, now_ms);
      return;
    case outcome::unknown:
      return;
  }
}

void start_gate::fail(std::uint64_t lane, bool was_probe, std::int64_t now_ms) {
  if (open_) {
    if (was_probe) {
      probe_wait_ms_ = std::min(probe_wait_ms_ * 2, probe_last_ms_);
      next_probe_ms_ = now_ms + probe_wait_ms_;
    }
    return;
  }
  ++failures_;
  if (failing_lanes_.size() < failing_lanes_least) {
    failing_lanes_.insert(lane);
  }
  if (failures_ >= failures_max && failing_lanes_.size() >= failing_lanes_least) {
    open_ = true;
    probe_wait_ms_ = probe_first_ms_;
    next_probe_ms_ = now_ms + probe_wait_ms_;
    next_well_ms_ = now_ms;
  }
}

void start_gate::close() {
  open_ = false;
  failures_ = 0;
  failing_lanes_.clear();
}

}  // namespace weir
