// SPDX-License-Identifier: Apache-2.0
//
// Frames of kind `events`: what their sender says of series that ended. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/frame.hpp"

namespace weir {

/// Whose series ended, and when that was received.
struct ended_place {
  std::string database;
  std::string retention_policy;
  std::int64_t received_ns = 0;
};

/// Appends such frames to `to`: `lines` are canonical ones that name the series, each at the time
/// of its end, without line feeds in them; none: nothing. Each frame has lines of one of `shards`
/// shards, in the order that they have here.
void append_ended_series(const ended_place& where, std::string_view lines, std::uint32_t shards,
                         gzip_compressor& compressor, std::vector<std::shared_ptr<frame>>& to);

}  // namespace weir
