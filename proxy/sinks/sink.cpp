// SPDX-License-Identifier: Apache-2.0
//
// The sink's turn, in the order in which it happens: discover, finish, start, keep the cursor
// (sink_cursor.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "base/glob.hpp"
#include "observe/journal.hpp"
#include "sinks/sink_lane.hpp"

namespace weir {
namespace {

constexpr std::size_t headers_at_once = 1024;
constexpr int discover_rounds_max = 16;
/// Attempts begun in one turn: a sink that is never slow must still look at its other events.
constexpr int starts_max = 256;
/// One of so many goes to a lane that fails or is held, if one is due.
constexpr std::uint64_t start_of_others = 8;
/// Another sink may have given memory back, which wakes no one: the sink looks again after so
/// many milliseconds.
constexpr std::int64_t memory_retry_ms = 20;
/// Until a lane that ran ahead of others looks again.
constexpr std::int64_t ahead_pause_ms = 50;
/// So long others do not run ahead of a lane that fails.
constexpr std::int64_t wait_for_failing_ms = 60'000;
/// How long frames of a parked lane gather before they are moved, too.
constexpr std::int64_t park_rest_ms = 250;
/// The wall clock was set where it moved by more than this against the monotonic one.
constexpr std::int64_t clock_step_ms = 5'000;

}  // namespace

sink::sink(const sink_settings& settings, sink_parts parts, const cursor_state& start)
    : settings_(settings),
      parts_(std::move(parts)),
      filter_(settings.measurements,
              {parts_.assignments, settings.shard ? settings.shard->own : std::string()}),
      reader_(parts_.parked != nullptr ? parked_first(parts_.log.reader(), *parts_.parked)
                                       : parts_.log.reader()),
      cursor_(start),
      gate_(settings.retry_least.count(), settings.retry_most.count()),
      trouble_(settings.name) {}

sink::~sink() = default;

// ---- opening

void sink::open(std::int64_t now_ms) {
  const log_position end = parts_.log.end();
  if (cursor_.discovered > end) {
    journal(journal_level::error,
            fmt::format("sink {}: its cursor stands at {}, but the log ends at {}: the log lost "
                        "its newest frames",
                        settings_.name, cursor_.discovered.number(), end.number()));
    cursor_.discovered = end;
  }
  static_cast<void>(recover(now_ms));
}

bool sink::recover(std::int64_t now_ms) {
  // What the disk refuses is waited for. Nothing is delivered before all that is pending is known:
  // what is missing would be taken for lost.
  parked_known_ = parked_known_ || recover_parked(now_ms);
  if (!parked_known_) {
    look_again_ms_ = now_ms + refused_retry_ms;
    publish_counts();
    return false;
  }
  while (recovered_ < cursor_.discovered) {
    headers_.clear();
    const log_position next = reader_->headers(recovered_, headers_at_once, headers_);
    for (const frame_header& header : headers_) {
      recover_header(header, now_ms);
    }
    if (next <= recovered_) {
      look_again_ms_ = now_ms + refused_retry_ms;
      publish_counts();
      return false;
    }
    recovered_ = next;
  }
  opened_ = true;
  for (const auto& [key, stood] : cursor_.lanes) {
    moved_.insert(key);
  }
  reconcile();
  cursor_changed_ = true;
  // So that what is pending is known, as far as one turn gets, before anything is delivered.
  discover(now_ms);
  publish_counts();
  return true;
}

void sink::recover_header(const frame_header& header, std::int64_t now_ms) {
  if (header.position >= cursor_.discovered || note_end(header) || !wants(header)) {
    return;
  }
  const auto found = cursor_.lanes.find({header.database, header.retention_policy});
  if (found == cursor_.lanes.end() || header.position < found->second.next ||
      header.position < found->second.parked_end) {
    return;
  }
  const lane_position& stood = found->second;
  const bool begun = header.position == stood.next;
  const std::uint32_t skip_points = begun ? std::min(stood.skip_points, header.points) : 0;
  const std::uint32_t skip_bytes = begun ? std::min(stood.skip_bytes, header.inflated_bytes) : 0;
  lane& on = lane_of(found->first, header.position);
  if (on.pending.empty()) {
    on.at = stood;
    if (stood.next < header.position) {
      // Frames between were given up by a full log. They may be in it again after a loss of power,
      // and are counted no more.
      on.at.next = header.position;
      on.at.skip_points = on.at.skip_bytes = 0;
    }
  }
  on.pending.add(header.position, header.points - skip_points, header.inflated_bytes - skip_bytes,
                 now_ms, header.received_ns);
  arm(on, now_ms);
}

void sink::reconcile() {
  const std::uint64_t expected = cursor_.pending();
  const std::uint64_t found = pending_points();
  if (found < expected) {
    discard(discard_reason::lost, expected - found);
    journal(journal_level::warning,
            fmt::format("sink {}: {} points that it had still to deliver are not in the log any "
                        "more",
                        settings_.name, expected - found));
  } else {
    cursor_.accepted += found - expected;
  }
}

// ---- discovering

/// Of a frame of any kind: whether the sink's filters let it through.
bool sink::concerns(const frame_header& header) const {
  return filter_.concerns(header.position) &&
         matches_patterns(settings_.databases, header.database) &&
         matches_patterns(settings_.retention_policies, header.retention_policy);
}

bool sink::wants(const frame_header& header) const {
  return header.kind == frame_kind::lines && concerns(header);
}

void sink::discover(std::int64_t now_ms) {
  more_to_discover_ = true;
  for (int round = 0; round < discover_rounds_max; ++round) {
    headers_.clear();
    const log_position next = reader_->headers(cursor_.discovered, headers_at_once, headers_);
    for (const frame_header& header : headers_) {
      if (!note_end(header) && wants(header)) {
        accept(header, now_ms);
      }
    }
    if (next <= cursor_.discovered) {
      more_to_discover_ = false;
      if (cursor_.discovered < parts_.log.end()) {
        look_again_ms_ = now_ms + refused_retry_ms;  // the disk refused, and no append may come
      }
      return;
    }
    cursor_.discovered = next;
  }
}

void sink::accept(const frame_header& header, std::int64_t now_ms) {
  lane& on = lane_of({header.database, header.retention_policy}, header.position);
  if (on.pending.empty()) {
    on.at = {.next = header.position, .parked_end = on.at.parked_end};
    moved(on);
  }
  on.pending.add(header.position, header.points, header.inflated_bytes, now_ms, header.received_ns);
  cursor_.accepted += header.points;
  waiting_changed_ = true;
  if (on.now == lane::stage::idle || on.now == lane::stage::waiting) {
    arm(on, now_ms);
  } else {
    if (on.held && !on.hurried && parts_.target.may_pass_now(on.key)) {
      on.hurried = true;
      hurry(on);
    }
    if (const auto due = parking_time(on)) {
      park_by(std::max(*due, now_ms + park_rest_ms));
    }
  }
}

sink::lane& sink::lane_of(const lane_key& key, log_position first_position) {
  std::unique_ptr<lane>& place = lanes_[key];
  if (!place) {
    const delivery_pace pace{settings_.retry_least, settings_.retry_most};
    // Lanes must not come back in step, so each has randomness of its own.
    const std::uint64_t seed = parts_.seed ^ std::hash<std::string>{}(key.database) ^
                               (std::hash<std::string>{}(key.retention_policy) << 1);
    place = std::make_unique<lane>(key, lanes_made_++, pace, seed);
    place->at.next = first_position;
    place->limit_bytes = std::max<std::uint64_t>(1, settings_.batch.bytes);
    place->lease = memory_lease(parts_.memory);
  }
  return *place;
}

void sink::forget_if_idle(lane& on) {
  if (on.now == lane::stage::idle && lanes_.size() > idle_lanes_max) {
    lanes_.erase(lane_key(on.key));
  }
}

// ---- when a lane is due

bool sink::is_full(const lane& on) const {
  return on.pending.bytes() >= on.limit_bytes || on.pending.points() >= settings_.batch.points;
}

void sink::arm(lane& on, std::int64_t now_ms) {
  if (on.pending.empty()) {
    on.now = lane::stage::idle;
    unschedule(on);
    return;
  }
  on.now = lane::stage::waiting;
  if (draining() || is_full(on)) {
    schedule(on, std::max(now_ms, on.not_before_ms));
  } else {
    schedule(on, std::max(on.pending.oldest_ms() + settings_.batch.age.count(), on.not_before_ms));
  }
}

void sink::schedule(lane& on, std::int64_t due_ms) {
  if (on.scheduled && on.due_ms <= due_ms) {
    return;
  }
  unschedule(on);
  on.due_ms = due_ms;
  on.scheduled = true;
  on.due_as = on.standing();
  due_[static_cast<std::size_t>(on.due_as)].emplace(std::pair{due_ms, on.number}, &on);
}

void sink::unschedule(lane& on) {
  if (on.scheduled) {
    due_[static_cast<std::size_t>(on.due_as)].erase({on.due_ms, on.number});
    on.scheduled = false;
  }
}

void sink::drain(std::int64_t now_ms) {
  ++drains_;
  for (const auto& [key, on] : lanes_) {
    on->drain_failures = 0;
    if (on->held) {
      unschedule(*on);
    } else if (on->now == lane::stage::waiting || on->now == lane::stage::paused) {
      schedule(*on, now_ms);
    }
  }
}

/// Draining, and no lane that is worth waiting for is under way or will try again.
bool sink::at_rest() const {
  return draining() && opened_ && !more_to_discover_ && completed_.empty() && nothing_due() &&
         std::none_of(lanes_.begin(), lanes_.end(), [](const auto& each) {
           const lane& on = *each.second;
           return !on.held && on.now == lane::stage::delivering;
         });
}

// ---- the turn

std::optional<std::int64_t> sink::turn(std::int64_t now_ms) {
  if (look_again_ms_ && *look_again_ms_ <= now_ms) {
    look_again_ms_.reset();
  }
  if (!opened_ && (look_again_ms_ || !recover(now_ms))) {
    return look_again_ms_;
  }
  in_turn_ = true;
  discover(now_ms);
  finish_completed(now_ms);
  notice_gone(now_ms);
  look_at_dropped(now_ms);
  hurry_oldest(now_ms);
  start_due(now_ms);
  // A deliverer that is done at once has filled `completed_` again.
  finish_completed(now_ms);
  tell_ends(now_ms);
  drop_asked(now_ms);
  look_at_parking(now_ms);
  report_troubles(now_ms);
  keep_cursor(now_ms);
  tell_dropped();
  in_turn_ = false;
  counters_.at_rest.set(at_rest() ? drains_ : 0);
  const auto due = tick_target(now_ms);
  const auto next = next_turn(now_ms);
  return due && (!next || *due < *next) ? due : next;
}

/// The target's clock is the wall clock. Where that was set, what passed by it was no time in which
/// nothing came: the target begins to count anew.
std::optional<std::int64_t> sink::tick_target(std::int64_t now_ms) {
  if (!parts_.now_ns || draining() || finishing_) {
    return std::nullopt;
  }
  const std::int64_t wall_ms = parts_.now_ns() / 1'000'000;
  const auto oldest_ms =
      static_cast<std::int64_t>(counters_.oldest_received_ns.value() / 1'000'000);
  const std::int64_t usual_ms = abreast_ms + settings_.batch.age.count();
  const bool abreast = !more_to_discover_ && (oldest_ms == 0 || wall_ms - oldest_ms <= usual_ms);
  const std::int64_t ahead_ms = wall_ms - now_ms;
  const std::int64_t before_ms = std::exchange(wall_ahead_ms_, ahead_ms).value_or(ahead_ms);
  if (std::abs(ahead_ms - before_ms) > clock_step_ms) {
    static_cast<void>(parts_.target.tick(wall_ms, false));
  }
  const auto due_ms = parts_.target.tick(wall_ms, abreast);
  return due_ms ? std::optional(now_ms + std::max<std::int64_t>(1, *due_ms - wall_ms))
                : std::nullopt;
}

std::optional<std::int64_t> sink::next_turn(std::int64_t now_ms) const {
  if (more_to_discover_ || !completed_.empty()) {
    return now_ms;
  }
  std::optional<std::int64_t> next = trouble_.due_ms();
  if (look_again_ms_) {
    next = std::min(next.value_or(*look_again_ms_), *look_again_ms_);
  }
  if (keep_due_ms_) {
    next = std::min(next.value_or(*keep_due_ms_), *keep_due_ms_);
  }
  if (const auto parking = next_parking()) {
    next = std::min(next.value_or(*parking), *parking);
  }
  for (std::size_t i = 0; i < lane_standing_count && in_flight_ < in_flight_max; ++i) {
    if (due_[i].empty() || finishing_) {
      continue;
    }
    const std::int64_t opens =
        draining() ? now_ms : gate_.opens_ms(static_cast<lane_standing>(i), now_ms);
    if (opens != start_gate::never) {
      const std::int64_t due = waits_for_memory_ ? now_ms + memory_retry_ms
                                                 : std::max(opens, due_[i].begin()->first.first);
      next = std::min(next.value_or(due), due);
    }
  }
  return next ? std::optional(std::max(now_ms, *next)) : std::nullopt;
}

/// A log that is full may have discarded frames of lanes that wait for their server. They are lost
/// now, not when the server is back.
void sink::notice_gone(std::int64_t now_ms) {
  const log_position first = parts_.log.first();
  if (first <= log_first_) {
    return;
  }
  std::uint64_t lost = 0;
  bool all = true;
  std::vector<lane*> emptied;
  for (const auto& [key, on] : lanes_) {
    const backlog& logged = on->pending.logged();
    if (logged.empty() || logged.first() >= first) {
      continue;
    }
    if (on->busy()) {
      all = false;  // what is under way has its frames, and may arrive
      continue;
    }
    lost += on->pending.skip_logged_to(first);
    if (on->pending.empty()) {
      moved(*on);
      emptied.push_back(on.get());
    }
  }
  if (all) {
    log_first_ = first;
  }
  if (lost > 0) {
    discard(discard_reason::lost, lost);
    counters_.discarded_unread.add(lost);
    journal_limited("sink discarded", journal_level::error,
                    fmt::format("sink {}: the log was full and discarded {} points before they "
                                "were delivered",
                                settings_.name, lost));
  }
  for (lane* on : emptied) {
    arm(*on, now_ms);
    settled_without_server(*on, now_ms);
    forget_if_idle(*on);
  }
}

void sink::start_due(std::int64_t now_ms) {
  waits_for_memory_ = parts_.may_deliver && !parts_.may_deliver();
  if (waits_for_memory_ || finishing_) {
    return;
  }
  const std::int64_t span_ns = parts_.target.span_ns_most();
  // What `oldest_waited_for` says, as long as that is known.
  bool oldest_is_known = false;
  std::int64_t oldest_ns = 0;
  for (int started = 0; started < starts_max; ++started) {
    lane* const found = in_flight_ < in_flight_max ? next_due(now_ms) : nullptr;
    if (found == nullptr) {
      return;
    }
    lane& on = *found;
    if (span_ns != 0 && !on.pending.empty()) {
      if (!oldest_is_known) {
        oldest_ns = oldest_waited_for(now_ms);
        oldest_is_known = true;
      }
      const std::int64_t own_ns = on.pending.oldest_received_ns();
      if (oldest_ns < own_ns - span_ns) {  // it ran ahead
        unschedule(on);
        schedule(on, now_ms + ahead_pause_ms);
        continue;
      }
      if (own_ns <= oldest_ns) {
        oldest_is_known = false;  // with its start it may be another
      }
    }
    if (!reserve(on)) {
      waits_for_memory_ = true;
      return;
    }
    unschedule(on);
    start(on, now_ms);
    if (!completed_.empty()) {
      finish_completed(now_ms);
      oldest_is_known = false;
    }
  }
}

/// When the oldest was received of what is under way or due: no lane begins what came much later,
/// be the older an outage's, or that of a lane with more points. A lane that fails for long is not
/// waited for: where the server is back, it is tried at once.
std::int64_t sink::oldest_waited_for(std::int64_t now_ms) const {
  std::int64_t oldest_ns = std::numeric_limits<std::int64_t>::max();
  for (const auto& [key, on] : lanes_) {
    if (on->pending.empty() || on->held || on->pending.oldest_received_ns() >= oldest_ns) {
      continue;
    }
    const bool fills = on->now == lane::stage::waiting && !is_full(*on) &&
                       on->pending.oldest_ms() + settings_.batch.age.count() > now_ms;
    const bool fails = now_ms - on->failing_since_ms.value_or(now_ms) > wait_for_failing_ms;
    if (!fills && !fails) {
      oldest_ns = on->pending.oldest_received_ns();
    }
  }
  return oldest_ns;
}

/// Lanes that are well go first; but one of so many starts is another's, so that none waits for
/// ever. At the end nobody waits for a gate: it is soon over.
sink::lane* sink::next_due(std::int64_t now_ms) {
  const bool others_first = starts_ % start_of_others == start_of_others - 1;
  for (std::size_t i = 0; i < lane_standing_count; ++i) {
    const std::size_t which = others_first ? lane_standing_count - 1 - i : i;
    const due_lanes& lanes = due_[which];
    if (!lanes.empty() && lanes.begin()->first.first <= now_ms &&
        (draining() || gate_.opens_ms(static_cast<lane_standing>(which), now_ms) <= now_ms)) {
      return lanes.begin()->second;
    }
  }
  return nullptr;
}

bool sink::nothing_due() const {
  return std::all_of(due_.begin(), due_.end(), [](const due_lanes& one) { return one.empty(); });
}

bool sink::reserve(lane& on) {
  const std::uint64_t wanted = std::min(on.pending.bytes(), on.limit_bytes);
  // One batch of each sink may always go, or a full budget would never empty.
  return on.lease.grow_to(static_cast<std::size_t>(wanted)) || in_flight_ == 0;
}

void sink::start(lane& on, std::int64_t now_ms) {
  if (on.settling) {
    go_on_settling(on, now_ms);
    return;
  }
  const batch_limits limits{on.limit_bytes, settings_.batch.points, parts_.target.needs_cuts(),
                            filter_.takes_all() ? nullptr : &filter_, parts_.target.span_ns_most()};
  gathered got = gather(*reader_, on.key, on.at, cursor_.discovered, limits);
  on.current = std::make_unique<batch>(std::move(got.made));
  switch (got.status) {
    case gather_status::ready: {
      const log_position first = on.current->frames.empty()
                                     ? on.current->cut_position
                                     : on.current->frames.front()->header.position;
      discard(discard_reason::lost, on.pending.skip_to(first));
      if (on.current->points == 0 && on.current->filtered > 0) {
        conclude(on, discard_counts{}, now_ms);  // none of it is for this sink
        return;
      }
      on.now = lane::stage::delivering;
      on.started_ms = now_ms;
      ++in_flight_;
      on.started_as = on.standing();
      gate_.started(on.started_as, now_ms);
      ++starts_;
      parts_.target.deliver(*on.current, [this, whose = &on](attempt_result result) {
        completed_.push_back({whose, std::move(result)});
        if (!in_turn_) {
          parts_.request_turn();
        }
      });
      return;
    }
    case gather_status::damaged:
      journal_limited(
          "sink damaged frame", journal_level::error,
          fmt::format("sink {}: frame {} cannot be inflated; {} points are lost", settings_.name,
                      on.current->cut_position.number(), on.current->points));
      on.current->cut_ends_frame = true;
      conclude(on, on.current->points, discard_reason::damaged, now_ms);
      return;
    case gather_status::gone:
      discard(discard_reason::lost, on.pending.skip_to(cursor_.discovered));
      moved(on);
      drop_attempt(on);
      arm(on, now_ms);
      settled_without_server(on, now_ms);
      forget_if_idle(on);
      return;
    case gather_status::failed: {
      const attempt_result unread = attempt_result::failed("the log: " + got.detail);
      follow(on, unread, on.steps.next(unread, 0), now_ms);
      return;
    }
  }
}

// ---- small steps

void sink::drop_attempt(lane& on) {
  on.current.reset();
  on.settling.reset();
  on.lease.release();
}

void sink::set_held(lane& on, bool held) {
  if (on.held == held) {
    return;
  }
  waiting_changed_ = true;
  on.held = held;
  if (held) {
    ++held_lanes_;
  } else {
    --held_lanes_;
  }
}

void sink::discard(discard_reason reason, std::uint64_t points) {
  cursor_.discarded[static_cast<std::size_t>(reason)] += points;
  cursor_changed_ = cursor_changed_ || points > 0;
  waiting_changed_ = waiting_changed_ || points > 0;
}

}  // namespace weir
