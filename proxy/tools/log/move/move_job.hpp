// SPDX-License-Identifier: Apache-2.0
//
// What `weir log move` works on: a local log that nobody uses, with what its sinks keep beside it,
// and a topic in Kafka.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "files/file_system.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "log/kafka/kafka_topics.hpp"
#include "sinks/kafka/kept_partition_posix.hpp"
#include "sinks/parking/parking.hpp"
#include "sinks/state/cursor.hpp"
#include "tools/log/log_command.hpp"

namespace weir {

struct move_job {
  const log_arguments& given;
  /// `log.directory` is that of the local log.
  const settings& configured;
  const configuration_place& place;
};

int move_to_kafka(const move_job& job);
int move_to_local(const move_job& job);

/// The directories of the local log and of what is beside it, locked as a weir that runs there has
/// them.
struct locked_directories {
  std::string log;
  std::string state;
  directory_lock of_state;
  directory_lock of_log;

  /// Where an entry of the state is (files/state_directory_posix.hpp).
  [[nodiscard]] std::string entry(std::string_view name) const;
};
[[nodiscard]] result<locked_directories> lock_directories(const settings& configured);

/// The topic with all that is beside it.
struct prepared_topic {
  std::string name;
  kafka_client_options client;
  std::unique_ptr<kafka_topics> cluster;
  kafka_topics_found found;
  std::unique_ptr<state_producer> states;
  /// Of the largest frame.
  std::uint32_t record_bytes = 0;
};
/// Made where it is missing.
[[nodiscard]] result<prepared_topic> prepare_topic(const settings& configured);
/// It has to be there.
[[nodiscard]] result<prepared_topic> find_topic(const settings& configured);

/// Of each partition.
[[nodiscard]] result<std::vector<kafka_offsets>> offsets_of(const prepared_topic& topic);

/// A sink's consumer group.
class sink_group {
 public:
  [[nodiscard]] static result<sink_group> open(const prepared_topic& topic,
                                               const settings& configured, std::string sink);

  /// Fails where a weir that delivers to the sink runs: the brokers tell by whom they take offsets.
  [[nodiscard]] outcome check_that_nobody_runs() const;
  [[nodiscard]] result<std::optional<kafka_topics::committed_offset>> committed(
      std::uint32_t partition) const;
  /// What a weir of that group would go on with; its book must have been kept before.
  [[nodiscard]] outcome commit(std::uint32_t partition, log_position at) const;

 private:
  sink_group(const prepared_topic& topic, std::string name)
      : topic_(&topic), name_(std::move(name)) {}

  const prepared_topic* topic_;
  std::string name_;
  std::shared_ptr<kafka_topics> members_;
};

/// Whether its settings say that it takes points of these.
[[nodiscard]] bool sink_wants(const sink_settings& sink, const lane_key& lane);

/// ", but 3 points that it still needed were not there any more"; empty: none.
[[nodiscard]] std::string words_of_lost(std::uint64_t points);

/// What a sink keeps of one partition. The topic must outlive it.
[[nodiscard]] std::shared_ptr<kept_partition> keep_partition(prepared_topic& topic,
                                                             const std::string& sink,
                                                             std::uint32_t partition);

/// A lane that has parked frames.
struct parked_lane {
  lane_key lane;
  log_position first;
};
/// Those that are pending, of a sink with this cursor on a log that begins at `log_first`.
[[nodiscard]] result<std::vector<parked_lane>> find_parked(parking& place,
                                                           const cursor_state& cursor,
                                                           log_position log_first);

/// Where a sink's parked frames are.
struct parked_place {
  std::unique_ptr<parking> place;
  std::vector<parked_lane> lanes;
};
/// Shows each frame that is parked anywhere below `end` once, the frames of each lane in their
/// order.
[[nodiscard]] outcome each_parked(const std::vector<parked_place*>& places, log_position end,
                                  const std::function<outcome(const frame& one)>& visit);

}  // namespace weir
