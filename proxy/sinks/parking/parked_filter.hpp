// SPDX-License-Identifier: Apache-2.0
//
// Which of a sink's parked lanes a person means. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "log/frame_log.hpp"

namespace weir {

struct parked_filter {
  /// Nothing: all.
  std::optional<std::string> database = {};
  std::optional<std::string> retention_policy = {};

  [[nodiscard]] bool matches(const lane_key& lane) const {
    return (!database || *database == lane.database) &&
           (!retention_policy || *retention_policy == lane.retention_policy);
  }
};

struct parked_count {
  std::uint64_t lanes = 0;
  std::uint64_t points = 0;
};

}  // namespace weir
