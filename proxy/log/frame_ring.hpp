// SPDX-License-Identifier: Apache-2.0
//
// The newest frames of a log, in memory, paid for from a budget. Which frames may go
// is its owner's decision; the owner also guards it with a lock. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/memory_budget.hpp"
#include "log/frame.hpp"

namespace weir {

/// What a frame counts as in a budget: its bytes and what the allocator puts around them.
[[nodiscard]] std::size_t frame_memory_bytes(const frame& kept) noexcept;

class frame_ring {
 public:
  /// Frames that left the ring: destroyed by the caller when no lock is held.
  using dropped = std::vector<frame_ptr>;

  /// The budget must outlive the ring.
  explicit frame_ring(memory_budget& budget) noexcept : budget_(&budget) {}
  frame_ring(const frame_ring&) = delete;
  frame_ring& operator=(const frame_ring&) = delete;
  ~frame_ring();

  /// Takes over a frame whose bytes were already taken from the budget.
  /// Requires: an ascending position, at or after first().
  void push(frame_ptr kept);
  /// Every frame of the log at or after this position is in the ring.
  [[nodiscard]] log_position first() const noexcept { return first_; }
  /// Says that frames from `position` on will be pushed, and forgets all there are.
  void restart(log_position position, dropped& out);
  /// Forgets the frames below `position`.
  void drop_below(log_position position, dropped& out);

  [[nodiscard]] bool empty() const noexcept { return frames_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return frames_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Requires: !empty().
  [[nodiscard]] const frame& oldest() const noexcept { return *frames_.front(); }

  /// Index of the first frame at or after `position`; size() if there is none.
  [[nodiscard]] std::size_t find(log_position position) const;
  [[nodiscard]] const frame_ptr& at(std::size_t index) const { return frames_[index]; }

 private:
  memory_budget* budget_;
  std::deque<frame_ptr> frames_;
  log_position first_{1};
  std::size_t bytes_ = 0;
};

}  // namespace weir
