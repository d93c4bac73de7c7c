// SPDX-License-Identifier: Apache-2.0
//
// Appending, releasing and discarding. The order of the locks is write_mutex_, mutex_; appends
// write under the first alone, so readers and sinks never wait for the disk.
#include "log/local/local_log.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr std::uint64_t segment_bytes_least = std::uint64_t{64} * 1024;
/// Pause before the log's thread writes again to a disk that refused.
constexpr std::chrono::milliseconds refused_pause{200};
/// Pause before the log's thread probes a disk that refused an append, unless an append comes
/// first.
constexpr std::chrono::milliseconds probe_pause{1000};

std::uint64_t segment_bytes_for(const local_log_options& options) {
  return std::min(options.segment_bytes, std::max(options.keep_bytes / 4, segment_bytes_least));
}

}  // namespace

local_log::local_log(local_log_options options, file_system& files, directory_lock lock,
                     recovered_segments found, std::unique_ptr<segment_writer> writer,
                     std::unique_ptr<header_copies> headers)
    : options_(std::move(options)),
      segment_bytes_(segment_bytes_for(options_)),
      budget_(options_.frames),
      files_(files),
      directory_(options_.directory + "/segments"),
      spare_(directory_ + "/" + std::string(spare_name)),
      lock_(std::move(lock)),
      identity_(found.identity),
      headers_(std::move(headers)),
      writer_(std::move(writer)),
      writer_next_(found.next_sequence),
      segments_(std::move(found.segments)),
      ring_(options_.frames),
      end_(found.next_sequence),
      written_end_(found.next_sequence) {
  WEIR_ASSERT(!segments_.empty() && writer_->about() == segments_.back().about);
  for (const kept_segment& each : segments_) {
    bytes_ += each.limits.bytes;
  }
  frame_ring::dropped none;
  ring_.restart(log_position(end_), none);
  torn_bytes_.set(found.torn_bytes);
  damaged_segments_.set(found.damaged_segments);
  damaged_records_.set(found.damaged_records);
  damaged_points_.set(found.damaged_points);
  set_aside_frames_.set(found.set_aside_frames);
  set_aside_points_.set(found.set_aside_points);
  missing_frames_.set(found.missing_frames);
  restored_headers_.set(found.restored_headers);
  if (options_.own_thread) {
    thread_ = std::thread([this] { run(); });
  }
}

local_log::~local_log() {
  if (const outcome closed = close(); !closed) {
    journal(journal_level::error, closed.error().message);
  }
}

append_result local_log::append(std::span<const std::shared_ptr<frame>> frames) {
  if (frames.empty()) {
    return {};
  }
  batch added;
  for (const auto& each : frames) {
    frame_header& header = each->header;
    if (header.database.size() > record_name_bytes_max ||
        header.retention_policy.size() > record_name_bytes_max) {
      return {append_status::failed, "the name of a database or retention policy is too long"};
    }
    header.stored_bytes = static_cast<std::uint32_t>(each->stored.size());
    WEIR_ASSERT(header.stored_bytes == each->stored.size());
    added.frames.push_back(each);
    added.checksums.push_back(payload_checksum(each->stored));
    added.record_bytes += record_bytes(header, each->stored.size());
    added.memory_bytes += frame_memory_bytes(*each);
    added.points += header.points;
  }
  append_result result = options_.promise == append_promise::written ? append_written(frames, added)
                                                                     : append_behind(frames, added);
  if (result.status == append_status::taken) {
    subscribers_.wake_all();
  }
  return result;
}

