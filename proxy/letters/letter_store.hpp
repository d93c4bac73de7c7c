// SPDX-License-Identifier: Apache-2.0
//
// The dead letters on disk: files of JSON lines, of which the oldest go when letters.keep is
// reached. Its disk may refuse: then letters are lost and counted, and it tries again a little
// later. One thread; letter_box.hpp gives it one.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "files/file_system.hpp"
#include "letters/letter.hpp"
#include "observe/metrics.hpp"

namespace weir {

struct letter_store_options {
  std::string directory{};
  /// Bytes of all segments together.
  std::uint64_t keep = std::uint64_t{256} << 20;
};

class letter_store {
 public:
  /// Makes the directory, locks it, and goes on behind the letters that are there. `files` must
  /// outlive the store.
  [[nodiscard]] static result<std::unique_ptr<letter_store>> open(letter_store_options options,
                                                                  file_system& files);

  /// Writes what it can. The failure says why letters were lost (`lost` counts them).
  [[nodiscard]] outcome append(std::span<const letter_batch> batches, std::int64_t now_ns);

  /// Bytes of all segments together, from the next letters on. Any thread.
  void set_keep(std::uint64_t bytes) noexcept { keep_.store(bytes, std::memory_order_relaxed); }
  /// Any thread.
  void collect(metric_collector& out) const;

 private:
  struct segment {
    std::uint64_t first_id = 0;
    std::uint64_t bytes = 0;
  };

  letter_store(letter_store_options options, file_system& files)
      : options_(std::move(options)), keep_(options_.keep), files_(files) {}
  [[nodiscard]] outcome recover();
  [[nodiscard]] outcome recover_last(segment& last);
  [[nodiscard]] outcome write(const std::string& text, std::uint64_t letters);
  [[nodiscard]] outcome make_room(std::uint64_t bytes);
  [[nodiscard]] outcome begin_segment();
  [[nodiscard]] std::string path_of(const segment& which) const;
  [[nodiscard]] std::uint64_t segment_bytes_max() const noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept;

  const letter_store_options options_;
  std::atomic<std::uint64_t> keep_;
  file_system& files_;
  directory_lock lock_;
  /// Oldest first; the last is written to while `file_` is open.
  std::deque<segment> segments_;
  file_handle file_;
  std::uint64_t next_id_ = 1;
  /// After a failure the disk is left alone until then.
  std::int64_t retry_ns_ = 0;
  std::string failed_words_;
  counter kept_;
  counter lost_;
  counter rotated_;
  counter failures_;
  counter bytes_;
};

}  // namespace weir
