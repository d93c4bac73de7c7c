// SPDX-License-Identifier: Apache-2.0
//
// The hot path's seam. A kernel reads lines of the plain shape fast and leaves every other line to
// the exact reader. There is one kernel per instruction set; one is chosen at run time, once.
#pragma once

#include <span>
#include <string_view>

#include "line_marks.hpp"
#include "scratch.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Whole lines in memory. Nothing before `begin`, nor at or past `end`, may be read.
struct line_window {
  const char* begin = nullptr;
  const char* line = nullptr;  // where the line to read begins: [begin, end)
  const char* end = nullptr;   // behind a line feed
};

struct kernel {
  std::string_view name;
  /// Whether this machine can run it.
  bool (*supported)() noexcept;
  /// Reads the line at `window.line`. Returns the byte behind its line feed and fills `point` (but
  /// for `line`, which the reader knows), or returns nullptr: then the exact reader must judge,
  /// `marks.progress` says from where on, and what it says was read is in `scratch` and `point`. It
  /// never refuses a line, and does not look at UTF-8. `marks` belong to the bytes of `window`:
  /// whoever moves these calls `forget`.
  const char* (*read_line)(const line_window& window, const parse_options& options,
                           line_marks& marks, line_scratch& scratch, point_view& point);
};

extern const kernel scalar_kernel;
#if defined(__x86_64__)
extern const kernel sse42_kernel;
extern const kernel avx2_kernel;
extern const kernel avx512_kernel;
#endif

/// The kernels that this machine can run, best first. The last is always "scalar".
[[nodiscard]] std::span<const kernel* const> kernels() noexcept;

/// The kernel of this name, or else the one that `WEIR_KERNEL` names, or else the best that this
/// machine has.
[[nodiscard]] const kernel& find_kernel(std::string_view name) noexcept;

}  // namespace weir
