// SPDX-License-Identifier: Apache-2.0
//
// What an intake loop does with requests: an exchange for each, opened by the row of its route, and
// the loop's write path. It knows no sockets and reads no clock. One worker per loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "api/catalogue.hpp"
#include "base/published.hpp"
#include "base/times.hpp"
#include "ingest/write_path.hpp"
#include "intake/http_intake.hpp"
#include "observe/metrics.hpp"
#include "server/answers/park_admin.hpp"
#include "server/health_report.hpp"
#include "server/http_counters.hpp"
#include "server/listeners.hpp"
#include "server/reload/reload_desk.hpp"
#include "server/reload/reload_record.hpp"
#include "sinks/sink_set.hpp"
#include "users/doorkeeper.hpp"

namespace weir {

class page_service;
class push_service;
class relay;
class server_catalogues;

/// What all loops share. All of it outlives the loops.
struct http_services {
  write_services writes;
  catalogue& databases;
  /// The same where servers are asked what they have and told what to do; nullptr: none are.
  server_catalogues* administered = nullptr;
  http_counters& counters;
  /// What requests get their time from. Any thread.
  clock_source clock;
  /// The listeners, and what else of the configuration answers depend on.
  const published<http_terms>& terms;
  /// Every metric, for /metrics. Any thread.
  std::function<metric_parts()> metrics;
  /// The sinks' backlogs and held lanes, for /health. Any thread.
  std::function<std::vector<sink_standing>()> sinks = nullptr;
  /// What is asked of parked points.
  park_requests parked = {};
  /// By which questions for points go to servers; nullptr: weir answers that it has none.
  relay* queries = nullptr;
  /// What jobs push; nullptr: nothing can be pushed.
  push_service* pushed = nullptr;
  /// Where reloads are asked for; nullptr: there are none.
  reload_desk* reloads = nullptr;
  /// What came of the last reload; nullptr: there are none.
  const reload_record* reloaded = nullptr;
  /// What the status page shows; nullptr: there is none.
  page_service* page = nullptr;
  /// What is known of clients that are nobody; nullptr: there can be no users.
  shared_doors* doors = nullptr;
  /// What this process does (service.roles), and how Kafka is where the log is there.
  health_duties duties = {};
};

[[nodiscard]] std::unique_ptr<loop_worker> make_http_worker(const http_services& services,
                                                            std::uint32_t loop_index);

}  // namespace weir
