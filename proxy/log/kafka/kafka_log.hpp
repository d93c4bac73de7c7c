// SPDX-License-Identifier: Apache-2.0
//
// The log as a topic of Kafka, for those who write: append gives each frame to the partition of its
// shard. It is not read: a partition is (partition_log.hpp), and sinks are subscribed to those.
#pragma once

#include <memory>

#include "log/kafka/frame_producer.hpp"
#include "log/kafka/kafka_topics.hpp"

namespace weir {

struct kafka_log_options {
  kafka_client_options client;
  kafka_topics_wanted topics;
  /// Of frames that wait for Kafka. 0: half of what `frames` has.
  std::uint64_t waiting_bytes_max = 0;
  /// Pays for them. Must outlive the log.
  memory_budget& frames;
  /// What Kafka has not confirmed by then is failed.
  std::chrono::milliseconds produce_timeout{5'000};
  /// Nanoseconds that only ascend. Any thread.
  std::function<std::int64_t()> steady_ns = [] { return steady_now().ns; };
  /// Between two looks at the topic while something is wrong, and while all is well.
  std::chrono::milliseconds look_again{1'000};
  std::chrono::milliseconds look{15'000};
  /// Told of the bytes that a record of the topic may have (`max.message.bytes`), when the log is
  /// opened and when they change, on a thread of the log. Not where the brokers do not tell.
  std::function<void(std::uint64_t)> on_record_bytes = {};
};

class kafka_log final : public frame_log {
 public:
  kafka_log(kafka_topics_found found, append_promise promise,
            std::unique_ptr<frame_producer> producer);

  log_capabilities capabilities() const override;
  append_result append(std::span<const std::shared_ptr<frame>> frames) override;
  append_result outlook() const override { return producer_->outlook(); }
  std::uint32_t identity() const override { return identity_; }
  log_usage usage() const override { return {producer_->waiting_bytes(), 0}; }
  std::size_t watch(std::function<void()> wake) override {
    return producer_->watch(std::move(wake));
  }
  void unwatch(std::size_t watcher) override { producer_->unwatch(watcher); }
  // There is nothing to read, and what is read elsewhere holds nothing here.
  log_position first() const override { return log_position(1); }
  log_position end() const override { return log_position(1); }
  std::size_t subscribe(subscription subscriber, log_position low_water) override;
  void release(std::size_t, log_position) override {}
  void unsubscribe(std::size_t) override {}
  std::unique_ptr<log_reader> reader() override;
  void collect(metric_collector& out) const override;
  outcome close() override { return producer_->close(); }

  /// What was found when it was opened.
  [[nodiscard]] const kafka_topics_found& topics() const noexcept { return found_; }

 private:
  const kafka_topics_found found_;
  const append_promise promise_;
  const std::uint32_t identity_;
  const std::unique_ptr<frame_producer> producer_;
};

/// Makes the topics that are missing and opens the log. Fails with what is wrong, and what to do
/// about it, when the brokers do not answer within `topics.at_most`.
[[nodiscard]] result<std::unique_ptr<kafka_log>> open_kafka_log(kafka_log_options options);

}  // namespace weir
