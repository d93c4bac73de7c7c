// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/kafka_topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <thread>

#include "base/fnv1a.hpp"

namespace weir {
namespace {

constexpr std::uint32_t in_sync_for_synced = 2;

kafka_new_topic topic_of_frames(const kafka_topics_wanted& wanted) {
  kafka_new_topic made{
      .name = wanted.topic,
      .partitions = wanted.shards,
      .replication = wanted.replication,
      .settings = {{"cleanup.policy", "delete"},
                   {"message.timestamp.type", "CreateTime"},
                   {"max.message.bytes", std::to_string(wanted.record_bytes_max)}}};
  if (wanted.retention.count() > 0) {
    made.settings.emplace_back("retention.ms", std::to_string(wanted.retention.count()));
  }
  if (wanted.promise == append_promise::synced) {
    made.settings.emplace_back("min.insync.replicas", std::to_string(in_sync_for_synced));
  }
  return made;
}

/// Kafka compacts what is not in the segment that it writes, and whoever takes a partition over
/// reads what is left: so segments are short, in bytes and in time. (A record fits in one.)
kafka_new_topic compacted_topic(const std::string& name, std::uint32_t partitions,
                                const kafka_topics_wanted& wanted) {
  constexpr std::uint64_t segment_bytes = std::uint64_t{16} << 20;
  constexpr std::uint64_t records_a_segment = 4;
  const std::uint64_t segment =
      std::clamp<std::uint64_t>(records_a_segment * wanted.record_bytes_max, segment_bytes,
                                std::numeric_limits<std::int32_t>::max());
  kafka_new_topic made{
      .name = name,
      .partitions = partitions,
      .replication = wanted.replication,
      .settings = {{"cleanup.policy", "compact"},
                   {"segment.bytes", std::to_string(segment)},
                   {"segment.ms", "3600000"},
                   {"min.cleanable.dirty.ratio", "0.2"},
                   {"max.message.bytes", std::to_string(wanted.record_bytes_max)}}};
  if (wanted.promise == append_promise::synced) {
    made.settings.emplace_back("min.insync.replicas", std::to_string(in_sync_for_synced));
  }
  return made;
}

/// One start: the brokers, what is wanted, and what was found.
class preparation {
 public:
  preparation(const kafka_topics& cluster, const kafka_topics_wanted& wanted)
      : cluster_(cluster), wanted_(wanted) {}

  result<kafka_topics_found> run() {
    if (auto done = frames(); !done) {
      return done.error();
    }
    if (auto done = replicas(); !done) {
      return done.error();
    }
    for (const auto& [name, partitions] :
         {std::pair{kafka_state_topic(wanted_.topic), found_.shards},
          std::pair{kafka_parked_topic(wanted_.topic), found_.shards},
          std::pair{kafka_shared_topic(wanted_.topic), 1U}}) {
      if (auto done = beside(name, partitions); !done) {
        return done.error();
      }
    }
    if (auto done = records(); !done) {
      return done.error();
    }
    check_policy();
    found_.cluster_id = cluster_.cluster_id(wanted_.at_most);
    return std::move(found_);
  }

 private:
  result<std::optional<kafka_topic_facts>> look(const std::string& topic) {
    auto facts = cluster_.describe(topic, wanted_.at_most);
    if (!facts) {
      return failure{fmt::format(
          "log.brokers = {}: no broker tells of topic {} within {} ms ({}); look whether they are "
          "up and reached from here, and whether log.client has what they ask for (TLS, SASL)",
          wanted_.brokers, topic, wanted_.at_most.count(), facts.error().message)};
    }
    return facts;
  }

