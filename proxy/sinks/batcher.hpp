// SPDX-License-Identifier: Apache-2.0
//
// Makes batches: chooses a run of a lane's frames (or a part of one frame that is too large) and
// builds the body that a server is sent. Pure but for the log reader that it is handed.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "codec/gzip.hpp"
#include "log/frame.hpp"
#include "log/frame_log.hpp"
#include "sinks/filters/line_filter.hpp"

namespace weir {

/// Where a lane stands in the log: everything before `next` is done, and of the frame `next` itself
/// the first `skip_bytes` (inflated), which hold `skip_points`. Frames of the lane before
/// `parked_end` are in the sink's parking place.
struct lane_position {
  log_position next;
  std::uint32_t skip_bytes = 0;
  std::uint32_t skip_points = 0;
  log_position parked_end = {};
  friend bool operator==(const lane_position&, const lane_position&) = default;
};

struct batch_limits {
  /// Inflated bytes. A frame that is larger alone is cut on a line's end, if `cuts` says so.
  std::uint64_t bytes = 0;
  /// A soft limit: one frame that is above it alone is sent whole, because to cut it would cost
  /// its ready-made gzip member and servers have no limit of points.
  std::uint64_t points = 0;
  bool cuts = true;
  /// Leaves out lines that the sink does not take; null: it takes all. Must outlive the call.
  const line_filter* filter = nullptr;
  /// Nanoseconds between the receipt of its first frame and of its last one; 0: any.
  std::int64_t span_ns = 0;
};

struct batch {
  lane_key lane;
  /// Whole frames in order; or none, and then `cut` holds lines of a part of one frame.
  std::vector<frame_ptr> frames;
  /// Of `frames`, only the lines in `cut` are to be delivered: a filter was asked.
  bool picked = false;
  std::string cut;
  log_position cut_position;
  bool cut_ends_frame = false;
  /// To be delivered, and besides them those that a filter left out.
  std::uint64_t points = 0;
  std::uint64_t filtered = 0;
  /// Of what was taken from the log, before a filter.
  std::uint64_t inflated_bytes = 0;
  /// When its first frame was received.
  std::int64_t received_ns = 0;
  /// Where the lane stands when this batch is done.
  lane_position after;
};

enum class gather_status : std::uint8_t {
  ready,
  gone,     // nothing of the lane is left before `end`; go on there
  damaged,  // the frame before `made.after.next` cannot be inflated; go on at `made.after`
  failed,   // the disk refused; try again
};

struct gathered {
  gather_status status = gather_status::gone;
  batch made;
  std::string detail;
};

/// Reads the next batch of `lane` out of the frames in [from.next, end).
[[nodiscard]] gathered gather(log_reader& reader, const lane_key& lane, const lane_position& from,
                              log_position end, const batch_limits& limits);

/// Appends all lines that are to be delivered, inflated. False if a frame is damaged.
[[nodiscard]] bool append_lines(const batch& source, std::string& out);

/// A request's body as a list of pieces. The pieces lie in the batch's frames, which must outlive
/// them, or in `made`.
struct request_body {
  std::vector<std::string_view> pieces;
  /// A deque, so that pieces stay where they are.
  std::deque<std::string> made;
  bool gzip = false;
  std::uint64_t bytes = 0;
};

/// Frames that are gzip members go as they lie; runs of plain ones between them become one member.
/// With compression `none` and plain frames only, the body is plain.
[[nodiscard]] request_body build_body(const batch& source, compression_mode mode,
                                      gzip_compressor& compressor);
/// Of plain pieces of lines, which must outlive it.
[[nodiscard]] request_body build_body(const std::vector<std::string_view>& lines,
                                      compression_mode mode, gzip_compressor& compressor);

}  // namespace weir
