// SPDX-License-Identifier: Apache-2.0
//
// What `weir log move` works on: a local log that nobody uses, with what its sinks keep beside it,
// and a topic in Kafka.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "files/file_system.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "log/kafka/kafka_topics.hpp"
#include "tools/log/log_command.hpp"

namespace weir {

struct move_job {
  const log_arguments& given;
  /// `log.directory` is that of the local log.
  const settings& configured;
};

int move_to_kafka(const move_job& job);

/// The directories of the local log and of what is beside it, locked as a weir that runs there has
/// them.
struct locked_directories {
  std::string log;
  std::string state;
  directory_lock of_state;
  directory_lock of_log;
};
[[nodiscard]] result<locked_directories> lock_directories(const settings& configured);

/// The topic with all that is beside it, made where it is missing.
struct prepared_topic {
  std::string name;
  kafka_client_options client;
  std::unique_ptr<kafka_topics> cluster;
  kafka_topics_found found;
};
[[nodiscard]] result<prepared_topic> prepare_topic(const settings& configured);

/// Sets the offset of a sink's group; empty, or why not.
[[nodiscard]] std::string commit_offset(const prepared_topic& topic, const settings& configured,
                                        const std::string& sink, std::uint32_t partition,
                                        std::int64_t offset, const std::string& metadata);

}  // namespace weir
