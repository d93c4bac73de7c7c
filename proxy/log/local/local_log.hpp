// SPDX-License-Identifier: Apache-2.0
//
// The log in a directory (docs/log_format.md): segments on disk, the newest frames in memory as
// well. Made by open_local_log. Appends come from any thread, readers have one each, and a thread
// of its own removes segments, writes what was taken under `acknowledge = "received"`, and under
// `acknowledge = "synced"` does the group commits (local_log_synced.cpp).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "files/file_system.hpp"
#include "log/frame_ring.hpp"
#include "log/local/append_rate.hpp"
#include "log/local/header_copies.hpp"
#include "log/local/segment.hpp"
#include "log/local/segment_scanner.hpp"
#include "log/open_log.hpp"
#include "log/subscribers.hpp"

namespace weir {

/// A segment as the log sees it: how much of it is written.
struct kept_segment {
  std::shared_ptr<segment> about;
  segment_limits limits;
};

/// What was found in the directory; the last segment is whole up to its limits.
struct recovered_segments {
  std::deque<kept_segment> segments;
  std::uint64_t next_sequence = 1;
  std::uint64_t torn_bytes = 0;
  std::uint64_t damaged_segments = 0;
  std::uint64_t damaged_records = 0;
  std::uint64_t damaged_points = 0;
  /// In segments that were set aside, as far as it is known.
  std::uint64_t set_aside_frames = 0;
  std::uint64_t set_aside_points = 0;
  /// Were in segments that vanished or were cut short since the log was last open.
  std::uint64_t missing_frames = 0;
  std::uint64_t restored_headers = 0;
  /// Of the log; 0 where no segment says so.
  std::uint32_t identity = 0;
};

/// `known` is what the copies of the headers say.
[[nodiscard]] result<recovered_segments> recover_segments(
    file_system& files, const std::string& directory,
    const std::map<std::uint64_t, segment_entry>& known = {});

class local_log final : public frame_log {
 public:
  local_log(local_log_options options, file_system& files, directory_lock lock,
            recovered_segments found, std::unique_ptr<segment_writer> writer,
            std::unique_ptr<header_copies> headers);
  ~local_log() override;

  log_capabilities capabilities() const override {
    return {.durable = true, .stable = options_.promise == append_promise::synced};
  }
  append_result append(std::span<const std::shared_ptr<frame>> frames) override;
  std::size_t watch(std::function<void()> wake) override;
  void unwatch(std::size_t watcher) override;
  log_position first() const override;
  log_position end() const override;
  std::size_t subscribe(subscription subscriber, log_position low_water) override;
  std::uint32_t identity() const override { return identity_; }
  append_result outlook() const override;
  log_usage usage() const override;
  void release(std::size_t subscriber, log_position low_water) override;
  void unsubscribe(std::size_t subscriber) override;
  std::unique_ptr<log_reader> reader() override;
  void collect(metric_collector& out) const override;
  outcome close() override;

  /// Where no thread of its own does it (`own_thread`): one round of what that thread does: writes
  /// behind, one group commit, a look whether the disk takes writes again, and the removal of
  /// segments. `rested`: nothing came up for as long as `next_work` said. True once the log is
  /// closed and nothing is left to do.
  bool work_once(bool rested);
  /// When the next round is due: at once (0), after a rest that new work ends, or only once another
  /// call has brought work (nothing). Any thread.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_work() const;

 private:
  friend class local_reader;

  /// Frames of one append, with their checksums and sizes, computed before any lock is taken.
  struct batch {
    std::vector<frame_ptr> frames;
    std::vector<std::uint64_t> checksums;
    std::uint64_t record_bytes = 0;
    std::size_t memory_bytes = 0;
    std::uint64_t points = 0;
  };
  /// One append under `synced`, until a group commit settles it.
  struct queued_batch {
    std::vector<std::shared_ptr<frame>> frames;
    batch added;
    std::shared_ptr<append_ticket> ticket;
  };
  /// A segment that left the log; the log's thread counts its points and removes its file.
  struct retired_segment {
    kept_segment kept;
    bool discarded = false;
    std::vector<subscriber_table::mark>
        marks;  // of a discarded one: how far each subscriber had read
  };
  /// Frames of one write of the log's thread; their bytes are bounded by half a segment.
  static constexpr std::size_t behind_frames_max = 512;
  enum class room : std::uint8_t { enough, after_rotation, none };

  // Without a lock.
  append_result append_written(std::span<const std::shared_ptr<frame>> frames, const batch& added);
  append_result append_behind(std::span<const std::shared_ptr<frame>> frames, batch& added);
  void commit();
  void run();
  void probe();
  void dispose(const retired_segment& gone);
  [[nodiscard]] bool may_reuse(const retired_segment& gone) const;
  void count_discarded(const retired_segment& gone);
  void report_damaged(segment& about, std::uint64_t first, std::uint64_t end,
                      std::uint64_t points) const;
  void report_missing(segment& about, std::uint64_t first, std::uint64_t end,
                      const std::string& why) const;
  append_result refuse_as_full(std::uint64_t bytes);

