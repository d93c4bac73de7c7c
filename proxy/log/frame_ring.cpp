// SPDX-License-Identifier: Apache-2.0
//
// Keeps frames in order of their position and the budget's account of them. No I/O.
#include "log/frame_ring.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace weir {

std::size_t frame_memory_bytes(const frame& kept) noexcept {
  constexpr std::size_t overhead = sizeof(frame) + 64;  // control block, allocator, ring slot
  return overhead + kept.stored.capacity() + kept.header.database.capacity() +
         kept.header.retention_policy.capacity();
}

frame_ring::~frame_ring() {
  if (bytes_ > 0) {
    budget_->give_back(bytes_);
  }
}

void frame_ring::push(frame_ptr kept) {
  WEIR_ASSERT(kept->header.position >= first_);
  WEIR_ASSERT(frames_.empty() || frames_.back()->header.position < kept->header.position);
  bytes_ += frame_memory_bytes(*kept);
  frames_.push_back(std::move(kept));
}

void frame_ring::restart(log_position position, dropped& out) {
  drop_below(position, out);
  WEIR_ASSERT(frames_.empty());
}

void frame_ring::drop_below(log_position position, dropped& out) {
  std::size_t freed = 0;
  while (!frames_.empty() && frames_.front()->header.position < position) {
    freed += frame_memory_bytes(*frames_.front());
    out.push_back(std::move(frames_.front()));
    frames_.pop_front();
  }
  first_ = std::max(first_, position);
  if (freed > 0) {
    bytes_ -= freed;
    budget_->give_back(freed);
  }
}

std::size_t frame_ring::find(log_position position) const {
  const auto found = std::lower_bound(
      frames_.begin(), frames_.end(), position,
      [](const frame_ptr& kept, log_position wanted) { return kept->header.position < wanted; });
  return static_cast<std::size_t>(found - frames_.begin());
}

}  // namespace weir
