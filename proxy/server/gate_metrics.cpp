// SPDX-License-Identifier: Apache-2.0
#include "server/gate_metrics.hpp"

namespace weir {

void collect_gate(const gate_memory& memory, const database_registry& known,
                  metric_collector& out) {
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
  const auto tell = [&out](std::string_view name, std::uint64_t series, std::uint64_t types) {
    out.gauge_value("weir_series", "Series seen and not forgotten.", static_cast<double>(series),
                    {{"database", name}});
    out.gauge_value("weir_field_types", "Fields whose type is known.", static_cast<double>(types),
                    {{"database", name}});
  };
  gate_memory::database_counts others;
  bool any_other = false;
  for (const gate_memory::database_counts& each : memory.count()) {
    const std::string_view name = known.label_of(each.name);
    if (name == each.name) {
      tell(name, each.series, each.types);
      continue;
    }
    any_other = true;
    others.series += each.series;
    others.types += each.types;
  }
  if (any_other) {
    tell(database_entry::other_label, others.series, others.types);
  }
}

}  // namespace weir
