// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a cursor file (docs/cursor_format.md): two areas, in each a snapshot and the changes
// since. Knows no file and decides nothing about when what is written. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sinks/state/cursor.hpp"

namespace weir {

/// Where a record stands: snapshots are numbered through, and behind each its changes are.
struct cursor_place {
  std::uint64_t generation = 0;
  /// 0: the snapshot.
  std::uint32_t ordinal = 0;
  /// Of each of the file's two areas.
  std::uint64_t area_bytes = 0;
};

/// Zeros behind the last record, which the next one overwrites: anything else there is a record
/// that was cut off or damaged.
inline constexpr std::size_t cursor_end_mark_bytes = 8;

/// A record that says all of `state`. Requires: ordinal 0.
[[nodiscard]] std::string encode_cursor_snapshot(const cursor_state& state,
                                                 const cursor_place& place);
/// A record that says of `state` what is not a lane's, and the lanes `changed`, as they are or that
/// they are gone. Requires: ordinal > 0.
[[nodiscard]] std::string encode_cursor_change(const cursor_state& state,
                                               const std::set<lane_key>& changed,
                                               const cursor_place& place);

/// What a cursor file holds.
struct cursor_content {
  /// The newest whole state; nothing where both areas are unreadable.
  std::optional<cursor_state> state;
  std::uint64_t generation = 0;
  /// In which area, 0 or 1, and how large each is.
  int area = 0;
  std::uint64_t area_bytes = 0;
  /// Records that would have made a newer state are cut off or damaged: the state is older than
  /// what was kept last.
  bool damaged = false;
};
/// Checks everything; never takes half of a record for a state.
[[nodiscard]] cursor_content read_cursor_content(std::string_view file);

}  // namespace weir
