// SPDX-License-Identifier: Apache-2.0
//
// Keeps frames in order of their sequence and the budget's account of them. No I/O.
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
  WEIR_ASSERT(kept->header.sequence >= first_);
  WEIR_ASSERT(frames_.empty() || frames_.back()->header.sequence < kept->header.sequence);
  bytes_ += frame_memory_bytes(*kept);
  frames_.push_back(std::move(kept));
}

void frame_ring::restart(std::uint64_t sequence, dropped& out) {
  drop_below(sequence, out);
  WEIR_ASSERT(frames_.empty());
}

void frame_ring::drop_below(std::uint64_t sequence, dropped& out) {
  std::size_t freed = 0;
  while (!frames_.empty() && frames_.front()->header.sequence < sequence) {
    freed += frame_memory_bytes(*frames_.front());
    out.push_back(std::move(frames_.front()));
    frames_.pop_front();
  }
  first_ = std::max(first_, sequence);
  if (freed > 0) {
    bytes_ -= freed;
    budget_->give_back(freed);
  }
}

std::size_t frame_ring::find(std::uint64_t sequence) const {
  const auto found = std::lower_bound(
      frames_.begin(), frames_.end(), sequence,
      [](const frame_ptr& kept, std::uint64_t wanted) { return kept->header.sequence < wanted; });
  return static_cast<std::size_t>(found - frames_.begin());
}

}  // namespace weir
