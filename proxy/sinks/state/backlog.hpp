// SPDX-License-Identifier: Apache-2.0
//
// What a lane has still to deliver, as positions and sums, never as frames. Its memory is bounded
// whatever is pending: beyond `runs_max` entries further frames are added to the last one, which
// keeps the sums exact and only makes the loss of a frame in the middle known a little later. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

  /// Frames before `below`, with so many points and bytes, are given up. Returns the points that
  /// this takes away: of frames that nobody counted it is more.
  [[nodiscard]] std::uint64_t give_up(log_position below, std::uint64_t points,
                                      std::uint64_t bytes);

  [[nodiscard]] bool empty() const noexcept { return begin_ == runs_.size(); }
  [[nodiscard]] std::uint64_t points() const noexcept { return points_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Requires: !empty(). When the oldest pending frame was found; the least position it can have.
  [[nodiscard]] std::int64_t oldest_ms() const noexcept { return front().since_ms; }
  /// Requires: !empty(). When its oldest pending frame was received, as far as it is known: not
  /// before that, and not after the last one that was dealt with.
  [[nodiscard]] std::int64_t oldest_received_ns() const noexcept { return front().received_ns; }
  /// Frames received before that are dealt with: an entry of many frames begins there at least.
  void nothing_before(std::int64_t received_ns) noexcept {
    if (!empty() && front().received_ns < received_ns) {
      front().received_ns = received_ns;
    }
  }
  [[nodiscard]] log_position first() const noexcept { return front().first; }
  /// Requires: !empty().
  [[nodiscard]] log_position last() const noexcept { return runs_.back().last; }

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
  [[nodiscard]] run& front() noexcept { return runs_[begin_]; }
  [[nodiscard]] const run& front() const noexcept { return runs_[begin_]; }

  /// From begin_ on. No deque: an empty one takes half a KiB, and there are thousands of lanes.
  std::vector<run> runs_;
  std::size_t begin_ = 0;
  std::uint64_t points_ = 0;
  std::uint64_t bytes_ = 0;
};

/// What a lane has still to deliver: first what is in the parking place, then what is in the log.
/// The frames of the first have lower positions than those of the second.
class lane_backlog {
 public:
  /// A frame was found in the log, or (before any in the log) in the parking place.
  void add(log_position position, std::uint64_t points, std::uint64_t bytes, std::int64_t now_ms,
           std::int64_t received_ns = 0) {
    logged_.add(position, points, bytes, now_ms, received_ns);
  }
  void add_parked(log_position position, std::uint64_t points, std::uint64_t bytes,
                  std::int64_t now_ms, std::int64_t received_ns) {
    parked_.add(position, points, bytes, now_ms, received_ns);
  }
  /// The oldest frame in the log, of which so much is left, was moved to the parking place. Returns
  /// points lost before it.
  [[nodiscard]] std::uint64_t park(log_position position, std::uint64_t points,
                                   std::uint64_t bytes);
  /// Of those in the parking place; see backlog::give_up.
  [[nodiscard]] std::uint64_t give_up(log_position below, std::uint64_t points,
                                      std::uint64_t bytes) {
    return parked_.give_up(below, points, bytes);
  }
  /// The same, of those in the log.
  [[nodiscard]] std::uint64_t give_up_logged(log_position below, std::uint64_t points,
                                             std::uint64_t bytes) {
    return logged_.give_up(below, points, bytes);
  }
  /// All that is parked; returns its points.
  [[nodiscard]] std::uint64_t drop_parked();

  /// Of the frames in the log alone; see backlog::skip_to.
  [[nodiscard]] std::uint64_t skip_logged_to(log_position position) {
    return logged_.skip_to(position);
  }

  /// See backlog.
  [[nodiscard]] std::uint64_t skip_to(log_position position);
  [[nodiscard]] std::uint64_t take(log_position position, std::uint64_t points, std::uint64_t bytes,
                                   bool finished);
  void nothing_before(std::int64_t received_ns) noexcept {
    (parked_.empty() ? logged_ : parked_).nothing_before(received_ns);
  }
  [[nodiscard]] bool empty() const noexcept { return parked_.empty() && logged_.empty(); }
  [[nodiscard]] std::uint64_t points() const noexcept {
    return parked_.points() + logged_.points();
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return parked_.bytes() + logged_.bytes(); }
  /// Requires: !empty().
  [[nodiscard]] std::int64_t oldest_ms() const noexcept { return oldest().oldest_ms(); }
  [[nodiscard]] std::int64_t oldest_received_ns() const noexcept {
    return oldest().oldest_received_ns();
  }

  [[nodiscard]] const backlog& parked() const noexcept { return parked_; }
  [[nodiscard]] const backlog& logged() const noexcept { return logged_; }

 private:
  [[nodiscard]] const backlog& oldest() const noexcept {
    return parked_.empty() ? logged_ : parked_;
  }

  backlog parked_;
  backlog logged_;
};

}  // namespace weir
