// SPDX-License-Identifier: Apache-2.0
//
// What a sink keeps of one partition in Kafka: the way to its topics, and who may write. It is of
// one owner: from when a member of the sink's group was given the partition until it lets go of it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kafka/client.hpp"
#include "kafka/producer_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "sinks/kafka/state_records.hpp"

namespace weir {

/// The producer of all that sinks keep. One that failed for good is made anew. Thread-safe.
class state_producer {
 public:
  [[nodiscard]] static result<std::unique_ptr<state_producer>> make(kafka_producer_options options);

  [[nodiscard]] std::shared_ptr<kafka_producer> get();

  /// Stores all of them, in their order, and waits for it, as long as delivery_timeout.
  [[nodiscard]] outcome store(const std::string& topic, std::int32_t partition,
                              const std::vector<state_record>& records);
  /// Sends them and does not wait. Some may get lost.
  void send(const std::string& topic, std::int32_t partition,
            const std::vector<state_record>& records);

 private:
  explicit state_producer(kafka_producer_options options) : options_(std::move(options)) {}

  const kafka_producer_options options_;
  std::mutex lock_;
  std::shared_ptr<kafka_producer> current_;
};

/// Reads a partition of a topic from `from` to where it ended at the call, and hands each record to
/// `visit`. Fails when the brokers do, or not all of it came within `at_most`; `from` is where to
/// go on.
[[nodiscard]] outcome scan_partition(const kafka_client_options& client, const kafka_topics& topics,
                                     const std::string& topic, std::int32_t partition,
                                     std::int64_t& from, std::chrono::milliseconds at_most,
                                     const std::function<void(kafka_record&&)>& visit);

struct kept_partition_options {
  std::string sink;
  std::int32_t partition = 0;
  kafka_client_options client;
  std::string state_topic;
  std::string parked_topic;
  /// Both must outlive it.
  state_producer& producer;
  const kafka_topics& topics;
  /// Commits the group's offset. Any thread.
  std::function<outcome(std::int64_t offset)> commit;
  std::chrono::milliseconds at_most{5'000};
};

class kept_partition {
 public:
  /// `epoch_least`: the wall clock, say, so that owners who do not know of each other differ.
  explicit kept_partition(kept_partition_options options, std::uint64_t epoch_least)
      : options_(std::move(options)), epoch_(epoch_least) {}

  /// Finds what earlier owners have kept. First of all.
  [[nodiscard]] outcome read();
  /// A book as it is kept now.
  [[nodiscard]] result<std::optional<std::string>> book(const std::string& name);

  /// Another member has the partition: nothing is kept any more. Any thread.
  void lose() noexcept { lost_.store(true); }
  [[nodiscard]] bool lost() const noexcept { return lost_.load(); }
  [[nodiscard]] outcome commit(std::int64_t offset) const { return options_.commit(offset); }
  [[nodiscard]] const kept_partition_options& options() const noexcept { return options_; }

  /// Of one book: the thread of its sink alone.
  [[nodiscard]] outcome replace(const std::string& name, std::string_view bytes);
  [[nodiscard]] outcome append(const std::string& name, std::string_view bytes);

 private:
  [[nodiscard]] state_writer& writer_of(const std::string& name);
  [[nodiscard]] outcome may_write() const;

  const kept_partition_options options_;
  std::uint64_t epoch_;
  std::atomic<bool> lost_{false};
  /// Of what earlier owners kept; and whether it is still all there is.
  std::unique_ptr<state_reader> before_;
  std::atomic<bool> written_{false};
  std::mutex lock_;
  std::map<std::string, std::unique_ptr<state_writer>> writers_;
};

}  // namespace weir
