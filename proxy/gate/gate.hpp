// SPDX-License-Identifier: Apache-2.0
//
// The gate: the chain of checks that one parsed point passes, and the writing of what passes as a
// canonical line. Pure: the clock's reading comes with the request. One thread, reused by `begin`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/check.hpp"
#include "gate/names.hpp"
#include "gate/point_draft.hpp"
#include "gate/retention.hpp"
#include "gate/rules.hpp"
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

  /// The same for a line whose time, as a number without its unit, is in `point.time`, because the
  /// parser found that it overflows in the request's unit. Its own error stands (`keep`, and
  /// nothing is staged) where the number is no mistaken precision.
  [[nodiscard]] gate_answer pass_overflowed(const point_view& point, staged_lines& out);

  /// What a client, or whoever reads of a dropped point, is told of the point that `answer` refused
  /// last, as the end of "unable to parse
  /// '...': ". Empty for codes whose words need nothing of the gate.
  [[nodiscard]] std::string words(const gate_answer& answer, const point_view& point) const;

  /// How many of the points staged in this request were mended, by reason.
  [[nodiscard]] const gate_tally& mended() const noexcept { return mended_; }

 private:
  [[nodiscard]] gate_answer pass_timed(const point_view& line, const gate_answer& timed,
                                       std::int64_t time, staged_lines& out);
  void stage(const point_view& point, bool unsigned_to_integer, std::int64_t time,
             staged_lines& out);
  void append_with_integers(const point_view& point, std::string& out);

  database_rules* rules_ = nullptr;
  time_check time_;
  retention_check retention_;
  names_check names_;
  unsigned_check unsigned_;
  gate_tally mended_{};
  point_draft draft_;
  std::vector<field_view> fields_;
  std::vector<std::string> texts_;
};

/// Settings by database and retention policy: "db/rp" before "db" before "*".
[[nodiscard]] const database_settings& policy_for(
    const std::map<std::string, database_settings>& policies, const std::string& database,
    const std::string& retention_policy);

}  // namespace weir
