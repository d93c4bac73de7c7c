// SPDX-License-Identifier: Apache-2.0
//
// Whether the log would take the next append: the reason for which the last one was refused is
// checked again, without an append. Any thread; only the log's own thread writes to the disk for
// it.
#include <algorithm>

#include "log/local/local_log.hpp"

namespace weir {
namespace {

/// Bytes that a probe writes to a disk that refused, at most.
constexpr std::uint64_t probe_bytes_max = std::uint64_t{1} << 20;
/// No append is smaller: where that does not fit, nothing does, whatever was asked for before.
constexpr std::uint64_t least_record_bytes = 96;

}  // namespace

append_result local_log::outlook() const {
  const std::lock_guard lock(mutex_);
  if (closing_) {
    return {append_status::failed, "the log is closed"};
  }
  if (const std::string& refused = disk_refuses_.empty() ? append_refused_ : disk_refuses_;
      !refused.empty()) {
    return {append_status::failed, "the log cannot be written: " + refused};
  }
  std::size_t discarded = 0;
  if (plan_room(std::max(refused_as_full_, least_record_bytes), discarded) == room::none) {
    return {append_status::full, "the log holds as much as log.keep allows (" +
                                     std::to_string(options_.keep_bytes) + " bytes)"};
  }
  if (refused_by_memory_ > 0 && !memory_left(refused_by_memory_)) {
    return {append_status::full, "the memory for frames (a share of limits.memory) is used up"};
  }
  return {};
}

log_usage local_log::usage() const {
  const std::lock_guard lock(mutex_);
  // What is only retained makes room by itself.
  const std::uint64_t from = subscribers_.low_water().value_or(log_position(end_)).number();
  std::uint64_t bytes = unwritten_bytes_;
  for (const kept_segment& each : segments_) {
    bytes += each.limits.end > from ? each.limits.bytes : 0;
  }
  return {bytes, options_.keep_bytes};
}

/// As `take_memory` would find it.
bool local_log::memory_left(std::size_t bytes) const {
  const std::size_t used = budget_.used();
  const bool fits = bytes <= budget_.limit() && used <= budget_.limit() - bytes;
  return fits || (!ring_.empty() && ring_.oldest().header.position < log_position(written_end_));
}

void local_log::note_refused_by_disk(const std::string& why, std::uint64_t bytes) {
  append_refused_ = why;
  refused_by_disk_ = bytes;
  probe_wanted_ = true;
  work_.notify_one();
}

void local_log::probe() {
  const std::lock_guard writing(write_mutex_);
  std::uint64_t bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    if (append_refused_.empty()) {
      return;
    }
    bytes = refused_by_disk_;
  }
  const outcome taken =
      probe_disk(static_cast<std::size_t>(std::clamp(bytes, std::uint64_t{1}, probe_bytes_max)));
  const std::lock_guard lock(mutex_);
  append_refused_ = taken ? std::string{} : taken.error().message;
}

outcome local_log::probe_disk(std::size_t bytes) {
  if (outcome ready = mend_writer(); !ready) {
    return ready;
  }
  outcome taken = writer_->probe(bytes);
  if (taken && options_.promise == append_promise::synced) {
    taken = writer_->sync();
    if (!taken) {
      give_up_segment();
    }
  }
  return taken;
}

}  // namespace weir
