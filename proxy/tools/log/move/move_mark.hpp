// SPDX-License-Identifier: Apache-2.0
//
// How far a move is, in a file beside the local log: which topic, from which offsets on, and
// whether what sinks know has gone along. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/frame_log.hpp"
#include "tools/log/move/move_plan.hpp"

namespace weir {

struct move_mark {
  /// Of the local log.
  std::uint32_t identity = 0;
  std::string topic;
  /// Empty: the brokers do not tell.
  std::string cluster;
  /// Of each partition, where it began, or where the move ends.
  std::vector<std::int64_t> offsets;
  /// All is moved, and the sinks' places, too.
  bool whole = false;
  friend bool operator==(const move_mark&, const move_mark&) = default;
};
[[nodiscard]] std::string to_text(const move_mark& mark);
/// Nothing: it is none.
[[nodiscard]] std::optional<move_mark> move_mark_of(const std::string& text);
/// Whether both are of one move: the same log, topic and cluster.
[[nodiscard]] bool is_same_move(const move_mark& one, const move_mark& other);

/// What a record's header `moved` says: of which log, frame, and bytes of its lines.
struct moved_origin {
  std::uint32_t identity = 0;
  log_position position;
  byte_range bytes;
  friend bool operator==(const moved_origin&, const moved_origin&) = default;
};
[[nodiscard]] std::string to_text(const moved_origin& origin);
[[nodiscard]] std::optional<moved_origin> moved_origin_of(std::string_view text);

}  // namespace weir
