// SPDX-License-Identifier: Apache-2.0
#include "server/answers/facts_of_health.hpp"

namespace weir {

health_facts facts_of(const http_services& services) {
  http_counters& counters = services.counters;
  health_facts known{.log = services.writes.log.outlook(),
                     .sinks = services.sinks ? services.sinks() : std::vector<sink_standing>{},
                     .takes_writes = services.duties.takes_writes,
                     .draining = counters.draining.load(std::memory_order_relaxed),
                     .reload_failed = services.reloaded == nullptr
                                          ? std::string{}
                                          : services.reloaded->failure_words()};
  if (services.duties.cluster) {
    known.cluster = services.duties.cluster();
  }
  if (services.duties.shared) {
    known.shared = services.duties.shared();
  }
  if (known.log.status == append_status::taken && services.writes.keep_types &&
      counters.log_failed.load(std::memory_order_relaxed)) {
    // The log would take an append: the last one may have failed for the types file.
    if (const outcome kept = services.writes.keep_types(); !kept) {
      known.log = {append_status::failed, "the log cannot be written: " + kept.error().message};
    } else {
      counters.log_failed.store(false, std::memory_order_relaxed);
    }
  }
  return known;
}

}  // namespace weir
