// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/clock_posix.hpp"
#include "base/glob.hpp"
#include "base/text/counted.hpp"
#include "files/state_directory_posix.hpp"
#include "gate/staging.hpp"
#include "log/kafka/kafka_offset.hpp"
#include "sinks/parking/park_claim.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/topic/topic_log.hpp"

namespace weir {
namespace {

append_promise promise_of(acknowledge_mode mode) {
  return mode == acknowledge_mode::synced ? append_promise::synced : append_promise::written;
}

/// The way to the cluster, and nothing that is there.
result<prepared_topic> reach(const settings& configured) {
  const kafka_settings& kafka = configured.log.kafka;
  if (kafka.brokers.empty()) {
    return failure{
        "log.brokers names none: write some of the cluster's, as in brokers = "
        "[\"kafka-1:9092\"]; log.type may be what it is"};
  }
  prepared_topic out{
      .name = kafka.topic,
      .client = kafka_client_of(configured),
      .cluster = nullptr,
      .found = {},
      .states = nullptr,
      .record_bytes = kafka_record_bytes(frame_inflated_bytes_max, configured.limits.line)};
  auto cluster = kafka_topics::make(out.client);
  if (!cluster) {
    return cluster.error();
  }
  out.cluster = std::move(cluster).value();
  auto states = state_producer::make({.client = out.client, .delivery_timeout = brokers_wait});
  if (!states) {
    return states.error();
  }
  out.states = std::move(states).value();
  return out;
}

}  // namespace

// ---- the local log

std::string locked_directories::entry(std::string_view name) const {
  return find_state_entry(state, log, name);
}

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

// ---- the topic

result<prepared_topic> prepare_topic(const settings& configured) {
  auto reached = reach(configured);
  if (!reached) {
    return reached.error();
  }
  const kafka_settings& kafka = configured.log.kafka;
  auto found = prepare_kafka_topics(*reached.value().cluster,
                                    {.topic = kafka.topic,
                                     .shards = kafka.shards,
                                     .replication = kafka.replication,
                                     .promise = promise_of(configured.log.acknowledge),
                                     .retention = configured.log.retain,
                                     .record_bytes_max = reached.value().record_bytes,
                                     .at_most = brokers_wait,
                                     .brokers = fmt::format("{}", fmt::join(kafka.brokers, ", "))});
  if (!found) {
    return found.error();
  }
  reached.value().found = std::move(found).value();
  return reached;
}

result<prepared_topic> find_topic(const settings& configured) {
  auto reached = reach(configured);
  if (!reached) {
    return reached.error();
  }
  prepared_topic& out = reached.value();
  for (const std::string& each :
       {out.name, kafka_state_topic(out.name), kafka_parked_topic(out.name)}) {
    const auto facts = out.cluster->describe(each, brokers_wait);
    if (!facts) {
      return failure{fmt::format("{} (log.brokers) do not answer: {}",
                                 fmt::join(configured.log.kafka.brokers, ", "),
                                 facts.error().message)};
    }
    if (!facts.value()) {
      return failure{
          each == out.name
              ? fmt::format("there is no topic {} at {} (log.topic, log.brokers)", each,
                            fmt::join(configured.log.kafka.brokers, ", "))
              : fmt::format("there is no topic {}: what sinks have delivered of {} is not known, "
                            "and all of it would be delivered again",
                            each, out.name)};
    }
    if (each == out.name) {
      out.found.shards = facts.value()->partitions;
    } else if (facts.value()->partitions != out.found.shards) {
      return failure{
          fmt::format("the topic {} has {} partitions, and {} has {}: they are not of "
                      "one log",
                      out.name, out.found.shards, each, facts.value()->partitions)};
    }
  }
  out.found.cluster_id = out.cluster->cluster_id(brokers_wait);
  return reached;
}

result<std::vector<kafka_offsets>> offsets_of(const prepared_topic& topic) {
  std::vector<kafka_offsets> out;
  for (std::uint32_t i = 0; i < topic.found.shards; ++i) {
    const auto there =
        topic.cluster->offsets(topic.name, static_cast<std::int32_t>(i), brokers_wait);
    if (!there) {
      return failure{fmt::format("partition {} of {}: {}", i, topic.name, there.error().message)};
    }
    out.push_back(there.value());
  }
  return out;
}

// ---- groups

result<sink_group> sink_group::open(const prepared_topic& topic, const settings& configured,
                                    std::string sink) {
  sink_group out(topic, configured.log.kafka.group + "-" + std::move(sink));
  auto members = kafka_topics::make(topic.client, out.name_);
  if (!members) {
    return members.error();
  }
  out.members_ = std::move(members).value();
  return out;
}

/// Of a topic that the group does not read, an offset says nothing.
outcome sink_group::check_that_nobody_runs() const {
  outcome asked = members_->commit(kafka_state_topic(topic_->name), 0, 0, {});
  if (asked) {
    return asked;
  }
  return failure{fmt::format(
      "no weir may deliver from {} while a log is moved, and group {} seems to have members: end "
      "those with the role `sinks` (one that was killed counts for ten seconds): {}",
      topic_->name, name_, asked.error().message)};
}

result<std::optional<kafka_topics::committed_offset>> sink_group::committed(
    std::uint32_t partition) const {
  return members_->committed(topic_->name, static_cast<std::int32_t>(partition), brokers_wait);
}

outcome sink_group::commit(std::uint32_t partition, log_position at) const {
  const outcome done = members_->commit(topic_->name, static_cast<std::int32_t>(partition),
                                        offset_of(at), std::string(move_metadata));
  return done ? done : failure{fmt::format("group {}: {}", name_, done.error().message)};
}

bool sink_wants(const sink_settings& sink, const lane_key& lane) {
  return matches_patterns(sink.databases, lane.database) &&
         matches_patterns(sink.retention_policies, lane.retention_policy);
}

std::shared_ptr<kept_partition> keep_partition(prepared_topic& topic, const std::string& sink,
                                               std::uint32_t partition) {
  return std::make_shared<kept_partition>(
      kept_partition_options{.sink = sink,
                             .partition = static_cast<std::int32_t>(partition),
                             .client = topic.client,
                             .state_topic = kafka_state_topic(topic.name),
                             .parked_topic = kafka_parked_topic(topic.name),
                             .producer = *topic.states,
                             .topics = *topic.cluster,
                             .commit = [](std::int64_t) -> outcome { return nothing{}; },
                             .at_most = brokers_wait},
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_clock_ns() / 1'000'000)));
}

