// SPDX-License-Identifier: Apache-2.0
//
// What a sink counts for others and remembers for itself: its numbers, and the cursor, below which
// the log may go.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "observe/journal.hpp"
#include "sinks/sink_lane.hpp"

namespace weir {
namespace {

/// Frames that were found, and of which nothing was delivered yet, are in the cursor after so many
/// milliseconds, or at the turn after that.
constexpr std::int64_t keep_discovered_ms = 1000;

}  // namespace

std::uint64_t sink::pending_points() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& [key, on] : lanes_) {
    sum += on->pending.points();
  }
  return sum;
}

/// How much waits since when, of all lanes and of those that are held.
void sink::count_waiting() {
  if (!std::exchange(waiting_changed_, false)) {
    return;
  }
  std::uint64_t bytes = 0;
  std::uint64_t parked = 0;
  std::int64_t oldest_ns = 0;
  std::vector<held_lane> held;
  for (const auto& [key, on] : lanes_) {
    if (on->pending.empty()) {
      continue;
    }
    const std::int64_t since_ns = on->pending.oldest_received_ns();
    bytes += on->pending.bytes();
    parked += on->pending.parked().points();
    oldest_ns = oldest_ns == 0 ? since_ns : std::min(oldest_ns, since_ns);
    if (on->held && held.size() < sink_counters::held_lanes_shown_max) {
      held.push_back({key, on->pending.points(), on->pending.bytes(), since_ns,
                      on->pending.parked().points(), on->held_for});
    }
  }
  counters_.pending_bytes.set(bytes);
  counters_.oldest_received_ns.set(
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, oldest_ns)));
  counters_.set_held(std::move(held));
  counters_.parked_points.set(parked);
}

log_position sink::least_pending() const {
  log_position least = ends_in_order_.empty() ? cursor_.discovered : ends_in_order_.begin()->first;
  for (const auto& [key, on] : lanes_) {
    if (const backlog& logged = on->pending.logged(); !logged.empty()) {
      least = std::min(least, std::max(on->at.next, logged.first()));
    }
  }
  return least;
}

void sink::publish_counts() {
  counters_.set_points({.accepted = cursor_.accepted,
                        .delivered = cursor_.delivered,
                        .discarded = cursor_.discarded,
                        .pending = cursor_.pending()});
  count_waiting();
  counters_.held_lanes.set(held_lanes_);
  counters_.lanes.set(lanes_.size());
  counters_.in_flight.set(in_flight_);
  counters_.breaker_open.set(gate_.open() ? 1 : 0);
  if (parts_.parked != nullptr) {
    counters_.parked_bytes.set(parts_.parked->shares().bytes());
    counters_.parked_lanes.set(parts_.parked->shares().lanes());
  }
}

void sink::moved(const lane& on) {
  moved_.insert(on.key);
}

cursor_state sink::standing() const {
  if (!opened_) {
    return cursor_;  // it does not know its lanes yet
  }
  cursor_state now = cursor_;
  now.low_water = least_pending();
  now.lanes.clear();
  for (const auto& [key, on] : lanes_) {
    if (!on->pending.empty()) {
      now.lanes.emplace(key, on->at);
    }
  }
  return now;
}

/// Where keeping one is dear, some turns' changes are kept together. Nothing of them counts before:
/// neither is the log released, nor is the target told.
bool sink::cursor_waits(std::int64_t now_ms) {
  keep_due_ms_.reset();
  if (parts_.cursor_pace_ms == 0 || closing_ || draining()) {
    return false;
  }
  const std::int64_t due_ms = keep_tried_ms_ ? *keep_tried_ms_ + parts_.cursor_pace_ms : now_ms;
  if (due_ms > now_ms) {
    keep_due_ms_ = due_ms;
    return true;
  }
  keep_tried_ms_ = now_ms;
  return false;
}

void sink::close(std::int64_t now_ms) {
  closing_ = true;
  if (opened_ && parts_.cursor_pace_ms > 0) {
    keep_cursor(now_ms);
  }
}

void sink::keep_cursor(std::int64_t now_ms) {
  publish_counts();
  const log_position low_water = least_pending();
  const bool released_more = low_water != released_;
  // What was only found is kept now and then: were it to vanish, its points are known to be lost.
  const bool found_more =
      cursor_.discovered != kept_discovered_ && now_ms - kept_ms_ >= keep_discovered_ms;
  const bool changed = cursor_changed_ || released_more || found_more || closing_;
  if (!changed || cursor_waits(now_ms)) {
    return;
  }
  cursor_.low_water = low_water;
  for (const lane_key& key : moved_) {
    const auto found = lanes_.find(key);
    if (found != lanes_.end() && !found->second->pending.empty()) {
      cursor_.lanes.insert_or_assign(key, found->second->at);
    } else {
      cursor_.lanes.erase(key);
    }
  }
  if (parts_.cursors != nullptr) {
    if (const outcome saved = parts_.cursors->save(cursor_, moved_); !saved.ok()) {
      counters_.cursor_failures.add();
      journal_limited("sink cursor", journal_level::error,
                      fmt::format("sink {}: its cursor could not be written: {}", settings_.name,
                                  saved.error().message));
      // Nothing may be released that the cursor on disk still asks for.
      look_again_ms_ = now_ms + refused_retry_ms;
      cursor_failing_ = true;
      return;
    }
  }
  cursor_failing_ = false;
  cursor_changed_ = false;
  kept_discovered_ = cursor_.discovered;
  kept_ms_ = now_ms;
  release_parked();
  moved_.clear();
  parts_.target.saved(low_water);
  released_ = low_water;
  if (released_more) {
    parts_.log.release(parts_.subscriber, low_water);
  }
  counters_.low_water.set(low_water.number());
}

}  // namespace weir
