// SPDX-License-Identifier: Apache-2.0
//
// One append to a topic, until every frame of it is reported. frame_producer's alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "log/frame_log.hpp"

namespace weir {

struct frame_batch {
  std::vector<std::shared_ptr<frame>> frames;
  /// The partition of all of them, where it is not that of their shards.
  std::optional<std::uint32_t> partition;
  std::shared_ptr<append_ticket> ticket;  // none under `received`
  std::size_t bytes = 0;                  // of memory
  std::uint64_t stored_bytes = 0;
  std::int64_t began_ns = 0;
  /// Frames that are not reported, and one for the appending thread while it queues them.
  std::atomic<std::size_t> left{0};

  /// The promise is kept or broken. Under the producer's mutex, as `is_finished`.
  bool is_settled = false;
  /// Every frame is reported.
  bool is_finished = false;

  [[nodiscard]] std::uint32_t partition_of(std::size_t index) const {
    return partition.value_or(frames[index]->header.shard);
  }
  void fail(const std::string& why, std::uint64_t points) {
    const std::lock_guard hold(lock_);
    lost_points_ += points;
    if (error_.empty()) {
      error_ = why;
    }
    has_failed_.store(true, std::memory_order_relaxed);
  }
  [[nodiscard]] bool has_failed() const noexcept {
    return has_failed_.load(std::memory_order_relaxed);
  }
  /// The first one; empty: none.
  [[nodiscard]] std::string error() const {
    const std::lock_guard hold(lock_);
    return error_;
  }
  [[nodiscard]] std::uint64_t lost_points() const {
    const std::lock_guard hold(lock_);
    return lost_points_;
  }

 private:
  mutable std::mutex lock_;
  std::string error_;
  std::uint64_t lost_points_ = 0;
  std::atomic<bool> has_failed_{false};
};

/// One frame of an append.
struct queued_frame {
  std::shared_ptr<frame_batch> of;
  std::size_t index = 0;

  [[nodiscard]] const std::shared_ptr<frame>& what() const { return of->frames[index]; }
};

}  // namespace weir
