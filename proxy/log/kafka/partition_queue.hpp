// SPDX-License-Identifier: Apache-2.0
//
// Frames of one partition that wait until Kafka's client gets them, in order. The client sends no
// request of a partition while five records of it are under way (idempotence allows no more), and
// its thread asks again and again, without a pause, as long as others wait behind them. So it gets
// five, and the next when one is reported; of small frames, which would be far too few a second, as
// many as fill a request, once all before them are reported. Pure; guarded by its owner.
#pragma once

#include <cstddef>
#include <deque>

#include "log/kafka/frame_batch.hpp"

namespace weir {

class partition_queue {
 public:
  /// Of one partition, that the client may have to send: as many as librdkafka has under way.
  static constexpr std::size_t window_frames = 5;
  /// Small frames are handed over by so many bytes: about a request of librdkafka (`batch.size`).
  static constexpr std::size_t group_bytes = std::size_t{512} << 10;

  void add(queued_frame one) {
    waiting_bytes_ += one.what()->stored.size();
    waiting_.push_back(std::move(one));
  }
  /// The frame that the client may have now, if any. It has it once `hand_over` is called.
  [[nodiscard]] const queued_frame* next() noexcept;
  queued_frame hand_over();
  /// Takes out the first one, which the client does not get.
  queued_frame drop();
  /// The client has reported a frame.
  void reported() noexcept;

  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
  [[nodiscard]] const queued_frame& front() const { return waiting_.front(); }
  /// Handed over and not reported.
  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }

 private:
  /// So many wait that a request of five would be small.
  [[nodiscard]] bool are_many_and_small() const noexcept {
    return waiting_.size() > window_frames &&
           waiting_bytes_ / waiting_.size() * window_frames < group_bytes;
  }

  std::deque<queued_frame> waiting_;
  std::size_t waiting_bytes_ = 0;  // of what waits, as it is stored
  std::size_t under_way_ = 0;
  std::size_t group_left_bytes_ = 0;
};

}  // namespace weir
