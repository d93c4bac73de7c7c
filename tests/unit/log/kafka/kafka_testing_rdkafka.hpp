// SPDX-License-Identifier: Apache-2.0
//
// What the tests of a log in Kafka share: a mock cluster with the log's topics, and a partition of
// it as a log that is fed and can be appended to.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "log/kafka/kafka_frame.hpp"
#include "log/kafka/kafka_log.hpp"
#include "log/kafka/reader_source.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"
#include "unit/log/log_testing.hpp"

namespace weir {

/// Topics are not made by request in a mock cluster.
inline void make_log_topics(mock_cluster& cluster, int shards, const std::string& topic = "weir") {
  cluster.topic(topic, shards)
      .topic(kafka_state_topic(topic), shards)
      .topic(kafka_parked_topic(topic), shards)
      .topic(kafka_shared_topic(topic), 1);
}

/// A partition_log with its source.
class fed_partition final : public frame_log {
 public:
  struct shape {
    std::string topic = "weir";
    std::uint32_t partition = 0;
    append_promise promise = append_promise::written;
    std::uint64_t read_ahead = std::uint64_t{64} << 20;
    std::int64_t begin = 0;
    bool appends = true;
  };

  /// The cluster and the budget must outlive it.
  fed_partition(const mock_cluster& cluster, memory_budget& budget)
      : fed_partition(cluster, budget, shape()) {}
  fed_partition(const mock_cluster& cluster, memory_budget& budget, const shape& of)
      : memory_(budget) {
    using namespace std::chrono_literals;
    auto topics = kafka_topics::make(cluster.client());
    const auto there =
        topics.value()->offsets(of.topic, static_cast<std::int32_t>(of.partition), 5s);
    EXPECT_TRUE(there) << there.error().message;
    const auto facts = topics.value()->describe(of.topic, 5s);
    partition_log_options options{.client = cluster.client(),
                                  .topic = of.topic,
                                  .partition = of.partition,
                                  .identity = 1,
                                  .promise = of.promise,
                                  .memory = memory_,
                                  .read_ahead = of.read_ahead,
                                  .begin = of.begin,
                                  .there = there.value()};
    if (of.appends) {
      options.produce.emplace(frame_producer_options{.client = cluster.client(),
                                                     .topic = of.topic,
                                                     .shards = facts.value()->partitions,
                                                     .promise = of.promise,
                                                     .frames = budget});
    }
    log_ = std::move(partition_log::open(std::move(options))).value();
    source_ =
        std::move(reader_source::start(*log_, cluster.client(), of.topic, of.partition)).value();
  }
  ~fed_partition() override { source_.reset(); }
  fed_partition(const fed_partition&) = delete;
  fed_partition& operator=(const fed_partition&) = delete;

  [[nodiscard]] partition_log& partition() { return *log_; }

  log_capabilities capabilities() const override { return log_->capabilities(); }
  append_result append(std::span<const std::shared_ptr<frame>> frames) override {
    return log_->append(frames);
  }
  append_result outlook() const override { return log_->outlook(); }
  std::uint32_t identity() const override { return log_->identity(); }
  log_usage usage() const override { return log_->usage(); }
  std::size_t watch(std::function<void()> wake) override { return log_->watch(std::move(wake)); }
  void unwatch(std::size_t watcher) override { log_->unwatch(watcher); }
  log_position first() const override { return log_->first(); }
  log_position end() const override { return log_->end(); }
  std::size_t subscribe(subscription subscriber, log_position low_water) override {
    return log_->subscribe(std::move(subscriber), low_water);
  }
  void release(std::size_t subscriber, log_position low_water) override {
    log_->release(subscriber, low_water);
  }
  void unsubscribe(std::size_t subscriber) override { log_->unsubscribe(subscriber); }
  std::unique_ptr<log_reader> reader() override { return log_->reader(); }
  void collect(metric_collector& out) const override { log_->collect(out); }
  outcome close() override { return log_->close(); }

 private:
  read_share memory_;
  std::unique_ptr<partition_log> log_;
  std::unique_ptr<reader_source> source_;
};

}  // namespace weir
