// SPDX-License-Identifier: Apache-2.0
//
// How a log is made. What comes out is a frame_log; which one is the configuration's choice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock_posix.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "log/frame_log.hpp"

namespace weir {

class file_system;

struct local_log_options {
  /// Of the frames that are kept in memory besides the disk. Must outlive the log.
  memory_budget& frames;
  /// Nanoseconds since the epoch. Any thread.
  std::function<std::int64_t()> now_ns;
  /// Must outlive the log; nothing: the real one.
  file_system* files = nullptr;
};

/// Opens the log in `settings.directory` (made if missing), locks it and recovers what is there.
[[nodiscard]] result<std::unique_ptr<frame_log>> open_local_log(const log_settings& settings,
                                                                const local_log_options& options);

/// A log without files, as large as the budget allows. Its promise is always `received`.
[[nodiscard]] std::unique_ptr<frame_log> make_memory_log(
    memory_budget& frames, when_full_mode when_full,
    std::function<std::int64_t()> now_ns = wall_clock_ns);

}  // namespace weir