append_result local_log::append_written(std::span<const std::shared_ptr<frame>> frames,
                                        const batch& added) {
  frame_ring::dropped dropped;  // destroyed without a lock
  const std::lock_guard writing(write_mutex_);
  std::uint64_t sequence = 0;
  room space = room::none;
  for (bool rotated = false;; rotated = true) {
    {
      const std::lock_guard lock(mutex_);
      if (closing_) {
        return {append_status::failed, "the log is closed"};
      }
      sequence = end_;
      space = make_room(added.record_bytes, dropped);
    }
    if (space != room::after_rotation || rotated || !rotate(sequence)) {
      break;
    }
  }
  if (space != room::enough) {
    return refuse_as_full(added.record_bytes);
  }
  if (const outcome written = write(added.frames, added.checksums, added.record_bytes, sequence);
      !written) {
    append_failed_.add_shared();
    journal_limited("log append", journal_level::error,
                    "the log cannot be written: " + written.error().message);
    const std::lock_guard lock(mutex_);
    note_refused_by_disk(written.error().message, added.record_bytes);
    return {append_status::failed, written.error().message};
  }
  const std::lock_guard lock(mutex_);
  append_refused_.clear();
  for (const auto& each : frames) {
    each->header.position = log_position(end_++);
  }
  count_appended(added);
  note_written(end_, writer_->bytes());
  keep_in_memory(added, dropped);
  return {};
}

append_result local_log::append_behind(std::span<const std::shared_ptr<frame>> frames,
                                       batch& added) {
  frame_ring::dropped dropped;
  for (bool rotated = false;; rotated = true) {
    {
      const std::lock_guard lock(mutex_);
      if (closing_ || !disk_refuses_.empty()) {
        append_failed_.add_shared();
        return {append_status::failed, closing_ ? "the log is closed" : disk_refuses_};
      }
      const room space = make_room(added.record_bytes, dropped);
      if (space == room::enough) {
        return take_behind(frames, added, dropped);
      }
      if (space == room::none || rotated) {
        break;
      }
    }
    const std::lock_guard writing(write_mutex_);
    if (!rotate(writer_next_)) {
      break;
    }
  }
  return refuse_as_full(added.record_bytes);
}

append_result local_log::take_behind(std::span<const std::shared_ptr<frame>> frames, batch& added,
                                     frame_ring::dropped& dropped) {
  if (!take_memory(added.memory_bytes, dropped)) {
    append_full_.add_shared();
    refused_by_memory_ = added.memory_bytes;
    return {append_status::full, "the memory for frames (a share of limits.memory) is used up"};
  }
  unwritten_bytes_ += added.record_bytes;
  work_.notify_one();
  if (options_.promise == append_promise::synced) {
    auto ticket = std::make_shared<append_ticket>();
    queued_.push_back({{frames.begin(), frames.end()}, std::move(added), ticket});
    return {append_status::pending, {}, std::move(ticket)};
  }
  for (const auto& each : frames) {
    each->header.position = log_position(end_++);
    ring_.push(each);
  }
  count_appended(added);
  return {};
}

append_result local_log::refuse_as_full(std::uint64_t bytes) {
  append_full_.add_shared();
  const std::lock_guard lock(mutex_);
  if (bytes + segment_header_bytes <= options_.keep_bytes) {
    refused_as_full_ = bytes;  // an append larger than the whole log says nothing about its state
  }
  return {append_status::full, "the log holds as much as log.keep allows (" +
                                   std::to_string(options_.keep_bytes) + " bytes) and " +
                                   std::to_string(bytes) + " more do not fit"};
}

local_log::room local_log::plan_room(std::uint64_t bytes, std::size_t& discarded) const {
  discarded = 0;
  const std::uint64_t needed = bytes + segment_header_bytes;  // it may begin a segment
  const std::uint64_t total = bytes_ + unwritten_bytes_ + needed;
  if (total <= options_.keep_bytes) {
    return room::enough;
  }
  std::uint64_t freed = 0;
  while (discarded < segments_.size() && total - freed > options_.keep_bytes) {
    if (!may_discard(segments_[discarded])) {
      return room::none;
    }
    freed += segments_[discarded++].limits.bytes;
  }
  if (total - freed > options_.keep_bytes) {
    return room::none;
  }
  if (discarded == segments_.size()) {
    // The newest has to go as well, which it may when another one is begun.
    const bool empty = segments_.back().limits.bytes <= segment_header_bytes;
    return empty ? room::none : room::after_rotation;
  }
  return room::enough;
}

local_log::room local_log::make_room(std::uint64_t bytes, frame_ring::dropped& dropped) {
  std::size_t count = 0;
  const room space = plan_room(bytes, count);
  if (space != room::enough || count == 0) {
    return space;
  }
  for (; count > 0; --count) {
    retire_oldest(true);
  }
  ring_.drop_below(log_position(std::min(segments_.front().about->first(), written_end_)), dropped);
  return room::enough;
}

