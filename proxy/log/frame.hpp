// SPDX-License-Identifier: Apache-2.0
//
// The frame: a run of canonical lines of one database and retention policy, the unit that the log
// stores and the sinks deliver. Pure: no files here (docs/log_format.md is the format on disk).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "codec/compression_mode.hpp"
#include "log/position.hpp"

namespace weir {

enum class frame_kind : std::uint8_t { lines = 1, events = 2 };
enum class frame_codec : std::uint8_t { plain = 0, gzip = 1 };

struct frame_header {
  frame_kind kind = frame_kind::lines;
  frame_codec codec = frame_codec::plain;
  /// Where the log put it: dense and ascending from 1; number 0 until then.
  log_position position = {};
  /// Time of receipt, nanoseconds since the epoch.
  std::int64_t received_ns = 0;
  std::string database = {};
  /// Empty: the database's default.
  std::string retention_policy = {};
  /// Which listener it came from (0: HTTP); for accounting.
  std::uint32_t origin = 0;
  /// Of all its lines (base/text/series_shard.hpp); 0 where the log has no shards.
  std::uint32_t shard = 0;
  std::uint32_t points = 0;
  /// Bytes of `frame::stored`, and of the lines it stands for.
  std::uint32_t stored_bytes = 0;
  std::uint32_t inflated_bytes = 0;
  /// Least and greatest timestamp of its points, nanoseconds.
  std::int64_t time_least = std::numeric_limits<std::int64_t>::max();
  std::int64_t time_greatest = std::numeric_limits<std::int64_t>::min();
};

/// Immutable once it is in the log; shared between the log's memory and the sinks.
struct frame {
  frame_header header;
  /// Canonical lines, each ended by a line feed: as they are, or as one gzip member.
  std::string stored;
};

using frame_ptr = std::shared_ptr<const frame>;

/// Frames of fewer bytes stay plain under `compression = "auto"`: tiny members do not compress, and
/// a sink compresses runs of plain frames when it builds a body.
inline constexpr std::size_t frame_plain_bytes_max = std::size_t{8} * 1024;

class gzip_compressor;

/// Gathers the lines of a frame and seals them. One thread, reused.
class frame_builder {
 public:
  /// Appends canonical lines (each ends in LF) that hold `points` points within the given times.
  void append(std::string_view lines, std::uint32_t points, std::int64_t time_least,
              std::int64_t time_greatest);
  [[nodiscard]] std::size_t inflated_bytes() const noexcept { return lines_.size(); }
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
  /// Of its buffer.
  [[nodiscard]] std::size_t held_bytes() const noexcept { return lines_.capacity(); }

  /// The finished frame; the builder is empty again and keeps its buffer. `about` says whose lines
  /// they are: kind, database, retention policy, shard, origin and time of receipt; the rest of the
  /// header is the builder's. Requires: !empty().
  [[nodiscard]] std::shared_ptr<frame> seal(frame_header about, compression_mode mode,
                                            gzip_compressor& compressor);

 private:
  std::string lines_;
  std::uint32_t points_ = 0;
  std::int64_t time_least_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t time_greatest_ = std::numeric_limits<std::int64_t>::min();
};

/// Appends the frame's lines, inflated, to `out`. False if the stored bytes are damaged.
[[nodiscard]] bool inflate_frame(const frame& source, std::string& out);

}  // namespace weir
