// SPDX-License-Identifier: Apache-2.0
//
// The interface of the hot path. A kernel reads lines of the plain shape fast and leaves every
// other line to the exact reader. There is one kernel for each instruction set, and one is chosen
// at run time, once.
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

/// The lines that `read_lines` has read.
struct lines_read {
  const char* after = nullptr;  // behind the line feed of the last of them
  std::size_t count = 0;
  std::uint64_t carriage_returns = 0;  // taken off the lines' ends
};

struct kernel {
  std::string_view name;
  /// Whether this machine can run it.
  bool (*supported)() noexcept;
  /// Reads the line at `window.line` and perhaps lines behind it, up to `max` (1 or more), into one
  /// element of `points` each. Their tags and fields lie in `scratch`, which is not enlarged. A
  /// count of 0: the exact reader must judge the first line; `marks.progress` says from where on,
  /// and what was read before that is in `scratch` and `points[0]`. A kernel rejects no line and
  /// does not check UTF-8. `marks` belong to the bytes of `window`: when those change, the caller
  /// calls `marks.forget()`.
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
