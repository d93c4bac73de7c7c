// SPDX-License-Identifier: Apache-2.0
//
// All lines of a database in a log, for a test to look at.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "log/frame_log.hpp"

namespace weir {

/// Inflated, in the order of the log.
inline std::string lines_in(frame_log& log, const lane_key& lane) {
  std::string lines;
  const auto reader = log.reader();
  log_position position = log.first();
  for (;;) {
    const read_result read = reader->next(position, lane);
    if (read.status != read_status::frame) {
      return lines;
    }
    if (read.found->header.kind == frame_kind::lines) {
      EXPECT_TRUE(inflate_frame(*read.found, lines));
    }
    position = read.next;
  }
}

}  // namespace weir
