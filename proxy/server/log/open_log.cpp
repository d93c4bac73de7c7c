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
#include "observe/journal.hpp"
#include "server/log/configured_topic.hpp"

namespace weir {
namespace {

/// A topic that does not take such lines is of no use.
constexpr std::uint64_t line_bytes_least = std::uint64_t{4} << 10;

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

void note_record_bytes(const std::string& topic, std::uint64_t record_bytes,
                       std::uint64_t line_bytes, log_line_limit& limit) {
  const std::uint64_t now = std::max(line_bytes_in(record_bytes), line_bytes_least);
  const std::uint64_t before = limit.exchange(now);
  if (now < line_bytes) {
    journal(journal_level::warning,
            fmt::format("topic {} takes records of at most {} bytes (max.message.bytes), so lines "
                        "longer than {} bytes are rejected (shield_line_too_long), though "
                        "limits.line allows {}: raise it to {}, or lower limits.line",
                        topic, record_bytes, now, line_bytes, record_bytes_of(line_bytes)));
  } else if (before < line_bytes) {
    journal(
        journal_level::info,
        fmt::format("topic {} takes records of {} bytes now: lines may be as long as limits.line "
                    "says",
                    topic, record_bytes));
  }
}

result<std::unique_ptr<frame_log>> open_topic(const log_settings& settings,
                                              std::uint64_t line_bytes, memory_budget& frames,
                                              log_line_limit& line_limit) {
  const kafka_settings& kafka = settings.kafka;
  auto opened =
      open_kafka_log({.client = kafka_client_of(kafka, "log"),
                      .topics = {.topic = kafka.topic,
                                 .shards = kafka.shards,
                                 .replication = kafka.replication,
                                 .promise = promise_of(settings),
                                 .retention = settings.retain,
                                 .record_bytes_max = record_bytes_of(line_bytes),
                                 .record_bytes_least = record_bytes_of(line_bytes_least),
                                 .at_most = std::chrono::duration_cast<std::chrono::milliseconds>(
                                     kafka.produce_timeout),
                                 .brokers = fmt::format("{}", fmt::join(kafka.brokers, ", "))},
                      .frames = frames,
                      .produce_timeout = kafka.produce_timeout,
                      .on_record_bytes = [topic = kafka.topic, line_bytes,
                                          &line_limit](std::uint64_t record_bytes) {
                        note_record_bytes(topic, record_bytes, line_bytes, line_limit);
                      }});
  if (!opened) {
    return opened.error();
  }
  return std::unique_ptr<frame_log>(std::move(opened).value());
}

}  // namespace

std::uint32_t record_bytes_of(std::uint64_t line_bytes) noexcept {
  return kafka_record_bytes(frame_inflated_bytes_max, line_bytes);
}

std::uint64_t line_bytes_in(std::uint64_t record_bytes) noexcept {
  return record_bytes - std::min<std::uint64_t>(record_bytes, record_bytes_of(0));
}

result<std::unique_ptr<frame_log>> open_configured_log(const log_settings& settings,
                                                       std::uint64_t line_bytes,
                                                       memory_budget& frames,
                                                       std::function<std::int64_t()> now_ns,
                                                       log_line_limit& line_limit) {
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
      return open_topic(settings, line_bytes, frames, line_limit);
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
