// SPDX-License-Identifier: Apache-2.0
//
// `weir log stat` of a topic: its partitions, and how far each sink's group has come in them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text/counted.hpp"
#include "base/text/json_text.hpp"
#include "base/text/rfc3339.hpp"
#include "base/text/terminal_text.hpp"
#include "sinks/kafka/state_records.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/topic/topic_job.hpp"

namespace weir {
namespace {

/// Where a sink stands in one partition; no offset: its group has committed none.
struct standing {
  std::optional<std::int64_t> offset{};
  bool by_weir = false;
  std::int64_t lag = 0;
};

struct sink_standing_in_topic {
  std::string name{};
  std::string group{};
  std::string problem{};
  std::vector<standing> in{};

  [[nodiscard]] std::int64_t lag() const {
    std::int64_t sum = 0;
    for (const standing& each : in) {
      sum += each.lag;
    }
    return sum;
  }
};

sink_standing_in_topic standing_of(const topic_job& job, const std::string& sink) {
  sink_standing_in_topic out{.name = sink, .group = job.configured.log.kafka.group + "-" + sink};
  auto cluster = kafka_topics::make(job.log.client(), out.group);
  if (!cluster) {
    out.problem = cluster.error().message;
    return out;
  }
  for (const topic_log::partition& each : job.log.partitions()) {
    const auto found = cluster.value()->committed(job.log.name(), each.number, brokers_wait);
    if (!found) {
      out.problem = found.error().message;
      return out;
    }
    standing now{.lag = each.there.end - each.there.first};
    if (found.value()) {
      now.offset = found.value()->offset;
      now.by_weir = is_by_weir(found.value()->metadata);
      now.lag = each.there.end - std::clamp(*now.offset, each.there.first, each.there.end);
    }
    out.in.push_back(now);
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

void print_json(const topic_job& job, const std::vector<sink_standing_in_topic>& sinks) {
  std::string out = fmt::format(
      "{{\"topic\":{},\"partitions\":{},\"replicas\":{},\"leaderless\":{}"
      ",\"frames\":{},\"offsets\":[",
      json_string(job.log.name()), job.log.facts().partitions, job.log.facts().replicas,
      job.log.facts().leaderless, [&] {
        std::int64_t sum = 0;
        for (const auto& each : job.log.partitions()) {
          sum += each.there.end - each.there.first;
        }
        return sum;
      }());
  const char* comma = "";
  for (const topic_log::partition& each : job.log.partitions()) {
    out += fmt::format("{}{{\"partition\":{},\"first\":{},\"end\":{}}}", comma, each.number,
                       each.there.first, each.there.end);
    comma = ",";
  }
  out += "],\"sinks\":[";
  comma = "";
  for (const sink_standing_in_topic& sink : sinks) {
    out += fmt::format("{}{{\"sink\":{},\"group\":{},\"problem\":{},\"lag_frames\":{},\"in\":[",
                       comma, json_string(sink.name), json_string(sink.group),
                       json_string(sink.problem), sink.lag());
    comma = "";
    for (std::size_t i = 0; i < sink.in.size(); ++i) {
      out += fmt::format("{}{{\"partition\":{},\"committed\":{},\"lag_frames\":{}}}", comma, i,
                         sink.in[i].offset ? std::to_string(*sink.in[i].offset) : "null",
                         sink.in[i].lag);
      comma = ",";
    }
    out += "]}";
    comma = ",";
  }
  out += "]}\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
}

std::string words_of(const sink_standing_in_topic& sink) {
  if (!sink.problem.empty()) {
    return fmt::format("sink {} (group {}): {}\n", visible(sink.name), visible(sink.group),
                       sink.problem);
  }
  const auto begun = static_cast<std::uint64_t>(std::count_if(
      sink.in.begin(), sink.in.end(), [](const standing& one) { return one.offset.has_value(); }));
  const bool by_hand = std::any_of(sink.in.begin(), sink.in.end(),
                                   [](const standing& one) { return one.offset && !one.by_weir; });
  if (begun == 0) {
    return fmt::format("sink {} (group {}): has committed nothing yet\n", visible(sink.name),
                       visible(sink.group));
  }
  return fmt::format(
      "sink {} (group {}): {} behind{}{}\n", visible(sink.name), visible(sink.group),
      counted(static_cast<std::uint64_t>(sink.lag()), "frame"),
      begun < sink.in.size()
          ? fmt::format(", has committed in {} of {} partitions", begun, sink.in.size())
          : "",
      by_hand ? "; another tool has set an offset of it, from which it goes on" : "");
}

}  // namespace

int stat_topic(const topic_job& job) {
  std::vector<sink_standing_in_topic> sinks;
  for (const sink_settings& each : job.configured.sinks) {
    sinks.push_back(standing_of(job, each.name));
  }
  const kafka_topic_facts& facts = job.log.facts();
  const bool well =
      facts.leaderless == 0 && std::all_of(sinks.begin(), sinks.end(),
                                           [](const auto& each) { return each.problem.empty(); });
  if (job.given.json) {
    print_json(job, sinks);
    return well ? 0 : 1;
  }
  std::int64_t frames = 0;
  for (const topic_log::partition& each : job.log.partitions()) {
    frames += each.there.end - each.there.first;
  }
  std::string out = fmt::format(
      "topic {}: {}, {} of each, {}\n", job.log.name(), counted(facts.partitions, "partition"),
      counted(facts.replicas, "replica"), counted(static_cast<std::uint64_t>(frames), "frame"));
  if (facts.leaderless > 0) {
    out += fmt::format("{} without a leader: nothing can be written to or read from them now\n",
                       counted(facts.leaderless, "partition"));
  }
  for (std::size_t i = 0; i < job.log.partitions().size(); ++i) {
    const topic_log::partition& each = job.log.partitions()[i];
    out += fmt::format("partition {}: offsets {} to {}", each.number, each.there.first,
                       each.there.end);
    for (const sink_standing_in_topic& sink : sinks) {
      if (sink.problem.empty()) {
        out += sink.in[i].offset ? fmt::format("; {} at {}", visible(sink.name), *sink.in[i].offset)
                                 : fmt::format("; {} not begun", visible(sink.name));
      }
    }
    out += "\n";
  }
  for (const sink_standing_in_topic& each : sinks) {
    out += words_of(each);
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return well ? 0 : 1;
}

}  // namespace weir
