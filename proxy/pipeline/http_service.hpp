// SPDX-License-Identifier: Apache-2.0
//
// What an intake loop does with requests: one exchange per route, and the loop's write path. It
// knows the dialects (api/) and the write path; sockets it does not know. One worker per loop.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "api/catalogue.hpp"
#include "api/routes.hpp"
#include "intake/http_intake.hpp"
#include "observe/metrics.hpp"
#include "pipeline/write_path.hpp"
#include "sinks/sink_set.hpp"

namespace weir {

/// Requests by route and status; shared by all loops.
struct http_counters {
  /// Statuses that weir answers with; others count under the last.
  static constexpr std::array<int, 16> statuses{200, 204, 400, 401, 403, 404, 405, 408,
                                                411, 413, 415, 422, 431, 500, 503, 0};
  static constexpr std::size_t route_count = 10;

  std::array<std::array<counter, statuses.size()>, route_count> answers;
  /// Write requests that ended before their body was complete.
  counter cut_off;
  /// Bodies that were taken for what they are, whatever their Content-Encoding says.
  counter encodings_ignored;
  /// Weir ends: /ready says so.
  std::atomic<bool> draining{false};
  /// The last append failed: whether it still would is looked at when /health or /ready is asked.
  std::atomic<bool> log_failed{false};

  void answered(api::route route, int status) noexcept;
  void collect(metric_collector& out) const;
};

/// What every loop shares. All of it outlives the loops.
struct http_services {
  write_services writes;
  catalogue& databases;
  http_counters& counters;
  /// Writes that came in by a listener of this number or a higher one are answered 204, whatever
  /// is wrong with their lines.
  std::uint32_t quiet_from = 0xFFFF'FFFFU;
  /// Reports all numbers of weir, for /metrics. Any thread.
  std::function<void(metric_collector&)> collect;
  /// How far the sinks are, for /health. Any thread.
  std::function<std::vector<sink_standing>()> sinks = nullptr;
};

[[nodiscard]] std::unique_ptr<loop_worker> make_http_worker(const http_services& services,
                                                            std::uint32_t loop_index);

}  // namespace weir
