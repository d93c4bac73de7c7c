// SPDX-License-Identifier: Apache-2.0
//
// Which lanes leave the log for the parking place, and when: those that are held for a cause of
// their own, after a while, or at once where the log fills up and they are what its oldest part is
// kept for. A sink that gets nothing through parks nothing: the log holds more than a parking
// place.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/one_line.hpp"
#include "observe/journal.hpp"
#include "sinks/sink_lane.hpp"

namespace weir {
namespace {

/// Until the next move where there is more to move.
constexpr std::int64_t move_on_ms = 20;
/// After the place has refused.
constexpr std::int64_t refused_ms = 5'000;
/// Moved in one turn: bytes, and writes (each opens a file of its own). The lanes that can be
/// delivered wait for so long.
constexpr std::uint64_t turn_bytes_max = std::uint64_t{8} << 20;
constexpr std::uint32_t turn_writes_max = 32;
/// Bytes read of one lane before they are written.
constexpr std::uint64_t chunk_bytes_max = std::uint64_t{1} << 20;
constexpr std::size_t chunk_frames_max = 256;
constexpr std::size_t name_bytes_max = 200;

std::string lane_name(const lane_key& lane) {
  return one_line(lane.database, name_bytes_max) +
         (lane.retention_policy.empty() ? std::string{}
                                        : "/" + one_line(lane.retention_policy, name_bytes_max));
}

}  // namespace

// ---- opening

park_claim sink::claim_of(const frame_header& header, log_position log_first) const {
  if (!wants(header)) {
    return park_claim::done;
  }
  return claim_of_parked(cursor_, parts_.cursor_missing, header, log_first);
}

/// Finds again what is parked, and sets `recovered_` to where the log must be read from at the
/// latest: frames that should be parked and are not may still be in it. False: the disk refuses.
bool sink::recover_parked(std::int64_t now_ms) {
  recovered_ = cursor_.low_water;
  if (parts_.parked == nullptr) {
    return true;
  }
  const log_position log_first = parts_.log.first();
  const bool read = parts_.parked->recover([&](const frame_header& header) {
    const park_claim claim = claim_of(header, log_first);
    if (claim == park_claim::pending) {
      recover_parked_header(header, now_ms);
    }
    return claim;
  });
  if (!read) {
    return false;
  }
  for (auto& [key, stood] : cursor_.lanes) {
    const auto found = lanes_.find(key);
    const bool parked = found != lanes_.end();
    const log_position end = parked ? found->second->at.parked_end : stood.next;
    // Behind what is parked the lane is read from the log, whatever that has there.
    if (parked || end < stood.parked_end) {
      recovered_ = std::min(recovered_, std::max(end, stood.next));
    }
    stood.parked_end = std::min(stood.parked_end, end);
  }
  return true;
}

void sink::recover_parked_header(const frame_header& header, std::int64_t now_ms) {
  const lane_key key{header.database, header.retention_policy};
  lane& on = lane_of(key, header.position);
  if (on.pending.empty()) {
    const auto found = cursor_.lanes.find(key);
    on.at = found != cursor_.lanes.end() ? found->second : lane_position{.next = header.position};
  }
  const bool begun = header.position == on.at.next;
  const std::uint32_t skip_points = begun ? std::min(on.at.skip_points, header.points) : 0;
  const std::uint32_t skip_bytes = begun ? std::min(on.at.skip_bytes, header.inflated_bytes) : 0;
  on.pending.add_parked(header.position, header.points - skip_points,
                        header.inflated_bytes - skip_bytes, now_ms, header.received_ns);
  on.at.parked_end = header.position.next();
  moved(on);
  arm(on, now_ms);
}

// ---- when

bool sink::parks() const noexcept {
  return parts_.parked != nullptr && settings_.park_after.has_value();
}

bool sink::log_is_half_full() const {
  const log_usage used = parts_.log.usage();
  return used.bytes_max > 0 && used.bytes > used.bytes_max / 2;
}

/// Of the log's frames, the older half ends here.
log_position sink::older_half_end() const {
  const std::uint64_t end = cursor_.discovered.number();
  const std::uint64_t first = std::min(parts_.log.first().number(), end);
  return log_position(first + (end - first) / 2 + 1);
}

/// Whether it is held for a cause of its own: its server says so, or has taken points of another
/// lane since.
bool sink::has_own_fault(const lane& on) const {
  return on.held && on.now == lane::stage::paused && !on.busy() && on.last_held &&
         (on.fault_of_lane || last_success_ms_ >= on.held_since_ms);
}

/// When its frames are to be parked; nothing: not as it stands.
std::optional<std::int64_t> sink::parking_time(const lane& on) const {
  if (!parks() || on.pending.logged().empty() || !has_own_fault(on)) {
    return std::nullopt;
  }
  if (!on.pending.parked().empty()) {
    return on.held_since_ms;
  }
  return on.held_since_ms + std::chrono::ceil<milliseconds>(*settings_.park_after).count();
}

void sink::look_at_parking(std::int64_t now_ms) {
  if (!parks() || park_refused_until_ms_ > now_ms) {
    return;
  }
  const bool hurry = log_is_half_full();
  if (!hurry && park_due_ms_.value_or(now_ms + 1) > now_ms) {
    return;
  }
  const log_position old_end = hurry ? older_half_end() : log_position();
  park_budget budget{turn_bytes_max, turn_writes_max};
  park_due_ms_.reset();
  const auto look_at = [&](lane& on) {
    const std::optional<std::int64_t> due = parking_time(on);
    if (!due) {
      return true;
    }
    const bool pins = on.pending.logged().first() < old_end;
    if (*due > now_ms && !pins) {
      park_by(*due);
      return true;
    }
    if (park(on, budget, now_ms)) {
      return true;
    }
    // Those that follow come first the next time.
    parked_last_ = on.key;
    park_by(now_ms + move_on_ms);
    return false;
  };
  const auto begin = lanes_.upper_bound(parked_last_);
  for (auto next = begin; next != lanes_.end(); ++next) {
    if (!look_at(*next->second)) {
      return;
    }
  }
  for (auto next = lanes_.begin(); next != begin; ++next) {
    if (!look_at(*next->second)) {
      return;
    }
  }
}

void sink::park_by(std::int64_t at_ms) {
  if (parks()) {
    park_due_ms_ = std::min(park_due_ms_.value_or(at_ms), at_ms);
  }
}

std::optional<std::int64_t> sink::next_parking() const {
  return park_due_ms_ ? std::optional(std::max(*park_due_ms_, park_refused_until_ms_))
                      : std::nullopt;
}

/// A lane that waits for its batch to fill is not known to be held; where the log fills up, it
/// finds out at once.
void sink::hurry_oldest(std::int64_t now_ms) {
  if (!parks() || !log_is_half_full()) {
    return;
  }
  const log_position old_end = older_half_end();
  for (const auto& [key, on] : lanes_) {
    if (on->now == lane::stage::waiting && !on->pending.logged().empty() &&
        on->pending.logged().first() < old_end) {
      schedule(*on, std::max(now_ms, on->not_before_ms));
    }
  }
}

// ---- moving

/// Moves frames of the lane, as far as `budget` goes. False: no more can be moved now.
bool sink::park(lane& on, park_budget& budget, std::int64_t now_ms) {
  const bool first = on.pending.parked().empty();
  while (!on.pending.logged().empty()) {
    if (budget.bytes == 0 || budget.writes == 0) {
      return false;
    }
    --budget.writes;
    std::vector<frame_ptr> frames;
    const log_position read_to = read_to_park(on, frames);
    if (frames.empty()) {
      if (read_to < cursor_.discovered) {
        return false;  // the log cannot be read at the moment
      }
      discard(discard_reason::lost, on.pending.skip_logged_to(read_to));
      moved(on);
      break;
    }
    std::uint64_t bytes = 0;
    for (const frame_ptr& one : frames) {
      bytes += parts_.parked->bytes_of(*one);
    }
    const park_room room = make_park_room(on, bytes, now_ms);
    if (room == park_room::never) {
      give_up_unparked(on, frames, now_ms);
    } else if (room == park_room::later || !put_parked(on, frames, now_ms)) {
      return false;
    }
    budget.bytes -= std::min(budget.bytes, bytes);
  }
  if (first && !on.pending.parked().empty()) {
    journal_limited(
        "sink parked", journal_level::info,
        fmt::format("sink {}: {} points of {}, which is held, have left the log for the "
                    "parking place; they are delivered when its cause is gone",
                    settings_.name, on.pending.parked().points(), lane_name(on.key)));
  }
  return true;
}

/// Reads the next frames of the lane that are in the log; returns where they end.
log_position sink::read_to_park(const lane& on, std::vector<frame_ptr>& frames) {
  const std::uint64_t bytes_max = std::min(chunk_bytes_max, parts_.parked->shares().share() / 4);
  std::uint64_t bytes = 0;
  log_position at = std::max({on.at.next, on.at.parked_end, on.pending.logged().first()});
  while (at < cursor_.discovered && frames.size() < chunk_frames_max) {
    read_result read = reader_->next(at, on.key);
    if (read.status == read_status::failed) {
      return at;
    }
    if (read.status == read_status::caught_up ||
        read.found->header.position >= cursor_.discovered) {
      return cursor_.discovered;
    }
    at = std::max(read.next, read.found->header.position.next());
    if (read.found->header.kind != frame_kind::lines ||
        !filter_.concerns(read.found->header.position)) {
      continue;
    }
    const std::uint64_t more = parts_.parked->bytes_of(*read.found);
    if (!frames.empty() && bytes + more > bytes_max) {
      return read.found->header.position;
    }
    bytes += more;
    frames.push_back(std::move(read.found));
  }
  return at;
}

/// Of the frame where the lane stands, what is dealt with already counts no more.
std::pair<std::uint64_t, std::uint64_t> sink::left_of(const lane& on, const frame_header& header) {
  const bool begun = header.position == on.at.next;
  return {header.points - (begun ? std::min(on.at.skip_points, header.points) : 0),
          header.inflated_bytes - (begun ? std::min(on.at.skip_bytes, header.inflated_bytes) : 0)};
}

bool sink::put_parked(lane& on, const std::vector<frame_ptr>& frames, std::int64_t now_ms) {
  const parking::parked done = parts_.parked->park(on.key, frames);
  for (std::size_t i = 0; i < done.frames; ++i) {
    const frame_header& header = frames[i]->header;
    const auto [points, bytes] = left_of(on, header);
    discard(discard_reason::lost, on.pending.park(header.position, points, bytes));
    on.at.parked_end = header.position.next();
  }
  if (done.frames > 0) {
    moved(on);
    cursor_changed_ = true;
    waiting_changed_ = true;
  }
  if (done.frames == frames.size()) {
    return true;
  }
  park_refused_until_ms_ = now_ms + refused_ms;
  counters_.park_failures.add();
  journal_limited("sink parking", journal_level::error,
                  fmt::format("sink {}: points of {}, which is held, cannot be parked and stay in "
                              "the log: {}",
                              settings_.name, lane_name(on.key), done.why));
  return false;
}

/// The place is full, and the lane has nothing parked that could go: its oldest frames are given
/// up.
void sink::give_up_unparked(lane& on, const std::vector<frame_ptr>& frames, std::int64_t now_ms) {
  std::uint64_t points_given_up = 0;
  for (const frame_ptr& one : frames) {
    const auto [points, bytes] = left_of(on, one->header);
    discard(discard_reason::lost, on.pending.take(one->header.position, points, bytes, true));
    on.at = {.next = one->header.position.next(), .parked_end = on.at.parked_end};
    points_given_up += points;
  }
  gave_up(on, points_given_up, now_ms);
}

/// Makes room for so many bytes more of the lane, by taking from those that have most.
sink::park_room sink::make_park_room(const lane& for_lane, std::uint64_t bytes,
                                     std::int64_t now_ms) {
  for (;;) {
    const park_shares::decision asked = parts_.parked->shares().ask(for_lane.key, bytes);
    if (asked.what == park_shares::answer::fits) {
      return park_room::enough;
    }
    if (asked.what == park_shares::answer::too_large) {
      return park_room::never;
    }
    const auto found = lanes_.find(asked.whose);
    // What is given up is removed once a cursor says so; a batch under way may hold some of it.
    if (cursor_failing_ || found == lanes_.end() || found->second->busy()) {
      return park_room::later;
    }
    lane& most = *found->second;
    const parking::given_up gone = parts_.parked->give_up_oldest(most.key, most.at);
    const std::uint64_t points = most.pending.give_up(gone.below, gone.points, gone.bytes);
    if (most.at.next < gone.below) {
      most.at = {.next = gone.below, .parked_end = most.at.parked_end};
    }
    gave_up(most, points, now_ms);
  }
}

void sink::gave_up(lane& on, std::uint64_t points, std::int64_t now_ms) {
  discard(discard_reason::park_full, points);
  counters_.note_park_full(on.key.database, points);
  journal_limited("sink park full", journal_level::warning,
                  fmt::format("sink {}: the parking place is full (park_keep): {} points of {}, "
                              "which is held and has most parked, are given up",
                              settings_.name, points, lane_name(on.key)));
  moved(on);
  settle_if_empty(on, now_ms);
}

/// Without an answer of its server: nothing of the lane may be left.
void sink::settle_if_empty(lane& on, std::int64_t now_ms) {
  if (on.pending.empty()) {
    arm(on, now_ms);
    settled_without_server(on, now_ms);
  }
}

/// The cursor is kept: what it needs no more is removed.
void sink::release_parked() {
  if (parts_.parked == nullptr) {
    return;
  }
  for (const lane_key& key : moved_) {
    const auto entry = cursor_.lanes.find(key);
    parts_.parked->release(key,
                           entry == cursor_.lanes.end() ? cursor_.discovered : entry->second.next);
  }
}

// ---- on request

parked_count sink::drop_parked(const parked_filter& which, discard_reason reason) {
  parked_count count;
  for (const auto& [key, on] : lanes_) {
    if (!on->pending.parked().empty() && which.matches(key)) {
      ++count.lanes;
      count.points += on->pending.parked().points();
      drops_.insert_or_assign(key, reason);
    }
  }
  return count;
}

/// A batch that is under way is waited for.
void sink::drop_asked(std::int64_t now_ms) {
  for (auto next = drops_.begin(); next != drops_.end();) {
    const auto [key, reason] = *next;
    const auto found = lanes_.find(key);
    if (found != lanes_.end() && found->second->busy()) {
      ++next;
      continue;
    }
    next = drops_.erase(next);
    if (found == lanes_.end() || found->second->pending.parked().empty()) {
      continue;
    }
    lane& on = *found->second;
    const std::uint64_t points = on.pending.drop_parked();
    discard(reason, points);
    on.at = {.next = std::max(on.at.next, on.at.parked_end), .parked_end = on.at.parked_end};
    moved(on);
    journal(journal_level::info, fmt::format("sink {}: {} parked points of {} are dropped",
                                             settings_.name, points, lane_name(key)));
    settle_if_empty(on, now_ms);
  }
}

parked_count sink::retry_parked(const parked_filter& which) {
  parked_count count;
  for (const auto& [key, on] : lanes_) {
    const bool is_parked = !on->pending.parked().empty();
    if (!which.matches(key) || !(is_parked || on->held)) {
      continue;
    }
    if (is_parked) {
      ++count.lanes;
      count.points += on->pending.parked().points();
    }
    if (on->now == lane::stage::paused) {
      schedule(*on, 0);
    }
  }
  return count;
}

}  // namespace weir
