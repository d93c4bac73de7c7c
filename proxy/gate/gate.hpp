// SPDX-License-Identifier: Apache-2.0
//
// The gate: the chain of checks that one parsed point passes, and the writing of what passes as a
// canonical line. Pure: the clock's reading comes with the request. One thread, reused by `begin`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/check.hpp"
#include "gate/retention.hpp"
#include "gate/staging.hpp"
#include "gate/time.hpp"
#include "gate/unsigned_values.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class gate {
 public:
  /// Begins a request: forgets what was counted.
  void begin(const gate_request& request) noexcept;

  /// Runs the chain. A point that is kept or mended is staged as a canonical line with its time in
  /// nanoseconds; of a refused or dropped one nothing is.
  [[nodiscard]] gate_answer pass(const point_view& point, staged_lines& out);

  /// How many of the points staged in this request were mended, by reason.
  [[nodiscard]] const gate_tally& mended() const noexcept { return mended_; }

 private:
  void stage(const point_view& point, bool unsigned_to_integer, std::int64_t time,
             staged_lines& out);
  void append_with_integers(const point_view& point, std::string& out);

  time_check time_;
  retention_check retention_;
  unsigned_check unsigned_;
  gate_tally mended_{};
  std::vector<field_view> fields_;
  std::vector<std::string> texts_;
};

/// Settings by database and retention policy: "db/rp" before "db" before "*".
[[nodiscard]] const database_settings& policy_for(
    const std::map<std::string, database_settings>& policies, const std::string& database,
    const std::string& retention_policy);

}  // namespace weir