bool local_log::may_discard(const kept_segment& kept) const {
  return options_.when_full == full_policy::discard_oldest ||
         !subscribers_.required_below(log_position(kept.limits.end));
}

void local_log::retire_oldest(bool discarded) {
  WEIR_ASSERT(segments_.size() > 1);
  bytes_ -= segments_.front().limits.bytes;
  retired_.push_back({std::move(segments_.front()), discarded,
                      discarded ? subscribers_.marks() : std::vector<subscriber_table::mark>{}});
  segments_.pop_front();
  work_.notify_one();
}

void local_log::retire_released(frame_ring::dropped& dropped) {
  const auto low_water = subscribers_.low_water();
  if (!low_water) {
    ring_.drop_below(log_position(written_end_), dropped);
    return;
  }
  ring_.drop_below(std::min(*low_water, log_position(written_end_)), dropped);
  while (segments_.size() > 1 && segments_.front().limits.end <= low_water->number() &&
         !is_retained(segments_[1])) {
    retire_oldest(false);
  }
}

/// Of the segment before `next`, which was closed when that one was begun.
bool local_log::is_retained(const kept_segment& next) const {
  const auto closed_ns = static_cast<std::int64_t>(next.about->seed());
  return options_.retain_ns > 0 && options_.now_ns() - closed_ns < options_.retain_ns;
}

bool local_log::take_memory(std::size_t bytes, frame_ring::dropped& dropped) {
  while (!budget_.take(bytes)) {
    if (ring_.empty() || ring_.oldest().header.position >= log_position(written_end_) ||
        bytes > budget_.limit()) {
      return false;
    }
    ring_.drop_below(ring_.oldest().header.position.next(), dropped);
  }
  return true;
}

void local_log::note_written(std::uint64_t end, std::uint64_t segment_bytes) {
  kept_segment& active = segments_.back();
  bytes_ += segment_bytes - active.limits.bytes;
  active.limits = {segment_bytes, end};
  written_end_ = end;
}

void local_log::keep_in_memory(const batch& added, frame_ring::dropped& dropped) {
  for (const frame_ptr& each : added.frames) {
    if (!subscribers_.empty() && take_memory(frame_memory_bytes(*each), dropped)) {
      ring_.push(each);
    } else {
      ring_.drop_below(each->header.position.next(), dropped);
    }
  }
}

void local_log::count_appended(const batch& added) {
  refused_as_full_ = 0;
  refused_by_memory_ = 0;
  appended_frames_.add(added.frames.size());
  appended_points_.add(added.points);
  appended_bytes_.add(added.record_bytes);
  rate_.add(added.record_bytes, options_.steady_ns());
}

log_position local_log::first() const {
  const std::lock_guard lock(mutex_);
  return log_position(segments_.front().about->first());
}

log_position local_log::end() const {
  const std::lock_guard lock(mutex_);
  return log_position(end_);
}

std::size_t local_log::subscribe(subscription subscriber, log_position low_water) {
  frame_ring::dropped dropped;
  const std::lock_guard writing(write_mutex_);
  write_behind();
  const std::lock_guard lock(mutex_);
  const log_position known = std::max(low_water, subscriber.seen);
  if (known > log_position(end_) && !unwritten()) {
    // The log lost its end (a loss of power): new frames must not be mistaken for delivered or
    // parked ones.
    journal(journal_level::warning, "sink " + subscriber.name + " has read up to " +
                                        std::to_string(known.number()) + ", the log ends at " +
                                        std::to_string(end_) + ": it goes on from there");
    end_ = known.number();
    written_end_ = end_;
    segments_.back().limits.end = end_;
    ring_.restart(known, dropped);
  }
  return subscribers_.add(std::move(subscriber), low_water);
}

void local_log::release(std::size_t subscriber, log_position low_water) {
  frame_ring::dropped dropped;
  const std::lock_guard lock(mutex_);
  if (subscribers_.release(subscriber, std::min(low_water, log_position(end_)))) {
    retire_released(dropped);
  }
}

