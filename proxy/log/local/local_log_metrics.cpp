// SPDX-License-Identifier: Apache-2.0
//
// The local log's metrics. Any thread.
#include <algorithm>

#include "log/local/local_log.hpp"

namespace weir {

/// Requires: mutex_. Bytes that a sink still needs; whole segments, because only whole segments are
/// removed.
std::uint64_t local_log::needed_bytes() const noexcept {
  const std::uint64_t from = subscribers_.needed_from().value_or(log_position(end_)).number();
  std::uint64_t bytes = unwritten_bytes_;
  for (const kept_segment& each : segments_) {
    bytes += each.limits.end > from ? each.limits.bytes : 0;
  }
  return bytes;
}

void local_log::collect(metric_collector& out) const {
  const auto total = [&out](std::string_view name, std::string_view help, const counter& value) {
    out.counter_value(name, help, static_cast<double>(value.value()));
  };
  const auto gauge = [&out](std::string_view name, std::string_view help, std::uint64_t value) {
    out.gauge_value(name, help, static_cast<double>(value));
  };
  total("weir_log_appended_frames_total", "Frames that the log took.", appended_frames_);
  total("weir_log_appended_points_total", "Points that the log took.", appended_points_);
  total("weir_log_appended_bytes_total", "Bytes of records that the log took.", appended_bytes_);
  total("weir_log_append_full_total", "Appends refused because the log was full.", append_full_);
  total("weir_log_append_failures_total", "Appends that the disk refused.", append_failed_);
  total("weir_log_write_failures_total", "Writes of frames already acknowledged that failed.",
        write_failed_);
  total("weir_log_syncs_total", "Group commits: each served all appends that waited.", syncs_);
  total("weir_log_sync_failures_total", "Group commits that the disk refused.", sync_failures_);
  out.counter_value("weir_log_sync_seconds_total", "Time spent waiting for stable storage.",
                    static_cast<double>(sync_ns_.value()) / 1e9);
  total("weir_log_reused_segments_total",
        "Segments begun in the file of an earlier one that every sink was done with.",
        reused_segments_);
  total("weir_log_discarded_points_total",
        "Points of frames discarded to make room, before every sink was done with all of them.",
        discarded_points_);
  total("weir_log_damaged_records_total", "Damaged records passed over.", damaged_records_);
  total("weir_log_damaged_points_total", "Points in damaged records, where their number is known.",
        damaged_points_);
  total("weir_log_damaged_segments_total", "Segments set aside when the log was opened.",
        damaged_segments_);
  total("weir_log_set_aside_frames_total",
        "Frames in segments set aside when the log was opened, where their number is known.",
        set_aside_frames_);
  total("weir_log_set_aside_points_total",
        "Points in segments set aside when the log was opened, where their number is known.",
        set_aside_points_);
  total("weir_log_restored_headers_total",
        "Damaged headers of segments that were restored when the log was opened.",
        restored_headers_);
  total("weir_log_missing_frames_total",
        "Frames of segments that vanished or were cut short, by no doing of weir.",
        missing_frames_);
  total("weir_log_torn_bytes_total", "Bytes of unfinished writes cut off when it was opened.",
        torn_bytes_);
  total("weir_log_disk_reads_total", "Frames read back from the disk.", disk_reads_);

  const std::lock_guard lock(mutex_);
  gauge("weir_log_bytes", "Bytes of all segments.", bytes_ + unwritten_bytes_);
  gauge("weir_log_keep_bytes", "Bytes of all segments at most.", options_.keep_bytes);
  const std::int64_t now_ns = options_.steady_ns();
  out.gauge_value("weir_log_append_bytes_per_second",
                  "Bytes of records appended, mean of the last five minutes.",
                  rate_.bytes_per_second(now_ns));
  out.gauge_value(
      "weir_log_outage_seconds_left",
      "How long the log still takes everything while nothing is delivered, at that rate; "
      "+Inf while nothing is appended.",
      rate_.seconds_left(options_.keep_bytes - std::min(options_.keep_bytes, needed_bytes()),
                         now_ns));
  gauge("weir_log_waiting_appends", "Appends that wait for a group commit.", queued_.size());
  gauge("weir_log_segments", "Segment files.", segments_.size());
  gauge("weir_log_memory_frames", "Frames in memory.", ring_.size());
  gauge("weir_log_memory_bytes", "Bytes of frames in memory.", ring_.bytes());
  gauge("weir_log_first_sequence", "Oldest sequence kept.", segments_.front().about->first());
  gauge("weir_log_end_sequence", "Sequence that the next frame gets.", end_);
}

}  // namespace weir
