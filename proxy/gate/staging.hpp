// SPDX-License-Identifier: Apache-2.0
//
// Where the canonical lines of one request gather until the request is complete. No other part of
// weir sees them before: a client cut off half-way leaves no trace. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// Inflated bytes after which a frame is closed (docs/log_format.md). A longer line has a frame of
/// its own.
inline constexpr std::size_t frame_inflated_bytes_max = std::size_t{512} << 10;

/// Where lines are spread over shards: what a run holds of them, inflated, so that the frames of
/// their shards are not too small to compress well.
inline constexpr std::size_t spread_run_bytes_max = 4 * frame_inflated_bytes_max;

/// A run of staged lines that fits a frame; of spread lines, that is cut into frames together.
struct staged_run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t points = 0;
  std::int64_t time_least = std::numeric_limits<std::int64_t>::max();
  std::int64_t time_greatest = std::numeric_limits<std::int64_t>::min();
};

/// A staged line, where lines are spread over shards.
struct spread_line {
  std::size_t end = 0;
  std::int64_t time = 0;
  std::uint32_t shard = 0;
};

/// Bytes that only grow at their end, written in place: unlike a string's, what `room` gives is not
/// filled with zeros first.
class line_buffer {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }

  /// Where `bytes` more may be written, at the end; `end_at` follows. Valid until the next call,
  /// which keeps what was written there only as far as `end_at` says.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) {
      make_room(bytes);
    }
    return bytes_.get() + size_;
  }
  /// Sets the length of the text. Requires: all bytes up to there were written.
  void end_at(std::size_t size) noexcept { size_ = size; }
  void append(std::string_view text) {
    if (!text.empty()) {
      std::memcpy(room(text.size()), text.data(), text.size());
      size_ += text.size();
    }
  }
  void drop_front(std::size_t bytes) noexcept {
    size_ -= bytes;
    if (size_ > 0) {
      std::memmove(bytes_.get(), bytes_.get() + bytes, size_);
    }
  }
  void clear(std::size_t keep_bytes) noexcept {
    size_ = 0;
    if (capacity_ > keep_bytes) {
      bytes_.reset();
      capacity_ = 0;
    }
  }

 private:
  void make_room(std::size_t bytes) {
    const std::size_t wanted = std::max(size_ + bytes, 2 * capacity_);
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) {
      std::memcpy(larger.get(), bytes_.get(), size_);
    }
    bytes_ = std::move(larger);
    capacity_ = wanted;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

class staged_lines {
 public:
  /// Over how many shards the lines' series are spread. Requires: empty().
  void spread_over(std::uint32_t shards) noexcept;

  /// The buffer to append lines to, with their line feeds; `line_done` follows for each.
  [[nodiscard]] line_buffer& buffer() noexcept { return text_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_.view(); }

  /// Says that the bytes from the end of the line before up to `end` are one line of a point at
  /// `time`, which begins with `series_bytes` of its series. Bytes behind it belong to no line yet.
  void line_done(std::size_t end, std::int64_t time, std::size_t series_bytes) {
    if (runs_.empty() || end - runs_.back().begin > run_bytes_plain_) {
      prepare_run(end, time, series_bytes);
    }
    staged_run& run = runs_.back();
    run.end = end;
    ++run.points;
    run.time_least = std::min(run.time_least, time);
    run.time_greatest = std::max(run.time_greatest, time);
  }

  [[nodiscard]] const std::vector<staged_run>& runs() const noexcept { return runs_; }
  [[nodiscard]] std::string_view lines(const staged_run& run) const noexcept {
    return text_.view().substr(run.begin, run.end - run.begin);
  }
  /// The lines of all runs, one behind the other; none where lines are not spread.
  [[nodiscard]] const std::vector<spread_line>& spread() const noexcept { return spread_; }
  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
  /// Bytes of memory, and of what is in it.
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return text_.capacity() + spread_.capacity() * sizeof(spread_line);
  }
  [[nodiscard]] std::size_t used_bytes() const noexcept {
    return text_.size() + spread_.size() * sizeof(spread_line);
  }

  /// Forgets the first `count` runs.
  void drop_runs(std::size_t count);

  /// Forgets all lines; gives buffers that together are larger than `keep_bytes` back to the
  /// system.
  void clear(std::size_t keep_bytes);

 private:
  /// For a line that begins a run, and for every one that is spread.
  void prepare_run(std::size_t end, std::int64_t time, std::size_t series_bytes);

  line_buffer text_;
  std::vector<staged_run> runs_;
  std::vector<spread_line> spread_;
  std::uint32_t shards_ = 1;
  /// Of a run, up to which a line needs no `prepare_run`.
  std::size_t run_bytes_plain_ = frame_inflated_bytes_max;
};

}  // namespace weir
