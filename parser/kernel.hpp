// SPDX-License-Identifier: Apache-2.0
//
// The hot path's seam. A kernel reads lines of the plain shape fast and leaves every other line to
// the exact reader. There is one kernel per instruction set; one is chosen at run time, once.
#pragma once

#include <string_view>

#include "scratch.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Whole lines in memory: `end` lies behind a line feed, and nothing at or past it may be read.
struct line_window {
  const char* begin = nullptr;
  const char* end = nullptr;
};

struct kernel {
  std::string_view name;
  /// Reads the line at `line`. Returns the byte behind its line feed and fills `point` (but for
  /// `line`, which the reader knows), or returns nullptr: then the exact reader must judge, and
  /// `point` may hold anything. It never refuses a line, and does not look at UTF-8.
  const char* (*read_line)(const line_window& window, const char* line,
                           const parse_options& options, line_scratch& scratch, point_view& point);
};

extern const kernel scalar_kernel;

/// The kernel that `WEIR_KERNEL` names, or else the best that this machine has.
[[nodiscard]] const kernel& active_kernel() noexcept;

}  // namespace weir
