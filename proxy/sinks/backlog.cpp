// SPDX-License-Identifier: Apache-2.0
//
// The backlog of one lane. Pure.
#include "sinks/backlog.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace weir {

void backlog::add(log_position position, std::uint64_t points, std::uint64_t bytes,
                  std::int64_t now_ms, std::int64_t received_ns) {
  WEIR_ASSERT(runs_.empty() || position > runs_.back().last);
  points_ += points;
  bytes_ += bytes;
  if (runs_.size() < runs_max) {
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
  const std::uint64_t lost = runs_.front().points;
  points_ -= lost;
  bytes_ -= runs_.front().bytes;
  runs_.pop_front();
  return lost;
}

std::uint64_t backlog::skip_to(log_position position) {
  std::uint64_t lost = 0;
  while (!runs_.empty() && runs_.front().last < position) {
    lost += drop_front();
  }
  return lost;
}

std::uint64_t backlog::take(log_position position, std::uint64_t points, std::uint64_t bytes,
                            bool finished) {
  std::uint64_t lost = skip_to(position);
  WEIR_ASSERT(!runs_.empty() && runs_.front().first <= position);
  run& front = runs_.front();
  WEIR_ASSERT(front.points >= points);
  const std::uint64_t bytes_known = std::min(bytes, front.bytes);
  front.points -= points;
  front.bytes -= bytes_known;
  points_ -= points;
  bytes_ -= bytes_known;
  if (!finished) {
    return lost;
  }
  front.frames -= 1;
  front.first = position.next();
  // Frames that were counted in this run but lie behind are not in the log any more.
  if (front.frames == 0 || front.last == position) {
    lost += drop_front();
  }
  return lost;
}

}  // namespace weir
