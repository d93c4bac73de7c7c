// SPDX-License-Identifier: Apache-2.0
//
// The part of a pipeline that other weirs of its log know as well: where the log is a topic of
// Kafka, types of fields and databases are shared over another one (docs/log_kafka.md).
#include <chrono>
#include <random>
#include <utility>

#include "log/kafka/kafka_topics.hpp"
#include "server/log/configured_topic.hpp"
#include "server/pipeline_state.hpp"

namespace weir {

outcome pipeline::state::open_fleet() {
  if (configured->log.type != log_type::kafka) {
    return nothing{};
  }
  std::random_device random;
  const auto idle_s =
      std::chrono::duration_cast<std::chrono::seconds>(configured->limits.series_idle);
  fleet = std::make_unique<fleet_part>(
      shared_series::options{.process = std::uint64_t{random()} << 32 | random(),
                             .idle_s = static_cast<std::uint32_t>(idle_s.count()),
                             .wall_ns = wall_ns()},
      remembered, has_role(*configured, "intake"));
  fleet->state.tell({.created =
                         [this](std::string_view name) {
                           created->heard(name, database_news::created, /*is_old=*/false);
                         },
                     .taken_back =
                         [this](std::string_view name) {
                           created->heard(name, database_news::taken_back, /*is_old=*/false);
                         },
                     .dropped =
                         [this](std::string_view name, bool is_old) {
                           created->heard(name, database_news::dropped,
                                          is_old || !fleet->serves.load());
                         }});
  const kafka_settings& kafka = configured->log.kafka;
  auto opened = shared_topic::open({.client = kafka_client_of(kafka, "shared"),
                                    .topic = kafka_shared_topic(kafka.topic),
                                    .replication = kafka.replication,
                                    .produce_timeout = kafka.produce_timeout},
                                   fleet->claims, fleet->state);
  if (!opened) {
    return opened.error();
  }
  fleet->topic = std::move(opened).value();
  created->share_by([this](std::string_view name, database_news what, stored_catalogue::told done) {
    switch (what) {
      case database_news::created:
        fleet->topic->create_database(name, std::move(done));
        break;
      case database_news::dropped:
        fleet->topic->drop_database(name, std::move(done));
        break;
      case database_news::taken_back:
        fleet->topic->take_back_database(name, std::move(done));
        break;
    }
  });
  return nothing{};
}

void pipeline::state::stop_fleet() {
  if (fleet != nullptr && fleet->topic != nullptr) {
    fleet->serves.store(false);
    fleet->topic->stop();
  }
}

}  // namespace weir
