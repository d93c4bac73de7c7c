// SPDX-License-Identifier: Apache-2.0
//
// The hot path's seam. A kernel reads lines of the plain shape fast and leaves every other line to
// the exact reader. There is one kernel per instruction set; one is chosen at run time, once.
#pragma once

#include <span>
#include <string_view>

#include "parser/kernels/line_marks.hpp"
#include "parser/kernels/scratch.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Whole lines in memory. Nothing before `begin`, nor at or past `end`, may be read.
struct line_window {
  const char* begin = nullptr;
  const char* line = nullptr;  // where the line to read begins: [begin, end)
  const char* end = nullptr;   // behind a line feed
  std::uint64_t number = 1;    // of that line in its body
};

/// What `read_lines` has read.
struct lines_read {
  const char* after = nullptr;  // behind the line feed of the last of them
  std::size_t count = 0;
  std::uint64_t carriage_returns = 0;  // taken off their ends
};

struct kernel {
  std::string_view name;
  /// Whether this machine can run it.
  bool (*supported)() noexcept;
  /// Reads the line at `window.line` and, if it likes, those behind it: up to `max` (1 or more),
  /// one `points` each. Their tags and fields lie in `scratch`, which it does not enlarge for a
  /// second line. None: the exact reader must judge the first line, `marks.progress` says from
  /// where on, and what it says was read is in `scratch` and `points[0]`. It never refuses a line,
  /// and does not look at UTF-8. `marks` belong to the bytes of `window`: whoever moves these calls
  /// `forget`.
  lines_read (*read_lines)(const line_window& window, const parse_options& options,
                           line_marks& marks, line_scratch& scratch, point_view* points,
                           std::size_t max);
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
