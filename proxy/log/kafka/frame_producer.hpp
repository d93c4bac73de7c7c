// SPDX-License-Identifier: Apache-2.0
//
// Appends frames to the partitions of a topic, and says of each append when Kafka has all of its
// frames: the tickets, the bound on what waits, and what the last reports let expect. Any thread
// appends; the producer's thread settles, and a thread of its own looks after the topic and fails
// what Kafka does not confirm in time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/memory_budget.hpp"
#include "kafka/producer_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "log/frame_log.hpp"
#include "log/kafka/frame_batch.hpp"
#include "log/kafka/partition_queue.hpp"
#include "log/local/append_rate.hpp"
#include "log/open_log.hpp"
#include "log/subscribers.hpp"

namespace weir {

struct frame_producer_options {
  kafka_client_options client;
  std::string topic;
  /// Partitions of the topic.
  std::uint32_t shards = 1;
  /// In-sync replicas without which the brokers take nothing.
  std::uint32_t in_sync_least = 1;
  append_promise promise = append_promise::written;
  /// What Kafka has not confirmed so long after its append has failed. Under `received` it is tried
  /// for ever.
  std::chrono::milliseconds produce_timeout{5'000};
  std::uint32_t record_bytes_max = std::uint32_t{2} << 20;
  /// Of frames that wait for Kafka, with what memory they take.
  std::uint64_t waiting_bytes_max = std::uint64_t{64} << 20;
  /// Pays for them. Must outlive the producer.
  memory_budget& frames;
  /// Nanoseconds that only ascend. Any thread.
  std::function<std::int64_t()> steady_ns = [] { return steady_now().ns; };
  /// Between two looks at the topic: while something is wrong, and while all is well.
  std::chrono::milliseconds look_again{1'000};
  std::chrono::milliseconds look{15'000};
  /// As many as the topic says that a record may have; 0: the brokers do not tell.
  std::uint64_t record_bytes = 0;
  /// Told when the topic says otherwise, on the producer's own thread. May be empty.
  std::function<void(std::uint64_t)> on_record_bytes = {};
};

class frame_producer {
 public:
  /// Called for each frame that Kafka has stored, before its ticket is settled; its position is set
  /// then. On the producer's thread, in order within a partition; must not call the producer.
  using stored = std::function<void(const std::shared_ptr<frame>&)>;

  [[nodiscard]] static result<std::unique_ptr<frame_producer>> make(frame_producer_options options,
                                                                    stored on_stored = {});
  ~frame_producer();
  frame_producer(const frame_producer&) = delete;
  frame_producer& operator=(const frame_producer&) = delete;

  /// All frames or none wait for Kafka when it returns; each goes to `partition`, or to that of its
  /// shard. `pending` under `written` and `synced`, `taken` under `received`. Any thread.
  [[nodiscard]] append_result append(std::span<const std::shared_ptr<frame>> frames,
                                     std::optional<std::uint32_t> partition = std::nullopt);
  /// As frame_log says it. Any thread.
  [[nodiscard]] append_result outlook() const;
  [[nodiscard]] std::size_t watch(std::function<void()> wake);
  void unwatch(std::size_t watcher);
  void collect(metric_collector& out) const;
  /// Bytes of frames that wait for Kafka.
  [[nodiscard]] std::uint64_t waiting_bytes() const noexcept {
    return waiting_bytes_.load(std::memory_order_relaxed);
  }
  /// Takes no more; waits for what waits, as long as produce_timeout. Fails when frames that were
  /// answered `taken` are lost by it.
  outcome close();

 private:
  using batch_ptr = std::shared_ptr<frame_batch>;
  struct partition_state {
    /// Held while the client is given frames, so that they keep their order. Taken before
    /// state_mutex_, and no other lock.
    std::mutex lock;
    partition_queue queue;
    counter frames, points, bytes, failed;
  };
  /// A frame that will not reach Kafka.
  struct given_up {
    queued_frame which;
    std::string why;
  };

  frame_producer(frame_producer_options options, stored on_stored);
  [[nodiscard]] bool promises() const noexcept {
    return options_.promise != append_promise::received;
  }
  [[nodiscard]] result<std::shared_ptr<kafka_producer>> make_producer() const;
  [[nodiscard]] append_result refuse_as_full(std::size_t bytes, std::string why);
  [[nodiscard]] append_result queue(const batch_ptr& all);
  void hand_over(std::uint32_t number, partition_state& to, std::vector<given_up>& failed);
  [[nodiscard]] kafka_queue_result produce(kafka_producer& by, const queued_frame& one,
                                           std::uint32_t number);
  void report(const queued_frame& one, std::uint32_t number, const kafka_delivery& delivery);
  void give_up(const std::vector<given_up>& failed);
  void done(const batch_ptr& all);
  void settle(frame_batch& one);
  [[nodiscard]] std::string words_for(std::uint32_t partition,
                                      const kafka_delivery& delivery) const;
  [[nodiscard]] std::string words_for_late() const;
  void note_failure(const std::string& why);
  void note_success();
  void run();
  void hand_over_waiting();
  void expire(std::int64_t now_ns);
  void expire_queued(std::int64_t before_ns);
  void look_at_topic(const kafka_topics& cluster);
  void look_at_record_bytes(const kafka_topics& cluster);
  void renew_producer();
  void give_up_waiting();

  const frame_producer_options options_;
  const stored on_stored_;
  std::atomic<std::uint64_t> waiting_bytes_{0};
  /// Why the last report or look says that appends fail. Guarded by state_mutex_, read far oftener
  /// than written.
  std::atomic<bool> has_failed_{false};
  std::vector<partition_state> partitions_;
  /// In queues of partitions.
  std::atomic<std::uint64_t> queued_{0};
  /// The client gets nothing any more.
  std::atomic<bool> ending_{false};
  wake_list watchers_;
  std::atomic<std::size_t> watchers_made_{0};

  /// Taken before no other lock.
  mutable std::mutex mutex_;
  /// Appends in their order, from the first one that is not finished.
  std::deque<batch_ptr> appends_;
  std::uint64_t unfinished_ = 0;
  std::condition_variable finished_;
  append_rate rate_;
  seconds_histogram latency_;
  bool closed_ = false;

  mutable std::mutex state_mutex_;
  std::condition_variable state_changed_;
  std::shared_ptr<kafka_producer> producer_;
  std::vector<std::shared_ptr<kafka_producer>> retired_;
  std::string failed_why_;
  std::uint32_t bad_looks_ = 0;
  bool stopping_ = false;
  std::uint64_t record_bytes_ = 0;   // the own thread's
  std::uint64_t refused_bytes_ = 0;  // of the last append that did not fit; 0: it did

  counter appended_frames_, appended_points_, appended_bytes_, full_, failed_, lost_points_;
  counter refused_records_, renewed_;
  std::thread thread_;
};

}  // namespace weir
