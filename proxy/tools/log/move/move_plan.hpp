// SPDX-License-Identifier: Apache-2.0
//
// `weir log move`: what becomes of a sink's position when frames move from a log to the partitions
// of a topic, or from these to one log; and how frames of several partitions become one order.
// Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/frame_log.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

// ---- frames are cut

/// Lines of a frame that belong together.
struct cut_lines {
  std::uint32_t shard = 0;
  std::string lines;
  std::uint32_t points = 0;
  std::int64_t time_least = 0;
  std::int64_t time_greatest = 0;
};
/// Canonical lines, each with its line feed, by shard; the lines of each in their order, the shards
/// by their numbers.
[[nodiscard]] std::vector<cut_lines> cut_by_shard(std::string_view lines, std::uint32_t shards);

/// How many canonical lines these are.
[[nodiscard]] std::uint32_t points_of(std::string_view lines);

/// Bytes of a frame's lines, inflated.
struct byte_range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const byte_range&, const byte_range&) = default;
};
/// The parts of a frame of so many bytes that is cut at these places.
[[nodiscard]] std::vector<byte_range> ranges_between(const std::set<std::uint32_t>& places,
                                                     std::uint32_t bytes);

// ---- who needs what

/// A frame, or a part of one, in the log that it comes from.
struct move_part {
  log_position position;
  lane_key lane;
  frame_kind kind = frame_kind::lines;
  byte_range bytes;
  std::uint32_t points = 0;
};
[[nodiscard]] move_part part_of(const frame_header& header);

/// Where a sink that stands in the middle of the frame stands, so that it is cut there.
void add_cuts(const cursor_state& cursor, const move_part& whole, std::set<std::uint32_t>& into);

/// Whether a sink with this cursor still has to deliver it, or some of it. In each lane that is all
/// from one on.
[[nodiscard]] bool is_needed(const cursor_state& cursor, const move_part& part);
/// Of a part that is needed, what was delivered: it is not cut where the sink stands.
[[nodiscard]] std::uint64_t delivered_of(const cursor_state& cursor, const move_part& part);

// ---- from a log to a partition

struct moved_part {
  move_part was;
  log_position to;
};

struct moved_cursor {
  cursor_state state;
  /// Of what was delivered: it is delivered again.
  std::uint64_t repeated_points = 0;
};
/// What `was` says of the log, said of a partition that `moved` (in its order) went to and that
/// ends at `end`. What was delivered before is counted in one of the partitions alone (`counts`).
[[nodiscard]] moved_cursor cursor_of_moved(const cursor_state& was,
                                           const std::vector<moved_part>& moved, log_position end,
                                           std::uint32_t identity, bool counts);

// ---- from partitions to a log

/// What sinks know of the one log that parts of several partitions become, in the order of that
/// log. Where what fewer sinks need comes first, a sink that is behind another everywhere makes it
/// repeat nothing: in a lane of a partition each needs all from one on, so that this is one of its
/// orders, too.
class gathered_cursors {
 public:
  /// `first`: position of the first frame of the log.
  gathered_cursors(std::size_t sinks, log_position first) : next_(first), sinks_(sinks) {}

  /// The next frame of the log is this part; `needed_by`: of each sink, whether it needs it, and
  /// `delivered`, how much of it it has.
  void add(const move_part& part, const std::vector<bool>& needed_by,
           const std::vector<std::uint64_t>& delivered);
  /// Of the sink, without what it counted before.
  [[nodiscard]] moved_cursor cursor_of(std::size_t sink, std::uint32_t identity) const;

 private:
  log_position next_;
  std::vector<moved_cursor> sinks_;
};

/// What was counted goes along.
void add_counts(const cursor_state& of, cursor_state& to);

}  // namespace weir
