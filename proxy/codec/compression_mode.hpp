// SPDX-License-Identifier: Apache-2.0
//
// How frames of the log are compressed: the setting alone, not the compressor (gzip.hpp).
#pragma once

#include <cstdint>

namespace weir {

/// `[log] compression`. `automatic`: gzip from `frame_plain_bytes_max` (log/frame.hpp) on, plain
/// below.
enum class compression_mode : std::uint8_t { automatic, gzip, none };

}  // namespace weir
