// SPDX-License-Identifier: Apache-2.0
//
// Between the intake loops and the letters' store: a bounded queue and the thread that empties it.
// Putting letters in never waits for a disk; letters without room are counted as lost.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "letters/letter_store.hpp"

namespace weir {

/// Bytes of letters that wait for the disk, and of those that one request may hold.
inline constexpr std::size_t letter_queue_bytes_max = std::size_t{16} << 20;

struct letter_box_options {
  /// Of a line's text; longer ones are cut.
  std::size_t line_bytes_max = std::size_t{64} << 10;
  /// Whether lines that a rule dropped are kept, too.
  bool dropped = true;
  std::function<std::int64_t()> now_ns{};
};

class letter_box {
 public:
  /// Without a store no letters are kept.
  letter_box(letter_box_options options, std::unique_ptr<letter_store> store);
  ~letter_box();
  letter_box(const letter_box&) = delete;
  letter_box& operator=(const letter_box&) = delete;

  /// Letters are kept at all. Any thread, as the next two.
  [[nodiscard]] bool enabled() const noexcept { return enabled_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool keeps_dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t line_bytes_max() const noexcept {
    return line_bytes_max_.load(std::memory_order_relaxed);
  }

  /// Of letters from now on. Any thread.
  void set_limits(std::size_t line_bytes_max, bool dropped) noexcept {
    line_bytes_max_.store(line_bytes_max, std::memory_order_relaxed);
    dropped_.store(dropped, std::memory_order_relaxed);
  }
  /// Bytes of all letters together, from the next ones on. Any thread.
  void set_keep(std::uint64_t bytes);
  /// What waits and what is put in from now on goes to `store` (nullptr: letters are not kept, and
  /// those that wait are lost). Waits for the write under way. Control thread.
  void replace_store(std::unique_ptr<letter_store> store);

  /// Takes over letters of `bytes` together (`letter_line::bytes`), or counts them as lost. Never
  /// waits for the disk. Any thread.
  void put(std::vector<letter_batch> batches, std::size_t bytes);
  /// Counts letters that their requests gave up for want of memory. Any thread.
  void lost(std::uint64_t letters) noexcept { lost_memory_.add_shared(letters); }

  /// Writes the letters that wait and ends the thread. None may be put in afterwards.
  void stop();
  /// Returns when all letters put in before are written or lost. Any thread but the box's own.
  void flush();

  /// Any thread.
  void collect(metric_collector& out) const;

 private:
  void run();

  const std::function<std::int64_t()> now_ns_;
  std::atomic<std::size_t> line_bytes_max_;
  std::atomic<bool> dropped_;
  std::atomic<bool> enabled_;
  mutable std::mutex mutex_;
  /// Shared with `collect`. Replaced while nothing is being written.
  std::shared_ptr<letter_store> store_;
  std::condition_variable wake_;
  std::condition_variable settled_;
  std::vector<letter_batch> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool writing_ = false;
  /// The thread begins no further write: they might come without end.
  bool replacing_ = false;
  bool stopping_ = false;
  counter lost_queue_;
  counter lost_memory_;
  std::thread thread_;
};

}  // namespace weir
