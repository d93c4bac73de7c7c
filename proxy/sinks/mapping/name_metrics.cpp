// SPDX-License-Identifier: Apache-2.0
//
// Metrics of names.
#include "sinks/mapping/name_metrics.hpp"

namespace weir {

void collect_names(const name_book& names, metric_collector& out) {
  const name_book::numbers now = names.count();
  for (const name_form form : {name_form::plain, name_form::escaped, name_form::suffixed}) {
    out.gauge_value("weir_series_names",
                    "Names of series and labels that remote_write sinks gave and remember, by form",
                    static_cast<double>(now.of[static_cast<std::size_t>(form)]),
                    {{"form", name_of(form)}});
  }
  out.counter_value("weir_series_names_unremembered_total",
                    "Times a name had a suffix because limits.names has no room to remember it",
                    static_cast<double>(now.of[static_cast<std::size_t>(name_form::unremembered)]),
                    {});
  out.gauge_value("weir_series_names_bytes", "Bytes of the names that are remembered",
                  static_cast<double>(now.bytes), {});
  out.gauge_value("weir_series_names_limit_bytes", "Most that they may be (limits.names)",
                  static_cast<double>(now.bytes_max), {});
  out.counter_value("weir_series_names_failures_total",
                    "Times the file of names could not be written",
                    static_cast<double>(now.failures), {});
}

}  // namespace weir
