// SPDX-License-Identifier: Apache-2.0
//
// Where the records of the newest segment end: behind them there may be a write under way or one
// that was cut off, and in a file that was an earlier segment what is left of that.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "log/local/segment_scanner.hpp"

namespace weir {

struct segment_tail {
  /// The offset behind the last record.
  std::uint64_t records_end = segment_header_bytes;
  /// The sequence after the last one that was given.
  std::uint64_t next = 0;
  /// Of a write that is under way or was never finished; as far as it can be told from what an
  /// earlier segment left.
  std::uint64_t torn_bytes = 0;
};

/// Of a segment with `limits`. Reads heads from its last known place on, and at most one payload.
[[nodiscard]] result<segment_tail> read_tail(file_system& files,
                                             const std::shared_ptr<segment>& about,
                                             const segment_limits& limits);

}  // namespace weir
