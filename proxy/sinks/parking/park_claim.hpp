// SPDX-License-Identifier: Apache-2.0
//
// What the cursor says of a frame that is found parked. Pure.
#pragma once

#include "log/frame_log.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

enum class park_claim : std::uint8_t {
  done,      // it was dealt with
  pending,   // it is to be delivered
  leftover,  // the log has it still: a crash came between writing it and the cursor
};

/// `log_first`: the log has no frame below it. `cursor_missing`: nothing is known of what was done.
[[nodiscard]] inline park_claim claim_of_parked(const cursor_state& cursor, bool cursor_missing,
                                                const frame_header& header,
                                                log_position log_first) {
  const auto found = cursor.lanes.find({header.database, header.retention_policy});
  if (found != cursor.lanes.end()) {
    if (header.position < found->second.next) {
      return park_claim::done;
    }
    if (header.position < found->second.parked_end) {
      return park_claim::pending;
    }
  } else if (header.position < cursor.discovered && !cursor_missing) {
    return park_claim::done;
  }
  // The cursor does not know that it was parked. While the log has it, it is pending there; what
  // the log has no more, a later cursor, which a loss of power took away, had let go.
  return header.position < log_first ? park_claim::pending : park_claim::leftover;
}

}  // namespace weir
