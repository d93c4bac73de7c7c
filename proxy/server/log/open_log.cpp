// SPDX-License-Identifier: Apache-2.0
#include "server/log/open_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "gate/staging.hpp"
#include "log/kafka/kafka_log.hpp"
#include "log/moving_marks.hpp"
#include "log/open_log.hpp"
#include "server/log/configured_topic.hpp"

namespace weir {
namespace {

append_promise promise_of(const log_settings& settings) {
  switch (settings.acknowledge) {
    case acknowledge_mode::received:
      return append_promise::received;
    case acknowledge_mode::written:
      return append_promise::written;
    case acknowledge_mode::synced:
      return append_promise::synced;
  }
  return append_promise::written;
}

full_policy policy_of(const log_settings& settings) {
  return settings.when_full == when_full_mode::reject ? full_policy::reject
                                                      : full_policy::discard_oldest;
}

result<std::unique_ptr<frame_log>> open_topic(const log_settings& settings,
                                              std::uint64_t line_bytes, memory_budget& frames) {
  const kafka_settings& kafka = settings.kafka;
  auto opened =
      open_kafka_log({.client = kafka_client_of(kafka, "log"),
                      .topics = {.topic = kafka.topic,
                                 .shards = kafka.shards,
                                 .replication = kafka.replication,
                                 .promise = promise_of(settings),
                                 .retention = settings.retain,
                                 .record_bytes_max = record_bytes_of(line_bytes),
                                 .at_most = std::chrono::duration_cast<std::chrono::milliseconds>(
                                     kafka.produce_timeout),
                                 .brokers = fmt::format("{}", fmt::join(kafka.brokers, ", "))},
                      .frames = frames,
                      .produce_timeout = kafka.produce_timeout});
  if (!opened) {
    return opened.error();
  }
  return std::unique_ptr<frame_log>(std::move(opened).value());
}

}  // namespace

std::uint32_t record_bytes_of(std::uint64_t line_bytes) noexcept {
  return kafka_record_bytes(frame_inflated_bytes_max, line_bytes);
}

result<std::unique_ptr<frame_log>> open_configured_log(const log_settings& settings,
                                                       std::uint64_t line_bytes,
                                                       memory_budget& frames,
                                                       std::function<std::int64_t()> now_ns) {
  switch (settings.type) {
    case log_type::local:
      if (const std::string why = unended_move(settings.directory); !why.empty()) {
        return failure{settings.directory + ": " + why};
      }
      return open_local_log({.directory = settings.directory,
                             .promise = promise_of(settings),
                             .when_full = policy_of(settings),
                             .keep_bytes = settings.keep,
                             .segment_bytes = settings.segment,
                             .frames = frames,
                             .now_ns = std::move(now_ns),
                             .retain_ns = std::chrono::nanoseconds(settings.retain).count()});
    case log_type::memory:
      return make_memory_log({.frames = frames, .when_full = policy_of(settings)});
    case log_type::kafka:
      return open_topic(settings, line_bytes, frames);
  }
  return failure{"log.type: no such log"};
}

void each_database_in(frame_log& log, const std::function<void(std::string_view)>& visit) {
  constexpr std::size_t headers_at_once = 1024;
  const auto reader = log.reader();
  std::vector<frame_header> headers;
  for (log_position at = log.first();;) {
    headers.clear();
    const log_position next = reader->headers(at, headers_at_once, headers);
    for (const frame_header& header : headers) {
      visit(header.database);
    }
    if (next <= at) {
      return;
    }
    at = next;
  }
}

}  // namespace weir
