// SPDX-License-Identifier: Apache-2.0
//
// The log: it keeps accepted frames until every sink has them. Intake loops append frames; each
// sink reads them from its own position. This is the interface; local_log and memory_log implement
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "log/frame.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// Frames that belong together for delivery: one database and retention policy.
struct lane_key {
  std::string database;
  std::string retention_policy;
  friend bool operator==(const lane_key&, const lane_key&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): the generated comparison with 0 is meant
  friend auto operator<=>(const lane_key&, const lane_key&) = default;
};

enum class append_status : std::uint8_t {
  taken,    // the promise of `acknowledge` holds for all of them
  pending,  // it will hold, or not: the ticket says so when it is settled
  full,     // `keep` (or the memory budget) is used up and `when_full` says reject
  failed,   // the disk refused; the log has none of the frames
};

/// The result of an append that was `pending`. The log settles it once, on the log's thread; the
/// appending thread polls it.
class append_ticket {
 public:
  [[nodiscard]] bool settled() const noexcept { return settled_.load(std::memory_order_acquire); }
  /// `taken` or `failed`, and the reason of a failure. Requires: settled().
  [[nodiscard]] append_status status() const noexcept { return status_; }
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

  /// Called by the log alone, once.
  void settle(append_status status, std::string detail) {
    status_ = status;
    detail_ = std::move(detail);
    settled_.store(true, std::memory_order_release);
  }

 private:
  append_status status_ = append_status::pending;
  std::string detail_;
  std::atomic<bool> settled_{false};
};

struct append_result {
  append_status status = append_status::taken;
  /// For `full` and `failed`: the reason, for the journal and the answer.
  std::string detail = {};
  /// For `pending`, else nothing. One may be settled before that of an earlier append.
  std::shared_ptr<const append_ticket> ticket = {};
};

/// What a reader found at a position.
enum class read_status : std::uint8_t {
  frame,      // `found` is the frame
  caught_up,  // nothing at or after `from` yet
  failed,     // the disk refused; try again later
};

struct read_result {
  read_status status = read_status::caught_up;
  frame_ptr found;
  /// Where to go on: past `found`, past damaged or discarded records, or the log's end.
  log_position next;
  std::string detail;
};

/// Reads frames in order of their sequence. Lives on one thread; the log must outlive it.
class log_reader {
 public:
  virtual ~log_reader() = default;

  /// The first frame at or after `from` that belongs to `lane`. Frames still in memory are shared,
  /// others are read from disk and checked; a damaged one is passed over and counted by the log.
  [[nodiscard]] virtual read_result next(log_position from, const lane_key& lane) = 0;

  /// Headers of the frames at or after `from`, at most `count_max`, appended to `out`; returns the
  /// position after the last one looked at. For finding lanes and counting what is pending.
  [[nodiscard]] virtual log_position headers(log_position from, std::size_t count_max,
                                             std::vector<frame_header>& out) = 0;
};

/// One sink's hold on the log, made by `subscribe`.
struct subscription {
  std::string name;
  /// Frames that a required subscriber has not released are never discarded.
  bool required = true;
  /// Called after frames were appended, on the appending thread: may only wake another thread, and
  /// must not call the log.
  std::function<void()> wake;
  /// It knows frames below this (its cursor says so, and some may be in its parking place): where
  /// the log has lost its tail, no new frame may get their positions.
  log_position seen = {};
  /// Called, by a log whose promise is stable, before it removes frames that were released: what
  /// the subscriber keeps of its progress must be on stable storage when it returns, or a loss of
  /// power would bring back a cursor that asks for frames that are gone, and they would count as
  /// lost. On the log's thread; must not call the log. May be empty.
  std::function<void()> settle = {};
};

/// What a log can do, for those who set up what lies beside it. Fixed while it is open.
struct log_capabilities {
  /// Frames and their positions survive the end of the process: cursors are worth keeping.
  bool durable = false;
  /// What it answers `taken` for is on stable storage: what belongs to a frame must be as well.
  bool stable = false;
  /// It answers `full` at some size. A log that is not bounded never does.
  bool bounded = true;
  /// Over how many shards its frames are spread; each frame has lines of one (`shard_of_series`),
  /// and only frames of one shard have an order. 1: it has no shards.
  std::uint32_t shards = 1;
};

/// How full a log is.
struct log_usage {
  std::uint64_t bytes = 0;
  /// At which it discards or answers `full`; 0: no such bound.
  std::uint64_t bytes_max = 0;
};

class frame_log {
 public:
  virtual ~frame_log() = default;

  /// Any thread.
  [[nodiscard]] virtual log_capabilities capabilities() const = 0;

  /// Takes all frames or none, in order, and gives each its sequence. Any thread. When it returns
  /// `taken`, what `[log] acknowledge` promises holds. Names longer than 4096 bytes are `failed`.
  /// `pending` (only where the promise is `synced`): the frames get their sequences, and readers
  /// see them, once they are on stable storage.
  [[nodiscard]] virtual append_result append(std::span<const std::shared_ptr<frame>> frames) = 0;

  /// What the next append would be answered, as far as the log knows: `taken`, or `full` or
  /// `failed` and the reason. It follows from the log's own state (a refused append fits again, or
  /// the disk takes it again), without an append. Any thread.
  [[nodiscard]] virtual append_result outlook() const { return {}; }

  /// Which log this is: the same as long as its files are, and another one once they were deleted
  /// and made anew, so that nobody goes on at a position of the old one. 0: nothing of it survives
  /// anyway. Any thread.
  [[nodiscard]] virtual std::uint32_t identity() const { return 0; }

  /// Any thread.
  [[nodiscard]] virtual log_usage usage() const { return {}; }

  /// Registers `wake`, which is called after tickets were settled, on the log's thread: it may only
  /// wake another thread, and must not call the log. Any thread; returns the number for `unwatch`.
  /// A log that never answers `pending` never calls it.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): logs that need it keep it
  [[nodiscard]] virtual std::size_t watch(std::function<void()> /*wake*/) { return 0; }
  /// Any thread. When it returns, that `wake` is not running and will not be called again.
  virtual void unwatch(std::size_t watcher) { static_cast<void>(watcher); }

  /// The position of the oldest frame kept, and the one that the next frame will get. Any thread.
  [[nodiscard]] virtual log_position first() const = 0;
  [[nodiscard]] virtual log_position end() const = 0;

  /// Adds a sink that needs all frames from `low_water` on; returns its number. Before or after the
  /// start of intake; any thread. A `low_water` or `seen` beyond end() (a loss of power cost
  /// the log its tail) moves end() there, so that no new frame is mistaken for one that was
  /// delivered; for the same reason a sink forgets ranges completed at or beyond end() before it
  /// subscribes.
  [[nodiscard]] virtual std::size_t subscribe(subscription subscriber, log_position low_water) = 0;
  /// The subscriber no longer needs frames below `low_water`. Any thread.
  virtual void release(std::size_t subscriber, log_position low_water) = 0;
  /// When it returns, the subscriber's `wake` is not running and will not be called again.
  virtual void unsubscribe(std::size_t subscriber) = 0;

  [[nodiscard]] virtual std::unique_ptr<log_reader> reader() = 0;

  virtual void collect(metric_collector& out) const = 0;

  /// Hands the frames that are only in memory to the operating system and ends the log's thread.
  /// Fails when some could not be written.
  virtual outcome close() = 0;
};

}  // namespace weir
