// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline does by service.roles, and what it knows of the topic where the log is in Kafka.
#include "server/log/configured_topic.hpp"
#include "server/pipeline_state.hpp"

namespace weir {

std::vector<sink_settings> sinks_here(const settings& configuration) {
  return has_role(configuration, "sinks") ? configuration.sinks : std::vector<sink_settings>{};
}

outcome pipeline::state::watch_topic() {
  auto opened = watch_configured_topic(configured->log.kafka);
  if (!opened) {
    return opened.error();
  }
  topic = std::move(opened).value();
  topic->start();
  return nothing{};
}

health_duties pipeline::state::duties() const {
  health_duties made{.takes_writes = has_role(*configured, "intake"),
                     .delivers = has_role(*configured, "sinks")};
  if (topic != nullptr) {
    made.cluster = [this] { return topic->standing(); };
  }
  if (fleet != nullptr) {
    made.shared = [this] {
      const outcome standing = fleet->topic->standing();
      return shared_standing{.topic = fleet->topic->name(),
                             .fault = standing ? std::string{} : standing.error().message};
    };
  }
  return made;
}

}  // namespace weir
