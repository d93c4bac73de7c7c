// SPDX-License-Identifier: Apache-2.0
//
// Between the intake loops and the letters' store: a bounded queue and the thread that empties it.
// Putting letters in never waits for a disk; letters without room are counted as lost.
#pragma once

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
  letter_box(letter_box_options options, std::unique_ptr<letter_store> store);
  ~letter_box();
  letter_box(const letter_box&) = delete;
  letter_box& operator=(const letter_box&) = delete;

  [[nodiscard]] const letter_box_options& options() const noexcept { return options_; }

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

  const letter_box_options options_;
  const std::unique_ptr<letter_store> store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable settled_;
  std::vector<letter_batch> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool writing_ = false;
  bool stopping_ = false;
  counter lost_queue_;
  counter lost_memory_;
  std::thread thread_;
};

}  // namespace weir
