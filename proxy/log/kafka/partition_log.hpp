// SPDX-License-Identifier: Apache-2.0
//
// One partition of the topic as a log that sinks read: the position of a frame is its offset plus
// one. A source gives it the records as they come; what was read stays in memory until the
// subscribers have released it, or the budget has no room for it, and is then read again. Any
// thread; the source has one, and each reader has one.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/memory_budget.hpp"
#include "kafka/client.hpp"
#include "log/frame_log.hpp"
#include "log/kafka/frame_producer.hpp"
#include "log/kafka/frame_window.hpp"
#include "log/kafka/partition_source.hpp"
#include "log/subscribers.hpp"

namespace weir {

/// How the logs of all partitions share the memory for what is read ahead. Must outlive them.
class read_share {
 public:
  /// The logs take from `frames`, together half of it.
  explicit read_share(memory_budget& frames) noexcept : frames_(frames) {}

  [[nodiscard]] memory_budget& frames() const noexcept { return frames_; }
  /// How many bytes one log may read ahead, with all that there are now.
  [[nodiscard]] std::uint64_t bytes_each() const noexcept {
    return frames_.limit() / 2 / std::max(logs_.load(std::memory_order_relaxed), 1U);
  }
  void join() noexcept { logs_.fetch_add(1, std::memory_order_relaxed); }
  void leave() noexcept { logs_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  memory_budget& frames_;
  std::atomic<std::uint32_t> logs_{0};
};

struct partition_log_options {
  /// For frames that left memory and are read again.
  kafka_client_options client;
  std::string topic;
  std::uint32_t partition = 0;
  /// kafka_topics_found::identity.
  std::uint32_t identity = 0;
  append_promise promise = append_promise::written;
  read_share& memory;
  /// Of what no subscriber has released, so many bytes are read at most (log.read_ahead); fewer
  /// where memory is short.
  std::uint64_t read_ahead = std::uint64_t{64} << 20;
  /// Offset of the first record that the source is to give: the low water of its sink, say. One
  /// beyond the end of the partition (the topic was made anew) counts as the first that is there:
  /// `wanted` says what is right. A cursor of such a topic is worth nothing.
  std::int64_t begin = 0;
  /// What the partition has, as it is asked right before.
  kafka_offsets there = {};
  /// So long the brokers are waited for when frames are read again, on the reader's thread.
  std::chrono::milliseconds read_timeout{3'000};
  /// Nanoseconds that only ascend. Any thread.
  std::function<std::int64_t()> steady_ns = [] { return steady_now().ns; };
  /// With it the log can be appended to.
  std::optional<frame_producer_options> produce = {};
};

class partition_log final : public frame_log {
 public:
  [[nodiscard]] static result<std::unique_ptr<partition_log>> open(partition_log_options options);
  ~partition_log() override;
  partition_log(const partition_log&) = delete;
  partition_log& operator=(const partition_log&) = delete;

  // ---- for the source

  /// From now on this one is paused and resumed; nullptr: none is. When it returns, the one before
  /// is not being called and will not be called again. The source reads, not paused, from `wanted`
  /// on.
  void feed_from(partition_source* source);
  /// The offset of the record that is to come next.
  [[nodiscard]] std::int64_t wanted() const;
  /// In the order of offsets; one that is known already is passed over. Takes any record, also
  /// while the source is paused. One thread at a time.
  void received(kafka_record record);
  /// There was nothing at or behind `end` when that was read.
  void at_end(std::int64_t end);
  /// Kafka has deleted what is before `offset` (retention). What is not in memory is gone.
  void first_is(std::int64_t offset);
  /// The offset of a record that a later weir wrote, and which this one cannot read: nothing from
  /// there on is taken. Nothing: there is none so far.
  [[nodiscard]] std::optional<std::int64_t> stopped_at() const;

  // ---- frame_log

  log_capabilities capabilities() const override;
  append_result append(std::span<const std::shared_ptr<frame>> frames) override;
  append_result outlook() const override;
  std::uint32_t identity() const override { return options_.identity; }
  /// What is read and not released, and how much that may be.
  log_usage usage() const override;
  std::size_t watch(std::function<void()> wake) override;
  void unwatch(std::size_t watcher) override;
  /// Of the oldest frame that can be read, and of the next one that Kafka will be given, as far as
  /// it is known. Readers find frames as far as the source has come.
  log_position first() const override;
  log_position end() const override;
  /// A `low_water` beyond end() changes nothing: Kafka numbers frames. Who finds its cursor there
  /// has to give it up, as the topic was made anew.
  std::size_t subscribe(subscription subscriber, log_position low_water) override;
  void release(std::size_t subscriber, log_position low_water) override;
  void unsubscribe(std::size_t subscriber) override;
  std::unique_ptr<log_reader> reader() override;
  void collect(metric_collector& out) const override;
  outcome close() override;

 private:
  friend class partition_reader;

  explicit partition_log(partition_log_options options);
  // Requires: mutex_.
  [[nodiscard]] bool put(std::shared_ptr<frame> found, window_frames& dropped);
  void pass_over(log_position to);
  void drop_released(window_frames& dropped);
  void drop_gone(window_frames& dropped);
  [[nodiscard]] std::uint64_t window_bytes_max() const noexcept;
  [[nodiscard]] std::optional<bool> steer();

  void follow_window();
  void note_damaged(std::int64_t offset, const std::string& why, std::uint32_t points);
  void note_stop(std::int64_t offset, const std::string& why) const;
  void note_stored(const std::shared_ptr<frame>& one);

  const partition_log_options options_;
  std::unique_ptr<frame_producer> producer_;

  /// Guards what follows; nothing is waited for while it is held.
  mutable std::mutex mutex_;
  frame_window window_;
  subscriber_table subscribers_;
  bool was_subscribed_ = false;
  log_position fed_end_;    // all below was received, or is not there
  log_position known_end_;  // Kafka has had frames up to here
  log_position kafka_first_;
  log_position seen_;  // subscribers know frames below: these are read whatever the window says
  /// What is there, a later weir wrote: the source is paused, and nothing behind it is taken.
  std::optional<log_position> stop_;
  bool paused_ = false;
  bool closed_ = false;

  /// Held while the source is called. Taken before mutex_.
  std::mutex source_mutex_;
  partition_source* source_ = nullptr;

  mutable counter damaged_records_, damaged_points_, read_again_bytes_, read_again_runs_;
  counter read_frames_, read_points_, read_bytes_, gone_records_, discarded_points_;
};

}  // namespace weir