std::string words_of_lost(std::uint64_t points) {
  return points == 0 ? ""
                     : fmt::format(
                           ", but {} that it still needed were not there any more, or "
                           "damaged: they are lost",
                           counted(points, "point"));
}

// ---- what is parked

result<std::vector<parked_lane>> find_parked(parking& place, const cursor_state& cursor,
                                             log_position log_first) {
  std::map<lane_key, log_position> first;
  const bool read = place.recover([&](const frame_header& header) {
    const park_claim claim = claim_of_parked(cursor, false, header, log_first);
    if (claim == park_claim::pending) {
      first.try_emplace({header.database, header.retention_policy}, header.position);
    }
    return claim;
  });
  if (!read) {
    return failure{"what is parked cannot be read now"};
  }
  std::vector<parked_lane> out;
  out.reserve(first.size());
  for (const auto& [lane, position] : first) {
    out.push_back({lane, position});
  }
  return out;
}

namespace {

/// What one place has of a lane, and where that stands.
struct parked_run {
  parking* place = nullptr;
  read_result read;
};

outcome each_of_lane(std::vector<parked_run>& runs, const lane_key& lane, log_position end,
                     const std::function<outcome(const frame& one)>& visit) {
  for (;;) {
    frame_ptr next;
    for (const parked_run& each : runs) {
      if (each.read.status == read_status::failed) {
        return failure{each.read.detail};
      }
      if (each.read.status == read_status::frame && each.read.found->header.position < end &&
          (next == nullptr || each.read.found->header.position < next->header.position)) {
        next = each.read.found;
      }
    }
    if (next == nullptr) {
      return nothing{};
    }
    if (outcome seen = visit(*next); !seen) {
      return seen;
    }
    for (parked_run& each : runs) {
      if (each.read.status == read_status::frame &&
          each.read.found->header.position == next->header.position) {
        each.read = each.place->next(each.read.next, lane);
      }
    }
  }
}

}  // namespace

outcome each_parked(const std::vector<parked_place*>& places, log_position end,
                    const std::function<outcome(const frame& one)>& visit) {
  std::map<lane_key, std::vector<parked_run>> by_lane;
  for (const parked_place* const each : places) {
    for (const parked_lane& of : each->lanes) {
      by_lane[of.lane].push_back({each->place.get(), each->place->next(of.first, of.lane)});
    }
  }
  for (auto& [lane, runs] : by_lane) {
    if (outcome seen = each_of_lane(runs, lane, end, visit); !seen) {
      return seen;
    }
  }
  return nothing{};
}

}  // namespace weir
