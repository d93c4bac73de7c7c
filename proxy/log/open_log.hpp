// SPDX-License-Identifier: Apache-2.0
//
// How logs are made: a function and options of its own for each. The options are plain values:
// server/log/open_log.hpp fills them from the configuration, which the log does not know.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock_posix.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "log/frame_log.hpp"

namespace weir {

class file_system;

/// What a log has done with frames when it answers `taken`.
enum class append_promise : std::uint8_t {
  received,  // they are in memory
  written,   // the operating system has them: they survive the end of the process
  synced,    // they are on stable storage: they survive a loss of power
};

/// What a log that is full does with frames that a required subscriber still needs.
enum class full_policy : std::uint8_t {
  reject,          // it keeps them and refuses new ones
  discard_oldest,  // it discards them, and counts their points
};

struct local_log_options {
  /// Made if it is missing. The segments are in its folder "segments".
  std::string directory;
  append_promise promise = append_promise::written;
  full_policy when_full = full_policy::reject;
  /// Bytes of all segments at most.
  std::uint64_t keep_bytes = std::uint64_t{4} << 30;
  /// Bytes of one segment at most; never more than a quarter of `keep_bytes`.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  /// Of the frames that are kept in memory besides the disk. Must outlive the log.
  memory_budget& frames;
  /// Nanoseconds since the epoch. Any thread.
  std::function<std::int64_t()> now_ns;
  /// Must outlive the log; nullptr: the real one.
  file_system* files = nullptr;
  /// How long a segment stays that nobody needs any more, as long as its room is not needed.
  std::int64_t retain_ns = 0;
  /// Nanoseconds that only ascend, for rates and durations. Any thread.
  std::function<std::int64_t()> steady_ns = [] { return steady_now().ns; };
  /// False: nothing is done between calls but what local_log::work_once is called for (a simulation
  /// decides when).
  bool own_thread = true;
};

/// Opens the log in `options.directory`, locks it and recovers what is there. Fails with a message
/// that names the path and the reason.
[[nodiscard]] result<std::unique_ptr<frame_log>> open_local_log(local_log_options options);

struct memory_log_options {
  /// As large as the log may become. Must outlive it.
  memory_budget& frames;
  full_policy when_full = full_policy::reject;
  /// Nanoseconds that only ascend. Any thread.
  std::function<std::int64_t()> steady_ns = [] { return steady_now().ns; };
};

/// A log without files. Its promise is always `received`.
[[nodiscard]] std::unique_ptr<frame_log> make_memory_log(memory_log_options options);

}  // namespace weir
