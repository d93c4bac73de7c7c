// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/frame_window.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.hpp"
#include "log/frame_ring.hpp"

namespace weir {

frame_window::~frame_window() {
  if (kept_bytes_ > 0) {
    budget_.give_back(static_cast<std::size_t>(kept_bytes_));
  }
}

void frame_window::push(frame_ptr taken, window_frames& out) {
  const log_position position = taken->header.position;
  WEIR_ASSERT(position >= first_);
  WEIR_ASSERT(entries_.empty() || entries_.back().header.position < position);
  const std::size_t bytes = frame_memory_bytes(*taken);
  bytes_ += bytes;
  entry& added = entries_.emplace_back();
  added.header = taken->header;
  added.bytes = bytes;
  if (make_room(bytes, out)) {
    added.kept = std::move(taken);
    kept_bytes_ += bytes;
    ++kept_frames_;
  } else {
    given_up_ = entries_.size();
    out.push_back(std::move(taken));
  }
}

/// A frame larger than the whole budget costs no other its place.
bool frame_window::make_room(std::size_t bytes, window_frames& out) {
  if (bytes > budget_.limit()) {
    return false;
  }
  // Leaves what the budget reserves for others.
  constexpr std::size_t any_lease = std::numeric_limits<std::size_t>::max();
  while (!budget_.take_for(bytes, any_lease, nullptr)) {
    if (kept_frames_ == 0) {
      return false;
    }
    give_up(entries_[given_up_++], out);
  }
  return true;
}

void frame_window::give_up(entry& one, window_frames& out) {
  if (one.kept == nullptr) {
    return;
  }
  budget_.give_back(one.bytes);
  kept_bytes_ -= one.bytes;
  --kept_frames_;
  out.push_back(std::exchange(one.kept, nullptr));
}

void frame_window::drop_below(log_position position, window_frames& out) {
  while (!entries_.empty() && entries_.front().header.position < position) {
    give_up(entries_.front(), out);
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
    given_up_ -= given_up_ > 0 ? 1 : 0;
  }
  first_ = std::max(first_, position);
}

void frame_window::restart(log_position position, window_frames& out) {
  for (entry& one : entries_) {
    give_up(one, out);
  }
  entries_.clear();
  bytes_ = 0;
  given_up_ = 0;
  first_ = position;
}

std::size_t frame_window::find(log_position position) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), position,
      [](const entry& one, log_position wanted) { return one.header.position < wanted; });
  return static_cast<std::size_t>(found - entries_.begin());
}

}  // namespace weir
