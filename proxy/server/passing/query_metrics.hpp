// SPDX-License-Identifier: Apache-2.0
//
// What /metrics says of requests that are passed to servers. Pure.
#pragma once

#include "net/relay_curl.hpp"
#include "observe/metrics.hpp"

namespace weir {

inline void collect_queries(const relay_curl::counts& now, metric_collector& out) {
  out.counter_value("weir_queries_passed_total",
                    "Requests of clients that were passed to the servers of sinks.",
                    static_cast<double>(now.requests));
  out.counter_value("weir_queries_failed_total",
                    "Of those, without an answer, or with one that broke off.",
                    static_cast<double>(now.failures));
  out.gauge_value("weir_queries_under_way", "Of those, not yet answered.",
                  static_cast<double>(now.under_way));
}

}  // namespace weir
