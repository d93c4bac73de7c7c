// SPDX-License-Identifier: Apache-2.0
#include "simulation/model.hpp"

#include <algorithm>
#include <utility>

namespace weir::simulation {

// ---- clients

point_id model::add(std::uint32_t client, std::uint32_t series, std::int64_t time_ns, bool poison) {
  std::vector<point_id>& numbers = series_[{client, series}];
  const auto id = static_cast<point_id>(points_.size());
  point made;
  made.client = client;
  made.series = series;
  made.number = static_cast<std::uint32_t>(numbers.size());
  made.time_ns = time_ns;
  made.poison = poison;
  points_.push_back(made);
  numbers.push_back(id);
  return id;
}

const point_id* model::find(std::uint32_t client, std::uint32_t series,
                            std::uint32_t number) const {
  const auto known = series_.find({client, series});
  return known == series_.end() || number >= known->second.size() ? nullptr
                                                                  : &known->second[number];
}

void model::sent(const std::vector<point_id>& ids) {
  for (const point_id id : ids) {
    ++points_[id].sends;
  }
}

void model::refused(const std::vector<point_id>& ids) {
  for (const point_id id : ids) {
    --points_[id].sends;
  }
  refused_last_.insert(refused_last_.end(), ids.begin(), ids.end());
}

void model::begins() {
  for (const point_id id : std::exchange(refused_last_, {})) {
    ++points_[id].sends;
  }
}

void model::acknowledged(const std::vector<point_id>& ids, append_promise promise) {
  if (promise != append_promise::received) {
    refused_last_.clear();  // the log went on behind the last good record
  }
  for (const point_id id : ids) {
    if (events_.loud) {
      events_.say("acknowledged: " + name_of(id));
    }
    points_[id].acknowledged = true;
    points_[id].promise = promise;
    if (promise == append_promise::received) {
      only_received_.push_back(id);
    }
    for (view& each : sinks_) {
      if (!each.gone && each.wants[points_[id].client]) {
        fate_of(each, id).owed = true;
      }
    }
  }
}

// ---- sinks

std::size_t model::add_sink(std::string name, std::vector<bool> wants) {
  view made;
  made.name = std::move(name);
  made.wants = std::move(wants);
  sinks_.push_back(std::move(made));
  return sinks_.size() - 1;
}

void model::remove_sink(std::size_t sink) {
  sinks_[sink].gone = true;
}

model::fate& model::fate_of(view& of, point_id id) {
  if (of.of.size() <= id) {
    of.of.resize(points_.size());
  }
  return of.of[id];
}

void model::store_one(view& at, point_id id) {
  const point& one = points_[id];
  fate& its = fate_of(at, id);
  if (!at.wants[one.client]) {
    events_.fail(at.name + " was sent " + name_of(id) + ", of a database that it does not take");
  }
  if (one.poison) {
    return;
  }
  const series_key key{one.client, one.series};
  const auto highest = at.highest.find(key);
  // What a client was told that it was not kept may come back with the power, at any place, and so
  // may segments that were deleted before the sink was added, which reads them when its cursor is
  // gone as well; and what a server refused may be taken by it later, when a cursor is old.
  const bool may_come_back = its.refused || (power_was_lost_ && (!one.acknowledged || !its.owed));
  if (strict_order_ && !may_come_back && its.stored == 0 && highest != at.highest.end() &&
      one.number < highest->second) {
    events_.fail("order: " + at.name + " got " + name_of(id) + " for the first time after number " +
                 std::to_string(highest->second));
  }
  ++its.stored;
  // A batch that was not taken as a whole costs up to 64 requests, which may hold a point each.
  const unsigned excused = its.repeats * 64U;
  if (its.stored > excused + std::max<std::uint16_t>(1, one.sends)) {
    events_.fail("repeated: " + at.name + " got " + name_of(id) + " " + std::to_string(its.stored) +
                 " times, which was sent " + std::to_string(one.sends) + " times and has " +
                 std::to_string(its.repeats) + " excuses");
  }
  std::uint32_t& most = at.highest[key];
  most = may_come_back ? most : std::max(most, one.number);
  auto [value, fresh] =
      at.values.try_emplace({one.client, one.series, one.time_ns}, std::pair{id, id});
  value->second.first = id;
  if (points_[value->second.second].number < one.number) {
    value->second.second = id;
  }
}

void model::stored(std::size_t sink, const std::vector<point_id>& ids) {
  for (const point_id id : ids) {
    if (events_.loud) {
      events_.say(sinks_[sink].name + " stores " + name_of(id));
    }
    store_one(sinks_[sink], id);
  }
}

void model::answered(std::size_t sink, const std::vector<point_id>& ids) {
  std::vector<point_id>& unsaved = sinks_[sink].unsaved;
  unsaved.insert(unsaved.end(), ids.begin(), ids.end());
}

void model::cursor_kept(std::size_t sink) {
  sinks_[sink].unsaved.clear();
}

void model::answer_lost(std::size_t sink, const std::vector<point_id>& ids) {
  for (const point_id id : ids) {
    ++fate_of(sinks_[sink], id).repeats;
  }
}

void model::set_aside(std::size_t sink, point_id id) {
  fate_of(sinks_[sink], id).set_aside = true;
}

void model::refused_for_good(std::size_t sink, const std::vector<point_id>& ids) {
  for (const point_id id : ids) {
    fate_of(sinks_[sink], id).refused = true;
  }
}

// ---- what excuses

void model::killed() {
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    for (const point_id id : only_received_) {
      fate_of(sinks_[i], id).may_be_lost = true;
    }
    answer_lost(i, sinks_[i].unsaved);
    sinks_[i].unsaved.clear();
  }
  only_received_.clear();
}

