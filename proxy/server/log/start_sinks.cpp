// SPDX-License-Identifier: Apache-2.0
#include "server/log/start_sinks.hpp"

#include <utility>

#include "log/kafka/kafka_log.hpp"
#include "server/log/configured_topic.hpp"
#include "server/log/open_log.hpp"
#include "sinks/kafka/kafka_sinks.hpp"

namespace weir {

result<std::unique_ptr<sink_set>> start_configured_sinks(const settings& configured,
                                                         const std::vector<sink_settings>& sinks,
                                                         sink_environment environment,
                                                         memory_budget& frames, heard_drops drops) {
  const auto* const topic = dynamic_cast<const kafka_log*>(&environment.log);
  if (topic == nullptr) {
    return start_sinks(sinks, std::move(environment));
  }
  const kafka_settings& kafka = configured.log.kafka;
  kafka_sinks_options options{
      .client = kafka_client_of(kafka, "sinks"),
      .topic = kafka.topic,
      .shards = topic->topics().shards,
      .identity =
          [found = topic->topics(), name = kafka.topic](std::int32_t partition) {
            return found.identity(name, static_cast<std::uint32_t>(partition));
          },
      .promise = configured.log.acknowledge == acknowledge_mode::synced ? append_promise::synced
                                                                        : append_promise::written,
      .group = kafka.group,
      .commit_interval = kafka.commit_interval,
      .produce_timeout = kafka.produce_timeout,
      .read_ahead = kafka.read_ahead,
      .frames = frames,
      .record_bytes_max = record_bytes_of(configured.limits.line),
      .ends_of_drop = std::move(drops.ends_of),
      .dropped_before = std::move(drops.before)};
  return start_kafka_sinks(sinks, std::move(environment), std::move(options));
}

}  // namespace weir