  // Requires: write_mutex_ (and not mutex_).
  outcome write(const std::vector<frame_ptr>& frames, const std::vector<std::uint64_t>& checksums,
                std::uint64_t bytes, std::uint64_t first_sequence);
  outcome rotate(std::uint64_t first_sequence);
  bool give_up_spare();
  result<std::unique_ptr<segment_writer>> begin_segment(const segment_header& header);
  outcome mend_writer();
  outcome remake();
  outcome begin_anew();
  void write_behind();
  outcome commit_group(const std::vector<queued_batch>& group, std::uint64_t first_sequence);
  outcome sync_written();
  void give_up_segment();
  outcome probe_disk(std::size_t bytes);

  // Requires: mutex_.
  [[nodiscard]] room plan_room(std::uint64_t bytes, std::size_t& discarded) const;
  [[nodiscard]] bool memory_left(std::size_t bytes) const;
  void note_refused_by_disk(const std::string& why, std::uint64_t bytes);
  room make_room(std::uint64_t bytes, frame_ring::dropped& dropped);
  append_result take_behind(std::span<const std::shared_ptr<frame>> frames, batch& added,
                            frame_ring::dropped& dropped);
  std::vector<queued_batch> take_group();
  void publish(const std::vector<queued_batch>& group, frame_ring::dropped& dropped);
  [[nodiscard]] bool may_discard(const kept_segment& kept) const;
  void retire_oldest(bool discarded);
  [[nodiscard]] bool is_retained(const kept_segment& next) const;
  void retire_released(frame_ring::dropped& dropped);
  bool take_memory(std::size_t bytes, frame_ring::dropped& dropped);
  void note_written(std::uint64_t end, std::uint64_t segment_bytes);
  void keep_in_memory(const batch& added, frame_ring::dropped& dropped);
  void count_appended(const batch& added);
  [[nodiscard]] std::uint64_t needed_bytes() const noexcept;
  [[nodiscard]] bool work_waits() const noexcept;
  [[nodiscard]] std::optional<std::chrono::milliseconds> rest() const noexcept;
  [[nodiscard]] bool unwritten() const noexcept { return written_end_ < end_; }

  const local_log_options options_;
  const std::uint64_t segment_bytes_;
  memory_budget& budget_;
  file_system& files_;
  const std::string directory_;  // of the segments
  const std::string spare_;
  directory_lock lock_;
  const std::uint32_t identity_;
  std::unique_ptr<header_copies> headers_;

  /// Held by the thread that writes. Taken before mutex_.
  std::mutex write_mutex_;
  std::unique_ptr<segment_writer> writer_;
  /// The sequence that follows the last one in writer_'s segment.
  std::uint64_t writer_next_;
  /// A segment was made since the directory was synced last.
  bool directory_unsynced_ = true;
  /// The directory of the segments may have been made again.
  bool parent_unsynced_ = false;

  /// There is a file at spare_. The log's thread puts it there, who begins a segment takes it.
  std::atomic<bool> has_spare_{false};

  /// Guards what follows; no file is touched while it is held.
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<kept_segment> segments_;  // never empty; the last one is being written
  frame_ring ring_;
  subscriber_table subscribers_;
  std::uint64_t end_;
  std::uint64_t written_end_;
  std::uint64_t bytes_ = 0;            // of all segments
  std::uint64_t unwritten_bytes_ = 0;  // taken but not written yet
  std::string disk_refuses_;           // why, while frames that were taken cannot be written
  std::string append_refused_;         // why the last append failed, until the disk takes it
  bool probe_wanted_ = false;          // news of append_refused_ for the log's thread
  std::uint64_t refused_by_disk_ = 0;  // bytes of that append
  std::uint64_t refused_as_full_ = 0;  // bytes of the last append that did not fit; 0: it did
  std::size_t refused_by_memory_ = 0;  // the same of the memory for frames
  std::vector<retired_segment> retired_;
  std::deque<queued_batch> queued_;  // under `synced`: what the next group commits will hold
  bool closing_ = false;
  bool closed_ = false;

  append_rate rate_;
  counter appended_frames_, appended_points_, appended_bytes_, append_full_, append_failed_;
  counter write_failed_, discarded_points_, torn_bytes_, damaged_segments_;
  counter set_aside_frames_, set_aside_points_, restored_headers_;
  mutable counter damaged_records_, damaged_points_, missing_frames_, disk_reads_;
  counter syncs_, sync_failures_, sync_ns_, reused_segments_;

  std::atomic<std::size_t> watchers_made_{0};
  wake_list watchers_;
  std::thread thread_;  // none unless options_.own_thread
};

}  // namespace weir
