// SPDX-License-Identifier: Apache-2.0
//
// A remote_write sink's numbers in samples: written on its thread, read on any.
#pragma once

#include <array>
#include <string_view>

#include "observe/metrics.hpp"
#include "sinks/remote_write/sample_batch.hpp"

namespace weir {

struct sample_counters {
  counter delivered;
  std::array<counter, discard_reason_count> discarded;
  counter inexact;
  counter cut_labels;
  counter requests;
  counter connections;
  counter bisection_requests;
  counter series_known;
  counter series_forgotten;
  counter ledger_failures;
  counter stale_markers;
  counter series_watched;
  counter series_unwatched;

  void note(const sample_counts& counts) noexcept;
  void collect(std::string_view sink_name, metric_collector& out) const;
};

}  // namespace weir
