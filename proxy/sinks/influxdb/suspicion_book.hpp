// SPDX-License-Identifier: Apache-2.0
//
// Tells a batch on which a server fails from a server that is down: what other lanes of the sink
// saw meanwhile. Pure: no clock. One thread.
#pragma once

#include <cstdint>
#include <map>

#include "log/frame_log.hpp"
#include "sinks/batcher.hpp"

namespace weir {

class suspicion_book {
 public:
  /// Failures of a batch before it is looked into.
  static constexpr std::uint32_t tries_max = 8;

  enum class finding : std::uint8_t {
    nothing,  // the same batch again
    /// Batches of other lanes passed since its last failure, or no other lane fails.
    suspect,
    /// Between all those failures others passed, and no lane began to fail.
    suspect_alone,
  };

  /// A batch of the lane was answered, whatever the answer, or is gone.
  void answered(const lane_key& lane) { failing_.erase(lane); }
  /// A batch of the lane was stored.
  void stored(const lane_key& lane) {
    ++stored_;
    failing_.erase(lane);
  }
  /// The server failed on the batch that begins at `first`, or did not answer.
  [[nodiscard]] finding failed(const lane_key& lane, const lane_position& first);

 private:
  struct record {
    lane_position first;
    std::uint32_t tries = 0;
    /// Of those: others passed since the one before.
    std::uint32_t tries_between_others = 0;
    /// `stored_` and `began_to_fail_` at the last one.
    std::uint64_t stored = 0;
    std::uint64_t began_to_fail = 0;
  };

  std::map<lane_key, record> failing_;
  /// Batches stored, and lanes that failed after they had been well.
  std::uint64_t stored_ = 0;
  std::uint64_t began_to_fail_ = 0;
};

}  // namespace weir
