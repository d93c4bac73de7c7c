// SPDX-License-Identifier: Apache-2.0
#include "gate/series/duplicate_check.hpp"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

/// Nanoseconds that a point is moved at most.
constexpr std::int64_t spread_ns_max = 1'000;
constexpr std::int64_t time_greatest = std::numeric_limits<std::int64_t>::max() - 1;
/// Points of a request that are taken back if the log does not get them. Of a larger request the
/// rest stays remembered; then a repeat with other values is refused or moved for nothing.
constexpr std::size_t taken_max = 100'000;
constexpr std::size_t taken_least = 64;

}  // namespace

void duplicate_check::begin(const series_request& request) {
  remember_waiting();
  if (request_.memory != request.memory) {
    taken_.clear();
  }
  request_ = request;
}

void duplicate_check::grow_taken() {
  const std::size_t more = std::max(taken_least, 2 * taken_.capacity());
  taken_.reserve(std::min(more, taken_max));
}

void duplicate_check::note_taken(const point& taken) {
  if (rejects_or_moves() && taken_.size() < taken_max) {
    taken_.push_back(taken);
  }
}

void duplicate_check::replace_newest(series_entry& entry, const point& taken) noexcept {
  note_taken(taken);  // has room: `prepare`
  if (entry.has_point) {
    waiting_[waiting_count_++] = {
        point_window::key_of(taken.series, entry.newest_time, entry.newest_policy),
        point_content::from_bits(entry.newest_point)};
  }
  entry.has_point = true;
  entry.newest_time = taken.time;
  entry.newest_policy = request_.retention_policy;
  entry.newest_point = taken.content.bits();
}

void duplicate_check::remember_older(const point& taken) {
  prepare();
  note_taken(taken);
  waiting_[waiting_count_++] = {taken.key, taken.content};
}

void duplicate_check::remember_waiting() {
  if (waiting_count_ > 0) {
    request_.memory->points.remember({waiting_.data(), waiting_count_});
    waiting_count_ = 0;
  }
}

duplicate_check::relation duplicate_check::relate(const newest_point& newest,
                                                  const point& asked) const {
  if (!newest.known || asked.time > newest.time) {
    return relation::none;
  }
  relation closest = relation::none;
  const auto consider = [&](point_content held) {
    if (held == asked.content) {
      closest = relation::same;
    } else if (closest == relation::none &&
               (held.shape() == asked.content.shape() ||
                request_.database->shapes.overlap(held.shape(), asked.content.shape()))) {
      closest = relation::contradiction;
    }
  };
  if (asked.time == newest.time && newest.retention_policy == request_.retention_policy) {
    consider(newest.content);
  }
  for (std::size_t i = 0; i < waiting_count_; ++i) {
    if (waiting_[i].key == asked.key) {
      consider(waiting_[i].content);
    }
  }
  request_.memory->points.each_at(asked.key, consider);
  return closest;
}

duplicate_check::relation duplicate_check::take_older(const newest_point& newest,
                                                      const point& taken) {
  const relation related = relate(newest, taken);
  if (related == relation::none) {
    remember_older(taken);
  }
  return related;
}

gate_answer duplicate_check::check(series_line& line, const newest_point& newest,
                                   const point& taken) {
  switch (take_older(newest, taken)) {
    case relation::none:
      return {};
    case relation::same:
      line.note(gate_code::duplicate_retry);
      return {};
    case relation::contradiction:
      break;
  }
  request_.memory->duplicates.note([&] {
    return gate_sample{.database = request_.database->name(),
                       .place = std::string(shortened(line.staged().series())),
                       .field = {},
                       .time = taken.time};
  });
  switch (request_.policy->duplicates) {
    case duplicates_mode::last:
      overwrite(taken);
      line.note(gate_code::duplicate_point);
      return {};
    case duplicates_mode::spread:
      return spread(line, taken);
    case duplicates_mode::reject:
      break;
  }
  line.detail = "a point of the same series and time has other values already (key: duplicates)";
  return {gate_action::reject, gate_code::duplicate_point};
}

void duplicate_check::overwrite(const point& taken) {
  prepare();
  if (auto entry = request_.memory->series.find(taken.series, request_.now_s)) {
    if (take_if_newest(*entry, taken)) {  // what was newest was rolled back meanwhile
      return;
    }
    if (taken.time == entry->newest_time && entry->newest_policy == request_.retention_policy &&
        point_content::from_bits(entry->newest_point).shape() == taken.content.shape()) {
      entry->newest_point = taken.content.bits();
      return;
    }
  }
  remember_older(taken);
}

duplicate_check::relation duplicate_check::take_moved(const point& moved) {
  prepare();
  newest_point newest;
  if (auto entry = request_.memory->series.find(moved.series, request_.now_s)) {
    if (take_if_newest(*entry, moved)) {
      return relation::none;
    }
    newest = newest_of(*entry);
  }
  return take_older(newest, moved);
}

/// To the next nanosecond that is free, or that holds this very point: then it was moved before.
gate_answer duplicate_check::spread(series_line& line, point moved) {
  const std::int64_t time = moved.time;
  for (std::int64_t step = 1; step <= spread_ns_max && time <= time_greatest - step; ++step) {
    moved.time = time + step;
    moved.key = point_window::key_of(moved.series, moved.time, request_.retention_policy);
    const relation related = take_moved(moved);
    if (related == relation::contradiction) {
      continue;
    }
    if (related == relation::same) {
      line.note(gate_code::duplicate_retry);
    }
    line.staged().time = moved.time;
    line.note_repair(gate_code::duplicate_spread);
    return {};
  }
  line.detail = "a thousand points of the same series and time have other values already";
  return {gate_action::reject, gate_code::duplicate_point};
}

void duplicate_check::rollback() {
  remember_waiting();
  for (const point& each : taken_) {
    request_.memory->points.forget(each.key, each.content);
    auto entry = request_.memory->series.find(each.series, request_.now_s);
    if (entry && entry->newest_time == each.time && entry->newest_point == each.content.bits()) {
      entry->has_point = false;
    }
  }
  taken_.clear();
}

}  // namespace weir
