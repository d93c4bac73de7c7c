// SPDX-License-Identifier: Apache-2.0
//
// Which log a configuration asks for: one row for each kind, where its settings become its options.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "log/frame_log.hpp"

namespace weir {

/// How long a line may be that the log takes, whatever limits.line says. A topic has a bound of its
/// own, which may be changed while it is open. Any thread.
using log_line_limit = std::atomic<std::uint64_t>;

/// Opens it. `line_bytes`: of the longest line that may be in it; `frames` pays for the frames in
/// memory and must outlive the log, as `line_limit`; `now_ns` gives nanoseconds since the epoch, on
/// any thread.
[[nodiscard]] result<std::unique_ptr<frame_log>> open_configured_log(
    const log_settings& settings, std::uint64_t line_bytes, memory_budget& frames,
    std::function<std::int64_t()> now_ns, log_line_limit& line_limit);

/// Of the largest record that holds a frame, where lines are of at most so many bytes.
[[nodiscard]] std::uint32_t record_bytes_of(std::uint64_t line_bytes) noexcept;

/// Of the longest line whose frame fits a record of so many bytes, whatever else is in it.
[[nodiscard]] std::uint64_t line_bytes_in(std::uint64_t record_bytes) noexcept;

/// Calls `visit` with the database of each frame that a log has.
void each_database_in(frame_log& log, const std::function<void(std::string_view)>& visit);

}  // namespace weir
