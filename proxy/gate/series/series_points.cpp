// SPDX-License-Identifier: Apache-2.0
//
// The part of series_check.hpp that asks whether another point lies where this one does. It runs
// under the lock of the series' entry.
#include <limits>

#include "gate/series/series_check.hpp"

namespace weir {
namespace {

/// Nanoseconds that a point is moved at most.
constexpr std::int64_t spread_ns_max = 1'000;
constexpr std::int64_t time_greatest = std::numeric_limits<std::int64_t>::max() - 1;
/// Points of a request that are taken back if the log does not get them. Of a larger request the
/// rest stays remembered; then a repeat with other values is refused or moved for nothing.
constexpr std::size_t taken_max = 100'000;

}  // namespace

gate_answer series_check::check_point(series_entry& entry, line_state& state) {
  const point_content content(state.hash);
  const std::int64_t time = state.line.time;
  const std::uint64_t place = point_window::place_of(state.line.key, time, retention_policy_);
  switch (look_and_take(entry, state.line.key, time, place, content)) {
    case place_state::free:
      return {};
    case place_state::retry:
      state.noted |= bit(gate_code::duplicate_retry);
      return {};
    case place_state::contradicted:
      break;
  }
  memory_->duplicates.note([&] {
    return gate_sample{.database = database_->name(),
                       .place = std::string(shortened(series_of(state))),
                       .field = {},
                       .time = time};
  });
  switch (policy_->duplicates) {
    case duplicates_mode::last:
      take(entry, state.line.key, time, place, content);
      state.noted |= bit(gate_code::duplicate_point);
      return {};
    case duplicates_mode::spread:
      return spread(entry, state, content);
    case duplicates_mode::reject:
      break;
  }
  detail_ = "a point of the same series and time has other values already (key: duplicates)";
  return {gate_action::reject, gate_code::duplicate_point};
}

series_check::place_state series_check::look_and_take(series_entry& entry, const wide_hash& key,
                                                      std::int64_t time, std::uint64_t place,
                                                      point_content content) {
  const place_state found = look(entry, time, place, content);
  if (found == place_state::free) {
    take(entry, key, time, place, content);
  }
  return found;
}

series_check::place_state series_check::look(const series_entry& entry, std::int64_t time,
                                             std::uint64_t place, point_content content) const {
  if (!entry.has_point || time > entry.newest_time) {
    return place_state::free;
  }
  place_state found = place_state::free;
  const auto consider = [&](point_content held) {
    if (held == content) {
      found = place_state::retry;
    } else if (found == place_state::free &&
               (held.shape() == content.shape() ||
                database_->shapes.overlap(held.shape(), content.shape()))) {
      found = place_state::contradicted;
    }
  };
  if (time == entry.newest_time && entry.newest_policy == retention_policy_) {
    consider(point_content::from_bits(entry.newest_point));
  }
  for (std::size_t i = 0; i < waiting_count_; ++i) {
    if (waiting_[i].place == place) {
      consider(waiting_[i].content);
    }
  }
  memory_->points.each_at(place, consider);
  return found;
}

void series_check::take(series_entry& entry, const wide_hash& key, std::int64_t time,
                        std::uint64_t place, point_content content) {
  if (policy_->duplicates != duplicates_mode::last && taken_.size() < taken_max) {
    taken_.push_back({key, place, time, content});
  }
  const bool newer = !entry.has_point || time > entry.newest_time;
  if (newer && entry.has_point) {
    remember_soon(point_window::place_of(key, entry.newest_time, entry.newest_policy),
                  point_content::from_bits(entry.newest_point));
  }
  const bool replaces = time == entry.newest_time && entry.newest_policy == retention_policy_ &&
                        point_content::from_bits(entry.newest_point).shape() == content.shape();
  if (newer || replaces) {
    entry.has_point = true;
    entry.newest_time = time;
    entry.newest_policy = retention_policy_;
    entry.newest_point = content.bits();
  } else {
    remember_soon(place, content);
  }
}

void series_check::remember_soon(std::uint64_t place, point_content content) {
  if (waiting_count_ == waiting_.size()) {
    remember_waiting();
  }
  waiting_[waiting_count_++] = {place, content};
}

void series_check::remember_waiting() {
  if (waiting_count_ > 0) {
    memory_->points.remember({waiting_.data(), waiting_count_});
    waiting_count_ = 0;
  }
}

/// The next nanosecond that is free, or that holds this very point: then it was spread before.
gate_answer series_check::spread(series_entry& entry, line_state& state, point_content content) {
  const std::int64_t time = state.line.time;
  for (std::int64_t step = 1; step <= spread_ns_max && time <= time_greatest - step; ++step) {
    const std::int64_t moved = time + step;
    const std::uint64_t place = point_window::place_of(state.line.key, moved, retention_policy_);
    const place_state found = look_and_take(entry, state.line.key, moved, place, content);
    if (found == place_state::contradicted) {
      continue;
    }
    if (found == place_state::retry) {
      state.noted |= bit(gate_code::duplicate_retry);
    }
    state.line.time = moved;
    state.mended |= bit(gate_code::duplicate_spread);
    return {};
  }
  detail_ = "a thousand points of the same series and time have other values already";
  return {gate_action::reject, gate_code::duplicate_point};
}

}  // namespace weir
