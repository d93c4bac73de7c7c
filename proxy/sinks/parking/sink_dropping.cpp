// SPDX-License-Identifier: Apache-2.0
//
// What a sink does when a database is dropped at its server: points that were accepted before must
// never reach a database of the same name that is created after.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/one_line.hpp"
#include "observe/journal.hpp"
#include "sinks/sink_lane.hpp"

namespace weir {

void sink::when_idle(const std::string& database, std::optional<log_position> before,
                     std::function<void()> done) {
  dropping_.push_back({.database = database, .before = before, .done = std::move(done)});
}

bool sink::is_idle(const std::string& database) const {
  for (auto it = lanes_.lower_bound({database, {}});
       it != lanes_.end() && it->first.database == database; ++it) {
    if (it->second->busy()) {
      return false;
    }
  }
  return true;
}

/// After the frames that are there were found, and what was under way has ended.
void sink::look_at_dropped(std::int64_t now_ms) {
  for (database_drop& one : dropping_) {
    one.made = one.made || (!one.before ? is_idle(one.database)
                                        : cursor_.discovered >= *one.before &&
                                              drop_pending(one.database, *one.before, now_ms));
  }
}

/// Of the frames in the log. Where many are counted together, the log tells which they are.
std::uint64_t sink::drop_logged(lane& on, log_position before) {
  constexpr std::size_t headers_at_once = 1024;
  if (on.pending.logged().empty() || on.pending.logged().first() >= before) {
    return 0;
  }
  std::uint64_t points = on.pending.skip_logged_to(before);
  if (on.pending.logged().empty() || on.pending.logged().first() >= before) {
    return points;
  }
  std::uint64_t points_left = 0;
  std::uint64_t bytes_left = 0;
  log_position at = std::max(on.at.next, on.pending.logged().first());
  while (at < before) {
    headers_.clear();
    const log_position next = reader_->headers(at, headers_at_once, headers_);
    for (const frame_header& each : headers_) {
      if (each.position < before && wants(each) &&
          on.key == lane_key{each.database, each.retention_policy}) {
        const auto [frame_points, frame_bytes] = left_of(on, each);
        points_left += frame_points;
        bytes_left += frame_bytes;
      }
    }
    if (next <= at) {
      break;
    }
    at = next;
  }
  return points + on.pending.give_up_logged(before, points_left, bytes_left);
}

bool sink::drop_pending(const std::string& database, log_position before, std::int64_t now_ms) {
  if (!is_idle(database)) {
    return false;
  }
  std::uint64_t points = 0;
  std::vector<lane*> emptied;
  for (auto it = lanes_.lower_bound({database, {}});
       it != lanes_.end() && it->first.database == database; ++it) {
    lane& on = *it->second;
    if (on.at.next >= before) {
      continue;  // a drop that is heard of late: what waits came after it
    }
    points += on.pending.drop_parked() + drop_logged(on, before);
    const log_position next = std::max({on.at.next, on.at.parked_end, before});
    if (next != on.at.next) {
      on.at = {.next = next, .parked_end = on.at.parked_end};
    }
    moved(on);
    if (on.pending.empty()) {
      emptied.push_back(&on);
    }
  }
  discard(discard_reason::dropped, points);
  cursor_changed_ = true;
  waiting_changed_ = true;
  if (points > 0) {
    journal(journal_level::info,
            fmt::format("sink {}: database {} is dropped, and {} points with it that waited",
                        settings_.name, one_line(database, 200), points));
  }
  for (lane* on : emptied) {
    arm(*on, now_ms);
    settled_without_server(*on, now_ms);
    forget_if_idle(*on);
  }
  return true;
}

void sink::tell_dropped() {
  if (cursor_failing_ || cursor_changed_) {
    return;
  }
  std::vector<database_drop> told;
  std::erase_if(dropping_, [&](database_drop& one) {
    if (one.made) {
      told.push_back(std::move(one));
      return true;
    }
    return false;
  });
  for (database_drop& one : told) {
    one.done();
  }
}

}  // namespace weir
