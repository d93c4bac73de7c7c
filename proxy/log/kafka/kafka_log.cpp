// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/kafka_log.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "observe/journal.hpp"

namespace weir {
namespace {

/// Of a log that is not read.
class no_reader final : public log_reader {
 public:
  read_result next(log_position from, const lane_key&) override {
    return {read_status::caught_up, nullptr, from, {}};
  }
  log_position headers(log_position from, std::size_t, std::vector<frame_header>&) override {
    return from;
  }
};

}  // namespace

kafka_log::kafka_log(kafka_topics_found found, append_promise promise,
                     std::unique_ptr<frame_producer> producer)
    : found_(std::move(found)),
      promise_(promise),
      identity_(found_.identity({}, 0)),
      producer_(std::move(producer)) {}

log_capabilities kafka_log::capabilities() const {
  return {.durable = true,
          .stable = promise_ != append_promise::received,
          .bounded = false,
          .shards = found_.shards};
}

append_result kafka_log::append(std::span<const std::shared_ptr<frame>> frames) {
  return producer_->append(frames);
}

std::size_t kafka_log::subscribe(subscription, log_position) {
  return 0;
}

void kafka_log::collect(metric_collector& out) const {
  producer_->collect(out);
  // Kafka's retention bounds it, and says nothing of how full it is.
  out.gauge_value("weir_log_outage_seconds_left",
                  "How long the log still takes everything while nothing is delivered, at that "
                  "rate; +Inf while nothing is appended.",
                  std::numeric_limits<double>::infinity());
}

std::unique_ptr<log_reader> kafka_log::reader() {
  return std::make_unique<no_reader>();
}

result<std::unique_ptr<kafka_log>> open_kafka_log(kafka_log_options options) {
  auto cluster = kafka_topics::make(options.client);
  if (!cluster) {
    return cluster.error();
  }
  auto found = prepare_kafka_topics(*cluster.value(), options.topics);
  if (!found) {
    return found.error();
  }
  for (const std::string& name : found.value().made) {
    journal(journal_level::info, "kafka: topic " + name + " was missing, and is made");
  }
  for (const std::string& warning : found.value().warnings) {
    journal(journal_level::warning, warning);
  }
  if (found.value().record_bytes > 0 && options.on_record_bytes) {
    options.on_record_bytes(found.value().record_bytes);
  }
  auto producer = frame_producer::make({.client = options.client,
                                        .topic = options.topics.topic,
                                        .shards = found.value().shards,
                                        .in_sync_least = std::max(1U, found.value().in_sync_least),
                                        .promise = options.topics.promise,
                                        .produce_timeout = options.produce_timeout,
                                        .record_bytes_max = options.topics.record_bytes_max,
                                        .waiting_bytes_max = options.waiting_bytes_max > 0
                                                                 ? options.waiting_bytes_max
                                                                 : options.frames.limit() / 2,
                                        .frames = options.frames,
                                        .steady_ns = std::move(options.steady_ns),
                                        .look_again = options.look_again,
                                        .look = options.look,
                                        .record_bytes = found.value().record_bytes,
                                        .on_record_bytes = std::move(options.on_record_bytes)});
  if (!producer) {
    return producer.error();
  }
  return std::make_unique<kafka_log>(std::move(found).value(), options.topics.promise,
                                     std::move(producer).value());
}

}  // namespace weir
