// SPDX-License-Identifier: Apache-2.0
//
// What became of records that were sent together, for who waits until all are reported. It sends
// nothing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "kafka/producer_rdkafka.hpp"

namespace weir {

class awaited_deliveries : public std::enable_shared_from_this<awaited_deliveries> {
 public:
  [[nodiscard]] static std::shared_ptr<awaited_deliveries> make() {
    return std::shared_ptr<awaited_deliveries>(new awaited_deliveries);
  }

  /// Of one record more: what its producer is given to call.
  [[nodiscard]] kafka_producer::reported next() {
    const std::lock_guard hold(mutex_);
    const std::size_t index = of_.size();
    of_.emplace_back();
    ++waits_for_;
    return [self = shared_from_this(), index](const kafka_delivery& of) {
      const std::lock_guard own(self->mutex_);
      self->of_[index] = of;
      --self->waits_for_;
      self->reported_.notify_all();
    };
  }
  /// The producer did not take the last record: nobody will report it.
  void not_taken() {
    const std::lock_guard hold(mutex_);
    of_.pop_back();
    --waits_for_;
  }
  /// Waits until all are reported, which takes as long as the producer's delivery_timeout. In the
  /// order of `next`. Not on the producer's thread.
  [[nodiscard]] const std::vector<kafka_delivery>& wait() {
    std::unique_lock hold(mutex_);
    reported_.wait(hold, [this] { return waits_for_ == 0; });
    return of_;
  }

 private:
  awaited_deliveries() = default;

  std::mutex mutex_;
  std::condition_variable reported_;
  std::size_t waits_for_ = 0;
  std::vector<kafka_delivery> of_;
};

}  // namespace weir