  /// Nothing: the brokers do not tell. Those that do not answer are not asked again.
  std::optional<std::string> setting(const std::string& topic, const std::string& name) {
    constexpr std::chrono::milliseconds most{2'000};  // they have just answered something else
    if (!tells_settings_) {
      return std::nullopt;
    }
    auto told = cluster_.setting(topic, name, std::min(wanted_.at_most, most));
    tells_settings_ = told.ok();
    return told ? std::move(told).value() : std::nullopt;
  }

  outcome make(const kafka_new_topic& topic) {
    auto made = cluster_.create(topic, wanted_.at_most);
    if (!made) {
      return failure{fmt::format(
          "{}; make it by hand (docs/log_kafka.md has its settings), or let weir's user do so",
          made.error().message)};
    }
    if (made.value()) {
      found_.made.push_back(topic.name);
    }
    return nothing{};
  }

  outcome frames() {
    auto facts = look(wanted_.topic);
    if (!facts) {
      return facts.error();
    }
    if (!facts.value()) {
      if (wanted_.shards == 0) {
        return failure{fmt::format(
            "log.topic = \"{}\": there is no such topic, and log.shards does not say how many "
            "partitions it is to have: set it, as in shards = 12 (it cannot be changed later)",
            wanted_.topic)};
      }
      if (auto done = make(topic_of_frames(wanted_)); !done) {
        return done;
      }
      found_.shards = wanted_.shards;
      found_.replicas = replicas_of_new();
      return nothing{};
    }
    found_.shards = facts.value()->partitions;
    found_.replicas = facts.value()->replicas;
    if (wanted_.shards != 0 && wanted_.shards != found_.shards) {
      return failure{fmt::format(
          "log.shards = {}, and topic {} has {} partitions: a series would be in two of them. Set "
          "log.shards to {} in all weirs, or use another topic",
          wanted_.shards, wanted_.topic, found_.shards, found_.shards)};
    }
    return nothing{};
  }

  /// What was made is not known to all brokers at once. 0: not yet.
  std::uint32_t replicas_of_new() {
    constexpr int looks = 20;
    constexpr std::chrono::milliseconds rest{100};
    for (int i = 0; i < looks; ++i) {
      const auto facts = cluster_.describe(wanted_.topic, wanted_.at_most);
      if (facts && facts.value() && facts.value()->replicas > 0) {
        return facts.value()->replicas;
      }
      std::this_thread::sleep_for(rest);
    }
    return 0;
  }

  /// `synced` holds only where two replicas at least have what was acknowledged.
  outcome replicas() {
    const auto in_sync = number_in(setting(wanted_.topic, "min.insync.replicas"));
    found_.in_sync_least = static_cast<std::uint32_t>(in_sync.value_or(0));
    if (wanted_.promise != append_promise::synced) {
      if (in_sync.value_or(0) == 1 && wanted_.promise == append_promise::written &&
          found_.replicas > 1) {
        found_.warnings.push_back(
            fmt::format("topic {} has min.insync.replicas = 1: while all other replicas are "
                        "behind, a 204 means "
                        "that one machine has the points; set it to 2 for more",
                        wanted_.topic));
      }
      return nothing{};
    }
    if (found_.replicas == 1) {
      return failure{fmt::format(
          "log.acknowledge = \"synced\", and topic {} has one replica, whose loss would take what "
          "was acknowledged: give it three (of a topic that weir makes, log.replication says how "
          "many), or set log.acknowledge to \"written\"",
          wanted_.topic)};
    }
    if (!in_sync) {
      found_.warnings.push_back(
          fmt::format("log.acknowledge = \"synced\" needs min.insync.replicas of at least 2, and "
                      "the brokers do "
                      "not tell what topic {} has: look at it yourself",
                      wanted_.topic));
    } else if (*in_sync < in_sync_for_synced) {
      return failure{
          fmt::format("log.acknowledge = \"synced\", and topic {} has min.insync.replicas = {}: "
                      "what one replica "
                      "alone has is lost with it. Set it to 2 (kafka-configs.sh --alter --topic {} "
                      "--add-config "
                      "min.insync.replicas=2), or set log.acknowledge to \"written\"",
                      wanted_.topic, *in_sync, wanted_.topic)};
    }
    return nothing{};
  }

  outcome beside(const std::string& name, std::uint32_t partitions) {
    auto facts = look(name);
    if (!facts) {
      return facts.error();
    }
    if (!facts.value()) {
      return make(compacted_topic(name, partitions, wanted_));
    }
    if (facts.value()->partitions != partitions) {
      return failure{
          fmt::format("topic {} has {} partitions, and has to have {}: delete it, or use "
                      "another log.topic",
                      name, facts.value()->partitions, partitions)};
    }
    const auto policy = setting(name, "cleanup.policy");
    if (policy && policy->find("compact") == std::string::npos) {
      return failure{fmt::format(
          "topic {} has cleanup.policy = {}: Kafka would delete what weir keeps there. Set it to "
          "compact (kafka-configs.sh --alter --topic {} --add-config cleanup.policy=compact)",
          name, *policy, name)};
    }
    return nothing{};
  }

  outcome records() {
    found_.record_bytes = number_in(setting(wanted_.topic, "max.message.bytes")).value_or(0);
    if (found_.record_bytes > 0 && found_.record_bytes < wanted_.record_bytes_least) {
      return failure{fmt::format(
          "topic {} takes records of at most {} bytes (max.message.bytes), and a frame may have "
          "{}: "
          "raise it (kafka-configs.sh --alter --topic {} --add-config max.message.bytes={})",
          wanted_.topic, found_.record_bytes, wanted_.record_bytes_least, wanted_.topic,
          wanted_.record_bytes_max)};
    }
    return nothing{};
  }

  void check_policy() {
    const auto policy = setting(wanted_.topic, "cleanup.policy");
    if (policy && policy->find("compact") != std::string::npos) {
      found_.warnings.push_back(fmt::format(
          "topic {} has cleanup.policy = {}: Kafka would delete frames that are not delivered. Set "
          "it to delete",
          wanted_.topic, *policy));
    }
  }

  const kafka_topics& cluster_;
  const kafka_topics_wanted& wanted_;
  kafka_topics_found found_;
  bool tells_settings_ = true;
};

}  // namespace

std::optional<std::uint64_t> number_in(const std::optional<std::string>& setting) {
  std::uint64_t number = 0;
  if (!setting || std::from_chars(setting->data(), setting->data() + setting->size(), number).ec !=
                      std::errc{}) {
    return std::nullopt;
  }
  return number;
}

std::uint32_t kafka_record_bytes(std::uint64_t frame_bytes, std::uint64_t line_bytes) noexcept {
  constexpr std::uint64_t most = 1'000'000'000;  // librdkafka's
  // Headers, and what the gate adds to a line.
  constexpr std::uint64_t slack = std::uint64_t{64} << 10;
  return static_cast<std::uint32_t>(std::min(most, frame_bytes + line_bytes + slack));
}

std::uint32_t kafka_topics_found::identity(const std::string& topic,
                                           std::uint32_t partition) const {
  const std::uint64_t hash =
      fnv1a(std::to_string(partition), fnv1a("/" + topic + "/", fnv1a(cluster_id)));
  return std::max(1U, static_cast<std::uint32_t>(hash ^ hash >> 32));
}

result<kafka_topics_found> prepare_kafka_topics(const kafka_topics& cluster,
                                                const kafka_topics_wanted& wanted) {
  return preparation(cluster, wanted).run();
}

}  // namespace weir
