// SPDX-License-Identifier: Apache-2.0
//
// What a cluster has: topics, their partitions, settings and offsets; and how topics are made. Each
// call waits for the brokers' answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "kafka/client.hpp"

namespace weir {

struct kafka_topic_facts {
  std::uint32_t partitions = 0;
  /// Of the partition that has fewest.
  std::uint32_t replicas = 0;
  /// In-sync replicas of the partition that has fewest.
  std::uint32_t in_sync = 0;
  /// Partitions without a leader: nothing can be written to them now.
  std::uint32_t leaderless = 0;
};

struct kafka_new_topic {
  std::string name;
  std::uint32_t partitions = 1;
  /// 0: the brokers' default.
  std::uint32_t replication = 0;
  /// Name and value, as "cleanup.policy", "compact".
  std::vector<std::pair<std::string, std::string>> settings = {};
};

class kafka_topics {
 public:
  /// `group`: whose committed offsets `committed` and `commit` are about; may be empty.
  [[nodiscard]] static result<std::unique_ptr<kafka_topics>> make(
      const kafka_client_options& client, const std::string& group = {});
  ~kafka_topics();
  kafka_topics(const kafka_topics&) = delete;
  kafka_topics& operator=(const kafka_topics&) = delete;

  using wait = std::chrono::milliseconds;

  /// Nothing: there is no such topic.
  [[nodiscard]] result<std::optional<kafka_topic_facts>> describe(const std::string& topic,
                                                                  wait at_most) const;
  /// True: it was made; false: another one made it first.
  [[nodiscard]] result<bool> create(const kafka_new_topic& wanted, wait at_most) const;
  /// A setting of the topic as it is in force, as "min.insync.replicas". Nothing: the brokers do
  /// not tell (or are a mock cluster).
  [[nodiscard]] result<std::optional<std::string>> setting(const std::string& topic,
                                                           const std::string& name,
                                                           wait at_most) const;
  [[nodiscard]] result<kafka_offsets> offsets(const std::string& topic, std::int32_t partition,
                                              wait at_most) const;
  /// Of the first record of that time (milliseconds since the epoch) or later; the end, where there
  /// is none.
  [[nodiscard]] result<std::int64_t> offset_at(const std::string& topic, std::int32_t partition,
                                               std::int64_t time_ms, wait at_most) const;
  struct committed_offset {
    std::int64_t offset = 0;
    std::string metadata;
  };
  /// Of the group. Nothing: it has committed none.
  [[nodiscard]] result<std::optional<committed_offset>> committed(const std::string& topic,
                                                                  std::int32_t partition,
                                                                  wait at_most) const;
  /// Sets the group's offset of a partition. Fails where the group has members: the brokers take it
  /// from those alone.
  [[nodiscard]] outcome commit(const std::string& topic, std::int32_t partition,
                               std::int64_t offset, const std::string& metadata) const;
  /// Names the cluster; empty where the brokers do not tell within the time.
  [[nodiscard]] std::string cluster_id(wait at_most) const;

 private:
  struct state;
  explicit kafka_topics(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace weir
