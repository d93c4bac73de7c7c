// SPDX-License-Identifier: Apache-2.0
//
// What this process is and uses, under the names that Prometheus' own client libraries have for it.
// Reads some small files of /proc at each scrape of /metrics; where there are none, it reports
// less.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "observe/metrics.hpp"

namespace weir {

/// Of /proc/PID/stat.
struct process_stat {
  std::uint64_t cpu_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since the system's start
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

/// Nothing if it cannot be read. The process' name may hold anything.
[[nodiscard]] std::optional<process_stat> parse_process_stat(std::string_view text);

/// Any thread.
void collect_process(metric_collector& out);

}  // namespace weir