void local_log::unsubscribe(std::size_t subscriber) {
  frame_ring::dropped dropped;
  const std::lock_guard lock(mutex_);
  subscribers_.remove(subscriber);
  retire_released(dropped);
}

void local_log::write_behind() {
  batch added;
  std::uint64_t sequence = 0;
  {
    const std::lock_guard lock(mutex_);
    sequence = written_end_;
    for (std::size_t i = ring_.find(log_position(sequence)); i < ring_.size(); ++i) {
      if (added.frames.size() == behind_frames_max || added.record_bytes > segment_bytes_ / 2) {
        break;
      }
      const frame_ptr& each = ring_.at(i);
      WEIR_ASSERT(each->header.position.number() == sequence + added.frames.size());
      added.frames.push_back(each);
      added.record_bytes += record_bytes(each->header, each->stored.size());
    }
  }
  if (added.frames.empty()) {
    return;
  }
  for (const frame_ptr& each : added.frames) {
    added.checksums.push_back(payload_checksum(each->stored));
  }
  const outcome written = write(added.frames, added.checksums, added.record_bytes, sequence);
  frame_ring::dropped dropped;
  const std::lock_guard lock(mutex_);
  if (!written) {
    disk_refuses_ = written.error().message;
    write_failed_.add();
    journal_limited("log write", journal_level::error,
                    "frames already acknowledged cannot be written: " + disk_refuses_);
    return;
  }
  disk_refuses_.clear();
  unwritten_bytes_ -= added.record_bytes;
  note_written(sequence + added.frames.size(), writer_->bytes());
  retire_released(dropped);
}

void local_log::run() {
  std::unique_lock lock(mutex_);
  bool last = false;
  while (!last) {
    const auto something = [this] { return work_waits(); };
    bool rested = false;
    if (const auto pause = rest()) {
      rested = !work_.wait_for(lock, *pause, something);
    } else {
      work_.wait(lock, something);
    }
    lock.unlock();
    last = work_once(rested);
    lock.lock();
  }
}

bool local_log::work_waits() const noexcept {
  return closing_ || !retired_.empty() || !queued_.empty() || probe_wanted_ ||
         (unwritten() && disk_refuses_.empty());
}

std::optional<std::chrono::milliseconds> local_log::rest() const noexcept {
  if (unwritten()) {
    return refused_pause;
  }
  return append_refused_.empty() ? std::nullopt : std::optional(probe_pause);
}

bool local_log::work_once(bool rested) {
  std::unique_lock lock(mutex_);
  const bool behind = unwritten();
  const bool queued = !queued_.empty();
  const bool last = closing_;
  const bool ask_disk = rested && !behind && !append_refused_.empty() && !work_waits();
  probe_wanted_ = false;
  const std::vector<retired_segment> gone = std::exchange(retired_, {});
  lock.unlock();
  if (behind) {
    const std::lock_guard writing(write_mutex_);
    write_behind();
  }
  if (queued) {
    commit();
  }
  if (ask_disk) {
    probe();
  }
  if (!gone.empty() && options_.promise == append_promise::synced) {
    subscribers_.settle_all();
  }
  for (const retired_segment& each : gone) {
    dispose(each);
  }
  lock.lock();
  return last && retired_.empty() && queued_.empty() && (!unwritten() || !disk_refuses_.empty());
}

std::optional<std::chrono::milliseconds> local_log::next_work() const {
  const std::lock_guard lock(mutex_);
  return work_waits() ? std::optional(std::chrono::milliseconds{0}) : rest();
}

outcome local_log::close() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return nothing{};
    }
    closing_ = true;
    closed_ = true;
    work_.notify_all();
  }
  if (options_.own_thread) {
    thread_.join();
  } else {
    while (!work_once(false)) {
    }
  }
  const std::lock_guard writing(write_mutex_);
  writer_->end();
  if (has_spare_) {
    static_cast<void>(files_.remove(spare_));
  }
  const std::lock_guard lock(mutex_);
  if (unwritten()) {
    return failure{std::to_string(end_ - written_end_) +
                   " frames that were acknowledged could not be written: " + disk_refuses_};
  }
  return nothing{};
}

}  // namespace weir
