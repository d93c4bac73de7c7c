// SPDX-License-Identifier: Apache-2.0
//
// Where the canonical lines of one request gather until the request is complete. Nothing in here is
// visible to anybody else: a client cut off half-way leaves no trace. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Inflated bytes after which a frame is closed (docs/log_format.md). A longer line has a frame of
/// its own.
inline constexpr std::size_t frame_inflated_bytes_max = std::size_t{512} << 10;

/// A run of staged lines that fits a frame.
struct staged_run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t points = 0;
  std::int64_t time_least = std::numeric_limits<std::int64_t>::max();
  std::int64_t time_greatest = std::numeric_limits<std::int64_t>::min();
};

class staged_lines {
 public:
  /// The buffer to append one line to, its line feed included; `line_done` follows.
  [[nodiscard]] std::string& text() noexcept { return text_; }

  /// Says that the bytes appended since the last call are one line of a point at `time`.
  void line_done(std::int64_t time) {
    const std::size_t line_begin = runs_.empty() ? 0 : runs_.back().end;
    if (runs_.empty() || text_.size() - runs_.back().begin > frame_inflated_bytes_max) {
      runs_.push_back({.begin = line_begin, .end = line_begin});
    }
    staged_run& run = runs_.back();
    run.end = text_.size();
    ++run.points;
    run.time_least = std::min(run.time_least, time);
    run.time_greatest = std::max(run.time_greatest, time);
  }

  [[nodiscard]] const std::vector<staged_run>& runs() const noexcept { return runs_; }
  [[nodiscard]] std::string_view lines(const staged_run& run) const noexcept {
    return std::string_view(text_).substr(run.begin, run.end - run.begin);
  }
  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
  [[nodiscard]] std::size_t held_bytes() const noexcept { return text_.capacity(); }

  /// Forgets all lines; gives a buffer larger than `keep_bytes` back to the system.
  void clear(std::size_t keep_bytes) {
    runs_.clear();
    text_.clear();
    if (text_.capacity() > keep_bytes) {
      std::string().swap(text_);
    }
  }

 private:
  std::string text_;
  std::vector<staged_run> runs_;
};

}  // namespace weir
