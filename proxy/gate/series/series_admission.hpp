// SPDX-License-Identifier: Apache-2.0
//
// Lets new series in: counts them for their database and measurement, within the limits of the
// policy (series_total, series_per_hour and the same keys of measurements). Lines of known series
// do not come here. Pure but for the shared memory; one for each gate, on its thread.
#pragma once

#include "gate/check.hpp"
#include "gate/series/cardinality.hpp"
#include "gate/series/series_line.hpp"

namespace weir {

class series_admission {
 public:
  void begin(const series_request& request) noexcept;

  /// Counts the line's series, unless it is known or a limit refuses it. Requires: the line's
  /// measurement was named.
  [[nodiscard]] gate_answer admit(series_line& line);
  /// Which measurement counts the series, for its new entry; nullptr: the series was known.
  [[nodiscard]] measurement_record* record() const noexcept { return record_; }
  /// The series was entered: other weirs are to be told, where they share this database's.
  void entered(const wide_hash& series) const;
  /// The series was not entered after all: its line is refused, or another thread was faster.
  void retract();

 private:
  [[nodiscard]] gate_answer refuse(const series_refusal& refusal, series_line& line) const;

  series_request request_;
  series_limits limits_;
  measurement_record* record_ = nullptr;
};

}  // namespace weir
