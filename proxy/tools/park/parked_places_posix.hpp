// SPDX-License-Identifier: Apache-2.0
//
// The parking places of the configured sinks, read from their files: while weir runs, which is what
// a list is made of, and while it does not, to drop something.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "sinks/parking/parked_filter.hpp"

namespace weir {

struct parked_row {
  std::string sink;
  lane_key lane;
  std::uint64_t points = 0;
  /// On disk.
  std::uint64_t bytes = 0;
  std::int64_t oldest_received_ns = 0;
};

/// Of one sink, or (empty) of all, in the order of sinks and lanes.
[[nodiscard]] result<std::vector<parked_row>> read_parked(const settings& configured,
                                                          const std::string& sink,
                                                          const parked_filter& which);

/// Removes what is parked, counted as dropped in the sink's cursor; returns what that was.
/// Requires: no weir runs there.
[[nodiscard]] result<std::vector<parked_row>> drop_parked_files(const settings& configured,
                                                                const std::string& sink,
                                                                const parked_filter& which);

}  // namespace weir
