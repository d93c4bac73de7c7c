// SPDX-License-Identifier: Apache-2.0
//
// Names of a remote_write sink's metrics. Pure.
#include "sinks/remote_write/sample_metrics.hpp"

#include "sinks/sink_metrics.hpp"

namespace weir {

void sample_counters::note(const sample_counts& counts) noexcept {
  delivered.add(counts.delivered);
  for (std::size_t i = 0; i < discard_reason_count; ++i) {
    discarded[i].add(counts.discarded.of[i]);
  }
  inexact.add(counts.inexact);
  cut_labels.add(counts.cut_labels);
}

void sample_counters::collect(std::string_view sink_name, metric_collector& out) const {
  const label name{"sink", sink_name};
  const auto count = [&](std::string_view metric, std::string_view help, const counter& number) {
    out.counter_value(metric, help, static_cast<double>(number.value()), {name});
  };
  count("weir_sink_delivered_samples_total", "Samples that the server has stored", delivered);
  for (std::size_t i = 0; i < discard_reason_count; ++i) {
    out.counter_value("weir_sink_discarded_samples_total", "Samples given up, by reason",
                      static_cast<double>(discarded[i].value()),
                      {name, {"reason", name_of(static_cast<discard_reason>(i))}});
  }
  count("weir_sink_inexact_samples_total", "Integers beyond 2^53, which a sample holds rounded",
        inexact);
  count(
      "weir_sink_cut_labels_total",
      "Labels, in samples, that were cut at label_value_bytes or stand in a hash because of labels",
      cut_labels);
  count("weir_sink_remote_write_requests_total", "Requests sent", requests);
  out.gauge_value("weir_sink_connections",
                  "Connections over which the last batch's samples were sent",
                  static_cast<double>(connections.value()), {name});
  count("weir_sink_bisection_requests_total", bisection_requests_help, bisection_requests);
  out.gauge_value("weir_sink_series", "Series whose last time is remembered",
                  static_cast<double>(series_known.value()), {name});
  count("weir_sink_series_forgotten_total",
        "Times the longest unseen series were forgotten, because limits.state was reached",
        series_forgotten);
  count("weir_sink_stale_markers_total", "Stale markers that the server has stored", stale_markers);
  out.gauge_value("weir_sink_series_watched", "Series that get a stale marker when they end",
                  static_cast<double>(series_watched.value()), {name});
  count("weir_sink_series_unwatched_total",
        "Series seen that get none, because limits.state was reached", series_unwatched);
  count("weir_sink_sent_failures_total", "Times the file of sent samples could not be written",
        ledger_failures);
}

}  // namespace weir
