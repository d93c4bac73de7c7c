// SPDX-License-Identifier: Apache-2.0
#include "pipeline/gate_metrics.hpp"

namespace weir {

void collect_gate(const gate_memory& memory, metric_collector& out) {
  const series_table::totals table = memory.series.count();
  out.gauge_value("weir_series_bytes", "Memory of the table of series (limits.series).",
                  static_cast<double>(table.bytes));
  out.counter_value("weir_series_forgotten_total",
                    "Series forgotten because the table was full, or because they were idle.",
                    static_cast<double>(table.evicted), {{"reason", "full"}});
  out.counter_value("weir_series_forgotten_total",
                    "Series forgotten because the table was full, or because they were idle.",
                    static_cast<double>(table.expired), {{"reason", "idle"}});
  out.gauge_value("weir_types_bytes",
                  "Memory of field types, shapes and counts of measurements (limits.types).",
                  static_cast<double>(memory.types_budget().used()));
  for (const gate_memory::database_counts& each : memory.count()) {
    out.gauge_value("weir_series", "Series seen and not forgotten.",
                    static_cast<double>(each.series), {{"database", each.name}});
    out.gauge_value("weir_field_types", "Fields whose type is known.",
                    static_cast<double>(each.types), {{"database", each.name}});
  }
}

}  // namespace weir
