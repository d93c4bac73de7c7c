// SPDX-License-Identifier: Apache-2.0
//
// A sink's cursor: how far it has come in the log and what became of every point, so that
// accepted = delivered + discarded + pending survives a restart. Its file's format is
// docs/cursor_format.md, its bytes are cursor_area's, and cursor_store_posix keeps it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "log/frame_log.hpp"
#include "sinks/batcher.hpp"
#include "sinks/discard.hpp"

namespace weir {

struct cursor_state {
  /// Of which log it speaks (frame_log::identity); 0 where that was not known.
  std::uint32_t log_identity = 0;
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
  /// Points that were accepted, and neither delivered nor given up.
  [[nodiscard]] std::uint64_t pending() const noexcept;
  friend bool operator==(const cursor_state&, const cursor_state&) = default;
};

/// By their identities; one that is not known may be any.
[[nodiscard]] bool are_different_logs(std::uint64_t one, std::uint64_t other) noexcept;

/// The cursor of a sink that starts on the log `identity`, which begins at `first`. A cursor of
/// another log (its directory was deleted, or put in this one's place) says nothing of this one's
/// frames: the sink begins at the first one, and what it had still to deliver of the other is lost.
struct started_cursor {
  cursor_state state;
  bool of_another_log = false;
  /// Points pending in that other log.
  std::uint64_t owed = 0;
};
[[nodiscard]] started_cursor start_on_log(cursor_state kept, std::uint32_t identity,
                                          log_position first);

/// Reads a file of version 1, which earlier weirs wrote. Checks everything; never takes half of a
/// file for a cursor.
[[nodiscard]] result<cursor_state> decode_cursor_text(std::string_view text);

/// Where a sink keeps its cursor. One thread.
class cursor_store {
 public:
  virtual ~cursor_store() = default;
  /// Keeps `state`, all or nothing. `changed` names each lane whose entry in `state.lanes` was set,
  /// changed or taken out since the last save that succeeded; a store may write those alone.
  virtual outcome save(const cursor_state& state, const std::set<lane_key>& changed) = 0;
};

}  // namespace weir
