// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "files/state_directory_posix.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/topic/topic_log.hpp"

namespace weir {
namespace {

append_promise promise_of(acknowledge_mode mode) {
  return mode == acknowledge_mode::synced ? append_promise::synced : append_promise::written;
}

}  // namespace

result<locked_directories> lock_directories(const settings& configured) {
  locked_directories out{.log = configured.log.directory,
                         .state = configured.service.state_directory.empty()
                                      ? configured.log.directory
                                      : configured.service.state_directory,
                         .of_state = {},
                         .of_log = {}};
  if (const std::string why = lock_state(out.state, out.log, out.of_state, out.of_log);
      !why.empty()) {
    return failure{"a weir must not run while its log is moved: " + why};
  }
  return out;
}

result<prepared_topic> prepare_topic(const settings& configured) {
  const kafka_settings& kafka = configured.log.kafka;
  if (kafka.brokers.empty()) {
    return failure{
        "log.brokers names none: write some of the cluster's, as in brokers = "
        "[\"kafka-1:9092\"]; log.type may be what it is"};
  }
  prepared_topic out{
      .name = kafka.topic, .client = kafka_client_of(configured), .cluster = nullptr, .found = {}};
  auto cluster = kafka_topics::make(out.client);
  if (!cluster) {
    return cluster.error();
  }
  out.cluster = std::move(cluster).value();
  auto found = prepare_kafka_topics(*out.cluster,
                                    {.topic = kafka.topic,
                                     .shards = kafka.shards,
                                     .replication = kafka.replication,
                                     .promise = promise_of(configured.log.acknowledge),
                                     .at_most = brokers_wait,
                                     .brokers = fmt::format("{}", fmt::join(kafka.brokers, ", "))});
  if (!found) {
    return found.error();
  }
  out.found = std::move(found).value();
  return out;
}

std::string commit_offset(const prepared_topic& topic, const settings& configured,
                          const std::string& sink, std::uint32_t partition, std::int64_t offset,
                          const std::string& metadata) {
  const std::string group = configured.log.kafka.group + "-" + sink;
  const auto members = kafka_topics::make(topic.client, group);
  if (!members) {
    return members.error().message;
  }
  const outcome done =
      members.value()->commit(topic.name, static_cast<std::int32_t>(partition), offset, metadata);
  return done ? std::string{} : fmt::format("group {}: {}", group, done.error().message);
}

}  // namespace weir
