// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/partition_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace weir {

const queued_frame* partition_queue::next() noexcept {
  if (waiting_.empty()) {
    return nullptr;
  }
  if (group_left_bytes_ == 0) {
    if (are_many_and_small()) {
      if (under_way_ > 0) {
        return nullptr;
      }
      group_left_bytes_ = group_bytes;
    } else if (under_way_ >= window_frames) {
      return nullptr;
    }
  }
  return &waiting_.front();
}

queued_frame partition_queue::hand_over() {
  group_left_bytes_ -= std::min(group_left_bytes_, waiting_.front().what()->stored.size());
  ++under_way_;
  return drop();
}

queued_frame partition_queue::drop() {
  queued_frame one = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= one.what()->stored.size();
  if (waiting_.empty()) {
    group_left_bytes_ = 0;  // what comes later is no part of it
  }
  return one;
}

void partition_queue::reported() noexcept {
  WEIR_ASSERT(under_way_ > 0);
  --under_way_;
}

}  // namespace weir
