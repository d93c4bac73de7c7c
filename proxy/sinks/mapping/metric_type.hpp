// SPDX-License-Identifier: Apache-2.0
//
// The types of series, as remote write numbers them.
#pragma once

#include <cstdint>

namespace weir {

enum class metric_type : std::uint8_t {
  unknown,
  counter,
  gauge,
  histogram,
  gauge_histogram,
  summary,
  info,
  stateset,
};

}  // namespace weir
