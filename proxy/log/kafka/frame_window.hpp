// SPDX-License-Identifier: Apache-2.0
//
// What a partition_log knows of the frames that were read and not released: their headers always,
// their bytes as far as the budget goes, the oldest given up first. No I/O; its owner guards it
// with a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/memory_budget.hpp"
#include "log/frame.hpp"

namespace weir {

/// Frames that left the window: destroyed by the caller when no lock is held.
using window_frames = std::vector<frame_ptr>;

class frame_window {
 public:
  /// `frames` pays for the bytes and must outlive the window. `first`: positions from there on will
  /// be pushed.
  frame_window(memory_budget& frames, log_position first) noexcept
      : budget_(frames), first_(first) {}
  frame_window(const frame_window&) = delete;
  frame_window& operator=(const frame_window&) = delete;
  ~frame_window();

  struct entry {
    frame_header header;
    /// Nothing: its bytes were given up.
    frame_ptr kept;
    /// What the frame takes, or took.
    std::size_t bytes = 0;
  };

  /// Takes a frame in, and gives up bytes of older ones, or its own, where the budget has no room.
  /// Requires: an ascending position, at or after first().
  void push(frame_ptr taken, window_frames& out);
  /// Forgets the frames below `position`.
  void drop_below(log_position position, window_frames& out);
  /// Forgets all frames; those from `position` on will be pushed.
  void restart(log_position position, window_frames& out);

  /// Every frame at or after this position, as far as there were some, is in the window.
  [[nodiscard]] log_position first() const noexcept { return first_; }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Of all frames in the window, also of those whose bytes were given up.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t kept_bytes() const noexcept { return kept_bytes_; }
  [[nodiscard]] std::size_t kept_frames() const noexcept { return kept_frames_; }
  /// Requires: !empty().
  [[nodiscard]] const entry& oldest() const noexcept { return entries_.front(); }
  /// Index of the first frame at or after `position`; size() if there is none.
  [[nodiscard]] std::size_t find(log_position position) const;
  [[nodiscard]] const entry& at(std::size_t index) const { return entries_[index]; }

 private:
  [[nodiscard]] bool make_room(std::size_t bytes, window_frames& out);
  void give_up(entry& one, window_frames& out);

  memory_budget& budget_;
  std::deque<entry> entries_;
  log_position first_;
  std::uint64_t bytes_ = 0;
  std::uint64_t kept_bytes_ = 0;
  std::size_t kept_frames_ = 0;
  /// No entry before this index has its bytes.
  std::size_t given_up_ = 0;
};

}  // namespace weir
