// SPDX-License-Identifier: Apache-2.0
//
// The metrics of what is written to Kafka. Any thread.
#include <string>

#include "log/kafka/frame_producer.hpp"

namespace weir {
namespace {

/// A topic of more partitions has no rows for each: they would be thousands.
constexpr std::size_t partitions_shown = 64;

}  // namespace

void frame_producer::collect(metric_collector& out) const {
  const auto total = [&out](std::string_view name, std::string_view help, const counter& value) {
    out.counter_value(name, help, static_cast<double>(value.value()));
  };
  total("weir_log_appended_frames_total", "Frames that the log took.", appended_frames_);
  total("weir_log_appended_points_total", "Points that the log took.", appended_points_);
  total("weir_log_appended_bytes_total", "Bytes of records that the log took.", appended_bytes_);
  total("weir_log_append_full_total", "Appends refused because the log was full.", full_);
  total("weir_log_append_failures_total", "Appends that Kafka did not confirm, or refused.",
        failed_);
  total("weir_log_kafka_refused_records_total",
        "Records that Kafka will never take, as they are too large, say.", refused_records_);
  total("weir_log_kafka_lost_points_total",
        "Points that were acknowledged under `received` and did not reach Kafka.", lost_points_);
  total("weir_log_kafka_producers_renewed_total",
        "Producers that lost their idempotence for good and were replaced.", renewed_);
  out.gauge_value("weir_log_kafka_waiting_bytes", "Bytes of memory of frames that wait for Kafka.",
                  static_cast<double>(waiting_bytes()));
  out.gauge_value("weir_log_kafka_waiting_bytes_max", "As many as may wait.",
                  static_cast<double>(options_.waiting_bytes_max));
  for (std::size_t i = 0; i < partitions_.size() && partitions_.size() <= partitions_shown; ++i) {
    const std::string number = std::to_string(i);
    const partition_state& one = partitions_[i];
    const auto row = [&](std::string_view name, std::string_view help, const counter& value) {
      out.counter_value(name, help, static_cast<double>(value.value()), {{"partition", number}});
    };
    row("weir_log_kafka_partition_frames_total", "Frames that a partition took.", one.frames);
    row("weir_log_kafka_partition_points_total", "Points that a partition took.", one.points);
    row("weir_log_kafka_partition_bytes_total", "Bytes of values that a partition took.",
        one.bytes);
    row("weir_log_kafka_partition_failures_total",
        "Frames that a partition did not confirm, or refused.", one.failed);
  }
  const std::lock_guard hold(mutex_);
  out.gauge_value("weir_log_waiting_appends", "Appends that wait for Kafka.",
                  static_cast<double>(unfinished_));
  out.gauge_value("weir_log_append_bytes_per_second",
                  "Bytes of records appended, mean of the last five minutes.",
                  rate_.bytes_per_second(options_.steady_ns()));
  out.histogram_value("weir_log_kafka_append_seconds",
                      "From an append until Kafka had confirmed all of its frames.",
                      latency_.now());
}

}  // namespace weir
