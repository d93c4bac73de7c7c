// SPDX-License-Identifier: Apache-2.0
//
// The part of a pipeline that other weirs of its log know as well: where the log is a topic of
// Kafka, types of fields and databases are shared over another one (docs/log_kafka.md).
#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "kafka/topics_rdkafka.hpp"
#include "log/kafka/kafka_topics.hpp"
#include "server/log/configured_topic.hpp"
#include "server/pipeline_state.hpp"

namespace weir {
namespace {

using partition_ends = drop_book::partition_ends;

constexpr std::chrono::milliseconds ends_wait{5'000};

/// With a client of its own: it is seldom asked.
result<partition_ends> ends_of(const kafka_settings& kafka) {
  const auto made = kafka_topics::make(kafka_client_of(kafka, "ends"));
  if (!made) {
    return made.error();
  }
  const kafka_topics& topics = *made.value();
  const std::string& topic = kafka.topic;
  // It asks brokers that are away for no longer than it may.
  const auto found = topics.describe(topic, ends_wait);
  if (!found) {
    return found.error();
  }
  partition_ends ends;
  const std::uint32_t count = found.value() ? found.value()->partitions : 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto partition = static_cast<std::int32_t>(i);
    const auto offsets = topics.offsets(topic, partition, ends_wait);
    if (!offsets) {
      return offsets.error();
    }
    ends[partition] = offsets.value().end;
  }
  return ends;
}

}  // namespace

/// What waits of it in partitions that are here is given up now, of others when they come.
void pipeline::state::heard_dropped(const dropped_news& news) {
  const bool is_old = news.is_old || !fleet->serves.load();
  const auto at_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, news.at_ms));
  fleet->dropped.note(news.database, news.ends, at_ms);
  created->heard(news.database, database_news::dropped, is_old);
  if (is_old || news.ends.empty()) {
    return;
  }
  const std::string name(news.database);
  for (const std::string& sink : catalogue->servers_of(name)) {
    static_cast<void>(sinks->when_idle(sink, name, log_position(at_ms), [] {}));
  }
}

heard_drops pipeline::state::drops() const {
  if (fleet == nullptr) {
    return {};
  }
  return {.ends_of = [book = &fleet->dropped](
                         std::string_view database,
                         std::uint64_t since_ms) { return book->since(database, since_ms); },
          .before =
              [this](std::string_view sink, std::int32_t partition) {
                auto out = fleet->dropped.before(partition);
                std::erase_if(out, [&](const auto& each) {
                  const std::vector<std::string> at = catalogue->servers_of(each.first);
                  return std::find(at.begin(), at.end(), sink) == at.end();
                });
                return out;
              }};
}

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
                     .dropped = [this](const dropped_news& news) { heard_dropped(news); }});
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
      case database_news::dropped: {
        // Before the client is told: what was acknowledged until now is given up.
        auto ends =
            catalogue->administered(name) ? ends_of(configured->log.kafka) : partition_ends{};
        if (ends) {
          fleet->topic->drop_database(name, ends.value(), std::move(done));
        } else {
          done(ends.error());
        }
        break;
      }
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
