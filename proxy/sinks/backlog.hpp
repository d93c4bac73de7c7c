// SPDX-License-Identifier: Apache-2.0
//
// What a lane has still to deliver, as positions and sums, never as frames. Its memory is bounded
// whatever is pending: beyond `runs_max` entries further frames are added to the last one, which
// keeps the sums exact and only makes the loss of a frame in the middle known a little later. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "log/position.hpp"

namespace weir {

class backlog {
 public:
  static constexpr std::size_t runs_max = 256;

  /// A frame of the lane was found in the log. Requires: positions ascend.
  void add(log_position position, std::uint64_t points, std::uint64_t bytes, std::int64_t now_ms,
           std::int64_t received_ns = 0);

  /// The lane's next frame in the log is `position`: what was pending before it is gone. Returns
  /// the points lost that way.
  [[nodiscard]] std::uint64_t skip_to(log_position position);

  /// `points` of the frame `position` are dealt with; with `finished` the frame is. Returns points
  /// that turn out to be lost with that.
  [[nodiscard]] std::uint64_t take(log_position position, std::uint64_t points, std::uint64_t bytes,
                                   bool finished);

  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
  [[nodiscard]] std::uint64_t points() const noexcept { return points_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Requires: !empty(). When the oldest pending frame was found; the least position it can have.
  [[nodiscard]] std::int64_t oldest_ms() const noexcept { return runs_.front().since_ms; }
  /// Requires: !empty(). When its oldest pending frame was received, as far as it is known: not
  /// before that, and not after the last one that was dealt with.
  [[nodiscard]] std::int64_t oldest_received_ns() const noexcept {
    return runs_.front().received_ns;
  }
  /// Frames received before that are dealt with: an entry of many frames begins there at least.
  void nothing_before(std::int64_t received_ns) noexcept {
    if (!runs_.empty() && runs_.front().received_ns < received_ns) {
      runs_.front().received_ns = received_ns;
    }
  }
  [[nodiscard]] log_position first() const noexcept { return runs_.front().first; }

 private:
  struct run {
    log_position first;
    log_position last;
    std::uint64_t frames;
    std::uint64_t points;
    std::uint64_t bytes;
    std::int64_t since_ms;
    std::int64_t received_ns;
  };
  [[nodiscard]] std::uint64_t drop_front();

  std::deque<run> runs_;
  std::uint64_t points_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace weir
