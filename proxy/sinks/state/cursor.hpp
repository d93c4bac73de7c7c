// SPDX-License-Identifier: Apache-2.0
//
// A sink's cursor: how far it has come in the log and what became of every point, so that
// accepted = delivered + discarded + pending survives a restart. Its file's format is
// docs/cursor_format.md. Pure; cursor_store_posix keeps it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "log/frame_log.hpp"
#include "sinks/batcher.hpp"
#include "sinks/discard.hpp"

namespace weir {

struct cursor_state {
  /// The log is not needed below this.
  log_position low_water;
  /// Frames below this were looked at, and those of the sink's lanes counted as accepted.
  log_position discovered;
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::array<std::uint64_t, discard_reason_count> discarded{};
  /// Lanes that had something pending, and where they stood.
  std::map<lane_key, lane_position> lanes;

  [[nodiscard]] std::uint64_t discarded_total() const noexcept;
  friend bool operator==(const cursor_state&, const cursor_state&) = default;
};

[[nodiscard]] std::string encode_cursor(const cursor_state& state);
/// Checks everything; never takes half of a file for a cursor.
[[nodiscard]] result<cursor_state> decode_cursor(std::string_view text);

/// Where a sink keeps its cursor. One thread.
class cursor_store {
 public:
  virtual ~cursor_store() = default;
  /// Replaces what was kept, all or nothing.
  virtual outcome save(const cursor_state& state) = 0;
};

}  // namespace weir
