// SPDX-License-Identifier: Apache-2.0
//
// `acknowledge = "synced"`: group commits. Appends queue their frames; the log's thread takes all
// that wait, writes them, syncs once, and only then gives them to readers and settles their
// tickets. While it waits for the disk the next group gathers, so one sync serves all appends
// that came meanwhile. Order of the locks: write_mutex_, mutex_.
#include <algorithm>
#include <utility>

#include "log/local/local_log.hpp"
#include "observe/journal.hpp"

namespace weir {

std::size_t local_log::watch(std::function<void()> wake) {
  const std::size_t number = watchers_made_.fetch_add(1);
  watchers_.add(number, std::move(wake));
  return number;
}

void local_log::unwatch(std::size_t watcher) {
  watchers_.remove(watcher);
}

void local_log::commit() {
  std::vector<queued_batch> group;
  outcome done = nothing{};
  {
    const std::lock_guard writing(write_mutex_);
    std::uint64_t first_sequence = 0;
    {
      const std::lock_guard lock(mutex_);
      group = take_group();
      first_sequence = end_;
    }
    done = commit_group(group, first_sequence);
    frame_ring::dropped dropped;
    const std::lock_guard lock(mutex_);
    for (const queued_batch& each : group) {
      unwritten_bytes_ -= each.added.record_bytes;
    }
    if (done) {
      append_refused_.clear();
      publish(group, dropped);
    } else {
      note_refused_by_disk(done.error().message, group.front().added.record_bytes);
      for (const queued_batch& each : group) {
        budget_.give_back(each.added.memory_bytes);
      }
    }
  }
  if (done) {
    subscribers_.wake_all();
  }
  for (const queued_batch& each : group) {
    if (done) {
      each.ticket->settle(append_status::taken, {});
    } else {
      append_failed_.add_shared();
      each.ticket->settle(append_status::failed, done.error().message);
    }
  }
  watchers_.wake_all();
}

std::vector<local_log::queued_batch> local_log::take_group() {
  std::vector<queued_batch> group;
  std::size_t frames = 0;
  std::uint64_t bytes = 0;
  while (!queued_.empty()) {
    const queued_batch& next = queued_.front();
    frames += next.frames.size();
    bytes += next.added.record_bytes;
    if (!group.empty() && (frames > behind_frames_max || bytes > segment_bytes_ / 2)) {
      break;
    }
    group.push_back(std::move(queued_.front()));
    queued_.pop_front();
  }
  return group;
}

outcome local_log::commit_group(const std::vector<queued_batch>& group,
                                std::uint64_t first_sequence) {
  batch all;
  for (const queued_batch& each : group) {
    all.frames.insert(all.frames.end(), each.frames.begin(), each.frames.end());
    all.checksums.insert(all.checksums.end(), each.added.checksums.begin(),
                         each.added.checksums.end());
    all.record_bytes += each.added.record_bytes;
  }
  outcome done = write(all.frames, all.checksums, all.record_bytes, first_sequence);
  if (done) {
    done = sync_written();
    if (!done) {
      give_up_segment();
      writer_next_ = first_sequence;
    }
  }
  if (!done) {
    journal_limited("log append", journal_level::error,
                    "the log cannot be written: " + done.error().message);
  }
  return done;
}

outcome local_log::sync_written() {
  const std::int64_t began_ns = options_.steady_ns();
  outcome done = writer_->sync();
  const auto sync_directory = [this, &done](const std::string& path, bool& unsynced) {
    if (done && unsynced) {
      if (const int error = files_.sync_directory(path); error < 0) {
        done = failure{path + ": " + errno_text(error)};
      } else {
        unsynced = false;
      }
    }
  };
  sync_directory(options_.directory, parent_unsynced_);
  sync_directory(directory_, directory_unsynced_);
  sync_ns_.add(
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, options_.steady_ns() - began_ns)));
  (done ? syncs_ : sync_failures_).add();
  return done;
}

void local_log::give_up_segment() {
  std::uint64_t trusted_bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    trusted_bytes = segments_.back().limits.bytes;
  }
  writer_->distrust(trusted_bytes);
}

void local_log::publish(const std::vector<queued_batch>& group, frame_ring::dropped& dropped) {
  for (const queued_batch& each : group) {
    for (const auto& one : each.frames) {
      one->header.position = log_position(end_++);
      if (!subscribers_.empty()) {
        ring_.push(one);  // its memory was taken when it was queued
      }
    }
    if (subscribers_.empty()) {
      budget_.give_back(each.added.memory_bytes);
    }
    count_appended(each.added);
  }
  if (subscribers_.empty()) {
    ring_.drop_below(log_position(end_), dropped);
  }
  note_written(end_, writer_->bytes());
}

}  // namespace weir
