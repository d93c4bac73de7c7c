// SPDX-License-Identifier: Apache-2.0
//
// What a UDP listener does with datagrams: a write without an answer. Datagrams that arrive close
// together share one write_job, one append and, as far as they fit, one frame. Lives on its
// listener's thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/published.hpp"
#include "config/settings.hpp"
#include "ingest/write_path.hpp"
#include "intake/udp_counts.hpp"
#include "intake/udp_listener.hpp"

namespace weir {

/// What a worker needs; all of it outlives the worker.
struct udp_services {
  write_services writes;
  /// Of its listener; shared with /metrics.
  udp_counts& counts;
  /// The last append failed: /health says so.
  std::atomic<bool>& log_failed;
  /// Of its listener. What of it changes holds from the next datagrams on.
  const published<udp_settings>& configured;
};

[[nodiscard]] std::unique_ptr<datagram_worker> make_udp_worker(const udp_services& services);

}  // namespace weir
