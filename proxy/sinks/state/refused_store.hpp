// SPDX-License-Identifier: Apache-2.0
//
// Where a sink sets aside what its server refused, so that a person can look at it and send it
// again. One thread.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "log/frame_log.hpp"

namespace weir {

struct refusal {
  const lane_key& lane;
  int status;
  /// The server's, as they came.
  std::string_view words;
  /// Canonical lines of the batch.
  std::string_view lines;
};

class refused_store {
 public:
  virtual ~refused_store() = default;
  virtual outcome put(const refusal& what) = 0;
};

}  // namespace weir
