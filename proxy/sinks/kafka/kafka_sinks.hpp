// SPDX-License-Identifier: Apache-2.0
//
// The sinks of a process whose log is a topic of Kafka. Each configured sink is a consumer group,
// of which this process is a member; on each partition that it is given there is a sink with
// everything that belongs to one: a thread, lanes, a cursor, a parking place.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kafka/client.hpp"
#include "log/open_log.hpp"
#include "sinks/sink_set.hpp"

namespace weir {

struct kafka_sinks_options {
  kafka_client_options client;
  /// Of the frames.
  std::string topic;
  std::uint32_t shards = 1;
  /// Which log a partition is (kafka_topics_found::identity).
  std::function<std::uint32_t(std::int32_t partition)> identity;
  append_promise promise = append_promise::written;
  /// Groups are called GROUP-SINK.
  std::string group = "weir";
  std::chrono::milliseconds commit_interval{1'000};
  std::chrono::milliseconds produce_timeout{5'000};
  std::uint64_t read_ahead = std::uint64_t{64} << 20;
  /// Pays for what is read ahead. Must outlive the set.
  memory_budget& frames;
  /// Of the largest record that holds a frame.
  std::uint32_t record_bytes_max = std::uint32_t{2} << 20;
  /// How long this process may be silent before its partitions go to others.
  std::chrono::milliseconds session_timeout{10'000};
  /// Where the partitions ended when this database was dropped last, if that was at this time
  /// (milliseconds) or later. Any thread; may be empty.
  std::function<std::optional<std::map<std::int32_t, std::int64_t>>(std::string_view database,
                                                                    std::uint64_t since_ms)>
      ends_of_drop = {};
  /// Databases that were dropped at this sink's server, and where this partition ended then. On the
  /// group's thread; may be empty.
  std::function<std::vector<std::pair<std::string, std::int64_t>>(std::string_view sink,
                                                                  std::int32_t partition)>
      dropped_before = {};
};

/// `environment.log` is the half of the log that is written; its sinks' logs are made here.
[[nodiscard]] result<std::unique_ptr<sink_set>> start_kafka_sinks(
    const std::vector<sink_settings>& settings, sink_environment environment,
    kafka_sinks_options options);

}  // namespace weir
