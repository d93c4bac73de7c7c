// SPDX-License-Identifier: Apache-2.0
//
// CPU time and peak memory of this and of other processes. Linux only: reads /proc.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "tools/load/load_statistics.hpp"

namespace weir {

/// Since the process began. The failure says that there is no such process.
[[nodiscard]] result<process_usage> usage_of(int pid);
[[nodiscard]] process_usage own_usage();

/// User and system time in clock ticks, from the text of /proc/PID/stat. Pure.
[[nodiscard]] std::optional<std::uint64_t> cpu_ticks_in(std::string_view stat);
/// Bytes, from the text of /proc/PID/status; 0 when it has none. Pure.
[[nodiscard]] std::uint64_t peak_bytes_in(std::string_view status);

}  // namespace weir
