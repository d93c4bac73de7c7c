// SPDX-License-Identifier: Apache-2.0
#include "server/log/configured_topic.hpp"

#include <fmt/format.h>

#include <utility>

#include "kafka/topics_rdkafka.hpp"

namespace weir {
namespace {

// Of one question; as often as it is asked, so that no two wait for each other.
constexpr std::chrono::milliseconds answer_wait{5'000};

}  // namespace

kafka_client_options kafka_client_of(const kafka_settings& settings, std::string_view part) {
  return {.brokers = settings.brokers,
          .properties = settings.client,
          .name = fmt::format("weir-{}", part)};
}

result<std::unique_ptr<topic_watch>> watch_configured_topic(const kafka_settings& settings) {
  auto made = kafka_topics::make(kafka_client_of(settings, "watch"));
  if (!made) {
    return made.error();
  }
  const std::shared_ptr<kafka_topics> topics = std::move(made).value();
  const auto ask = [topics](cluster_standing& known) -> outcome {
    const auto facts = topics->describe(known.topic, answer_wait);
    if (!facts) {
      return facts.error();
    }
    if (!facts.value()) {
      return failure{fmt::format("there is no topic {} any more", known.topic)};
    }
    known.partitions = facts.value()->partitions;
    known.replicas = facts.value()->replicas;
    known.leaderless = facts.value()->leaderless;
    return nothing{};
  };
  return std::make_unique<topic_watch>(
      topic_watch_options{.topic = settings.topic, .brokers = settings.brokers, .ask = ask});
}

}  // namespace weir
