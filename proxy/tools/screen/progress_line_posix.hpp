// SPDX-License-Identifier: Apache-2.0
//
// A line on standard error that is drawn again and again while a command works, and wiped at its
// end. Nothing at all where standard error is no terminal that understands this, or `quiet`.
#pragma once

#include <cstdint>

#include "tools/screen/progress.hpp"

namespace weir {

class progress_line {
 public:
  progress_line(progress work, bool quiet);
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  /// Whether anybody sees it, so that counting first is worth it.
  [[nodiscard]] static bool is_seen(bool quiet) noexcept;

  /// Cheap enough to be called for every record.
  void show(std::uint64_t done);
  /// Wipes the line, before something else is written.
  void wipe() noexcept;

 private:
  progress work_;
  bool seen_;
  bool drawn_ = false;
};

}  // namespace weir
