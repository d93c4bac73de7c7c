// SPDX-License-Identifier: Apache-2.0
//
// `weir log move`: what becomes of a sink's position when frames move from a log to the partitions
// of a topic, or from these to one log; and how frames of several partitions become one order.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/frame_log.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

/// The lines of a frame that belong to one shard.
struct shard_lines {
  std::uint32_t shard = 0;
  std::string lines;
  std::uint32_t points = 0;
  std::int64_t time_least = 0;
  std::int64_t time_greatest = 0;
};
/// Canonical lines, each with its line feed, by shard; the lines of each in their order, the shards
/// by their numbers.
[[nodiscard]] std::vector<shard_lines> cut_by_shard(std::string_view lines, std::uint32_t shards);

/// The lane that a frame is delivered by; one without a name for what is no lane's (ended series).
[[nodiscard]] lane_key lane_of(const frame_header& header);

/// A frame that was moved: from where, and to where.
struct moved_frame {
  log_position from;
  log_position to;
  lane_key lane;
  std::uint32_t points = 0;
};

/// The frames of one log that are now in one partition, in order.
using moved_frames = std::vector<moved_frame>;

/// Whether a sink with this cursor still has to deliver the frame.
[[nodiscard]] bool is_needed(const cursor_state& cursor, log_position position,
                             const lane_key& lane);

struct moved_start {
  /// From where on the sink reads the partition.
  log_position at;
  /// Of frames behind it that were delivered, whole or in part: these are delivered once more.
  std::uint64_t repeated_points = 0;
};
/// Where a sink goes on in a partition that `moved` went to and that ends at `end`: at the first
/// frame that it needs.
[[nodiscard]] moved_start start_of_moved(const cursor_state& was, const moved_frames& moved,
                                         log_position end);

}  // namespace weir
