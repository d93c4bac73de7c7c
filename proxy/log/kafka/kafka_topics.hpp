// SPDX-License-Identifier: Apache-2.0
//
// The topics of a log in Kafka: their names, and how those that are missing are made and those that
// are there are checked, when a weir starts. Waits for the brokers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kafka/client.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "log/open_log.hpp"

namespace weir {

/// Of what sinks keep of each partition.
[[nodiscard]] inline std::string kafka_state_topic(const std::string& topic) {
  return topic + "-state";
}
/// Of frames of lanes that cannot be delivered.
[[nodiscard]] inline std::string kafka_parked_topic(const std::string& topic) {
  return topic + "-parked";
}
/// Of what intakes share.
[[nodiscard]] inline std::string kafka_shared_topic(const std::string& topic) {
  return topic + "-shared";
}

/// A setting of a topic as a number; nothing: it is none, or was not told.
[[nodiscard]] std::optional<std::uint64_t> number_in(const std::optional<std::string>& setting);

/// Of the largest record that there can be: a frame is full at `frame_bytes`, and the line that
/// fills it may be as long as any.
[[nodiscard]] std::uint32_t kafka_record_bytes(std::uint64_t frame_bytes,
                                               std::uint64_t line_bytes) noexcept;

struct kafka_topics_wanted {
  std::string topic = "weir";
  /// Partitions of `topic`. 0: as many as it has.
  std::uint32_t shards = 0;
  /// Of topics that are made. 0: the brokers' default.
  std::uint32_t replication = 0;
  append_promise promise = append_promise::written;
  /// Of frames in a topic that is made; 0: the brokers' default.
  std::chrono::milliseconds retention{0};
  /// Of the largest record that will be written.
  std::uint32_t record_bytes_max = std::uint32_t{2} << 20;
  /// A topic that takes fewer is of no use. 0: whatever it takes.
  std::uint32_t record_bytes_least = 0;
  /// So long the brokers are waited for.
  std::chrono::milliseconds at_most{5'000};
  /// "log.brokers", for messages.
  std::string brokers;
};

/// What was found, or made.
struct kafka_topics_found {
  std::uint32_t shards = 0;
  std::uint32_t replicas = 0;
  /// What `min.insync.replicas` says; 0: the brokers do not tell.
  std::uint32_t in_sync_least = 0;
  /// What `max.message.bytes` says; 0: the brokers do not tell.
  std::uint64_t record_bytes = 0;
  std::string cluster_id;
  /// Names of topics that were made.
  std::vector<std::string> made;
  /// For the journal, a sentence each.
  std::vector<std::string> warnings;

  /// Which log a partition is: the same as long as cluster, topic and partition are. Never 0.
  [[nodiscard]] std::uint32_t identity(const std::string& topic, std::uint32_t partition) const;
};

/// Makes what is missing, and fails with what is wrong and what to do about it.
[[nodiscard]] result<kafka_topics_found> prepare_kafka_topics(const kafka_topics& cluster,
                                                              const kafka_topics_wanted& wanted);

}  // namespace weir