void model::lost_power() {
  power_was_lost_ = true;
  for (view& each : sinks_) {
    for (point_id id = 0; id < points_.size(); ++id) {
      const point& one = points_[id];
      if (one.acknowledged && one.promise != append_promise::synced) {
        fate_of(each, id).may_be_lost = true;
      }
    }
  }
  killed();
  cursors_lost();
}

void model::cursors_lost() {
  for (view& each : sinks_) {
    for (point_id id = 0; id < each.of.size(); ++id) {
      // The log may hold it as often as it was sent.
      fate& its = each.of[id];
      its.repeats =
          static_cast<std::uint16_t>(its.repeats + std::max<std::uint16_t>(1, points_[id].sends));
    }
  }
}

void model::frames_lost(std::size_t sink) {
  view& of = sinks_[sink];
  for (point_id id = 0; id < points_.size(); ++id) {
    // Also of what was stored: a repetition that ends early leaves an older value.
    fate_of(of, id).may_be_lost = true;
  }
}

void model::frames_lost() {
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    frames_lost(i);
  }
}

// ---- checks

std::vector<point_id> model::missing(std::size_t sink, bool excused) const {
  std::vector<point_id> ids;
  const view& of = sinks_[sink];
  for (point_id id = 0; id < of.of.size() && !of.gone; ++id) {
    const fate& its = of.of[id];
    const bool there = its.stored > 0 || its.set_aside;
    if (its.owed && !there && (excused || !its.may_be_lost)) {
      ids.push_back(id);
    }
  }
  return ids;
}

void model::check_values(const view& of) const {
  for (const auto& [key, ends] : of.values) {
    const auto [last, highest] = ends;
    const bool excused = of.of[highest].may_be_lost || of.of[highest].refused ||
                         of.of[highest].set_aside ||
                         (power_was_lost_ && !points_[last].acknowledged) ||
                         (power_was_lost_ && !points_[highest].acknowledged);
    if (last != highest && !excused) {
      events_.fail("order: at " + of.name + " the last write of " + name_of(highest) +
                   "'s series and time is " + name_of(last));
    }
  }
}

void model::check_end() const {
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    const std::vector<point_id> lost = missing(i);
    if (!lost.empty()) {
      const fate& its = sinks_[i].of[lost.front()];
      events_.fail("lost: " + std::to_string(lost.size()) + " acknowledged points never came to " +
                   sinks_[i].name + (its.refused ? " and were not set aside" : "") +
                   ", the first is " + name_of(lost.front()) + ", the last " +
                   name_of(lost.back()));
    }
    if (!sinks_[i].gone) {
      check_values(sinks_[i]);
    }
  }
}

std::string model::name_of(point_id id) const {
  const point& one = points_[id];
  return "point " + std::to_string(id) + " (client " + std::to_string(one.client) + ", series " +
         std::to_string(one.series) + ", number " + std::to_string(one.number) +
         (one.poison ? ", poison" : "") + ")";
}

}  // namespace weir::simulation
