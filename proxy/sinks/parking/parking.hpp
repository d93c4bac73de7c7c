// SPDX-License-Identifier: Apache-2.0
//
// A sink's parking place: frames of lanes that cannot be delivered, out of the log's way. It keeps
// what it is given, in order, under the positions that the log gave; which lanes are parked, and
// when, is the sink's decision. This is the interface; parked_files_posix.hpp keeps it in files.
// Lives on its sink's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "log/frame_log.hpp"
#include "sinks/batcher.hpp"
#include "sinks/parking/park_claim.hpp"
#include "sinks/parking/park_shares.hpp"

namespace weir {

class parking {
 public:
  virtual ~parking() = default;

  /// Reads what was parked before, lane by lane in the order of positions; forgets what is not
  /// pending, and what is damaged. Before all else. False: the disk refuses for now, and it is to
  /// be called again, which goes on behind what was judged; so often, that it waits for a bounded
  /// time.
  [[nodiscard]] virtual bool recover(
      const std::function<park_claim(const frame_header&)>& judge) = 0;

  struct parked {
    /// That many of the frames are kept, from the first on.
    std::size_t frames = 0;
    /// Why not all of them.
    std::string why = {};
  };
  /// Keeps frames of the lane behind what it has. They count as parked once the cursor says so.
  /// Requires: positions ascend, beyond all that is parked of the lane.
  virtual parked park(const lane_key& lane, std::span<const frame_ptr> frames) = 0;
  /// Bytes that a frame takes.
  [[nodiscard]] virtual std::uint64_t bytes_of(const frame& one) const = 0;

  /// The lane's first frame at or after `from`; `caught_up`: there is none, and `next` is beyond
  /// all that is parked of the lane.
  [[nodiscard]] virtual read_result next(log_position from, const lane_key& lane) = 0;

  struct given_up {
    /// The lane goes on here.
    log_position below;
    /// Of the frames from where it stood to there, without what was dealt with of the first.
    std::uint64_t points = 0;
    std::uint64_t bytes = 0;
  };
  /// Takes the lane's oldest frames (some hundred KiB, or more) out of the shares. They are removed
  /// by `release`. Requires: the lane has some.
  virtual given_up give_up_oldest(const lane_key& lane, const lane_position& at) = 0;

  /// The cursor on disk needs none of the lane's frames below that.
  virtual void release(const lane_key& lane, log_position below) = 0;

  [[nodiscard]] virtual const park_shares& shares() const noexcept = 0;
};

/// Reads a lane's parked frames first, then what the log has of it. Both must outlive it.
[[nodiscard]] std::unique_ptr<log_reader> parked_first(std::unique_ptr<log_reader> of_log,
                                                       parking& parked);

}  // namespace weir
