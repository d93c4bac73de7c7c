// SPDX-License-Identifier: Apache-2.0
//
// The backlog of one lane. Pure.
#include "sinks/state/backlog.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace weir {

void backlog::add(log_position position, std::uint64_t points, std::uint64_t bytes,
                  std::int64_t now_ms, std::int64_t received_ns) {
  WEIR_ASSERT(empty() || position > runs_.back().last);
  points_ += points;
  bytes_ += bytes;
  if (runs_.size() - begin_ < runs_max) {
    runs_.push_back({position, position, 1, points, bytes, now_ms, received_ns});
    return;
  }
  run& last = runs_.back();
  last.last = position;
  last.frames += 1;
  last.points += points;
  last.bytes += bytes;
}

std::uint64_t backlog::drop_front() {
  const std::uint64_t lost = front().points;
  points_ -= lost;
  bytes_ -= front().bytes;
  ++begin_;
  if (empty()) {
    std::vector<run>().swap(runs_);
    begin_ = 0;
  } else if (begin_ >= runs_max) {
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  return lost;
}

std::uint64_t backlog::skip_to(log_position position) {
  std::uint64_t lost = 0;
  while (!empty() && front().last < position) {
    lost += drop_front();
  }
  return lost;
}

std::uint64_t backlog::take(log_position position, std::uint64_t points, std::uint64_t bytes,
                            bool finished) {
  std::uint64_t lost = skip_to(position);
  WEIR_ASSERT(!empty() && front().first <= position);
  run& oldest = front();
  WEIR_ASSERT(oldest.points >= points);
  const std::uint64_t bytes_known = std::min(bytes, oldest.bytes);
  oldest.points -= points;
  oldest.bytes -= bytes_known;
  points_ -= points;
  bytes_ -= bytes_known;
  if (!finished) {
    return lost;
  }
  oldest.frames -= 1;
  oldest.first = position.next();
  // Frames that were counted in this run but lie behind are not in the log any more.
  if (oldest.frames == 0 || oldest.last == position) {
    lost += drop_front();
  }
  return lost;
}

std::uint64_t backlog::give_up(log_position below, std::uint64_t points, std::uint64_t bytes) {
  std::uint64_t known = 0;
  while (!empty() && front().last < below) {
    known += front().points;
    bytes -= std::min(bytes, front().bytes);
    static_cast<void>(drop_front());
  }
  // What cannot be read was passed over before: its points are lost, and not given up as well.
  if (known >= points || empty() || front().first >= below) {
    return known;
  }
  // An entry of many frames, of which some go.
  run& oldest = front();
  const std::uint64_t rest = std::min(points - known, oldest.points);
  const std::uint64_t rest_bytes = std::min(bytes, oldest.bytes);
  oldest.points -= rest;
  oldest.bytes -= rest_bytes;
  oldest.first = std::max(oldest.first, below);
  points_ -= rest;
  bytes_ -= rest_bytes;
  return known + rest;
}

// ---- of a lane

std::uint64_t lane_backlog::skip_to(log_position position) {
  const std::uint64_t lost = parked_.skip_to(position);
  return lost + logged_.skip_to(position);
}

std::uint64_t lane_backlog::take(log_position position, std::uint64_t points, std::uint64_t bytes,
                                 bool finished) {
  if (!parked_.empty() && position <= parked_.last()) {
    return parked_.take(position, points, bytes, finished);
  }
  const std::uint64_t lost = parked_.skip_to(position);
  return lost + logged_.take(position, points, bytes, finished);
}

std::uint64_t lane_backlog::park(log_position position, std::uint64_t points, std::uint64_t bytes) {
  const std::uint64_t lost = logged_.skip_to(position);
  WEIR_ASSERT(!logged_.empty());
  const std::int64_t since_ms = logged_.oldest_ms();
  const std::int64_t received_ns = logged_.oldest_received_ns();
  const std::uint64_t more_lost = logged_.take(position, points, bytes, true);
  parked_.add(position, points, bytes, since_ms, received_ns);
  return lost + more_lost;
}

std::uint64_t lane_backlog::drop_parked() {
  return parked_.empty() ? 0 : parked_.skip_to(parked_.last().next());
}

}  // namespace weir
