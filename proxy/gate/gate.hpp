// SPDX-License-Identifier: Apache-2.0
//
// The gate: the chain of checks that one parsed point passes, and the writing of what passes as a
// canonical line. Pure: the clock's reading comes with the request. One thread, reused by `begin`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gate/check.hpp"
#include "gate/long_strings.hpp"
#include "gate/names.hpp"
#include "gate/point_draft.hpp"
#include "gate/retention.hpp"
#include "gate/rules/field_edit.hpp"
#include "gate/rules/rules.hpp"
#include "gate/series/series_check.hpp"
#include "gate/staging.hpp"
#include "gate/time.hpp"
#include "gate/unsigned_values.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class gate {
 public:
  /// Begins a request: forgets what was counted.
  void begin(const gate_request& request);

  /// Runs the chain for some points at once, which hides the time that memory takes: stages those
  /// from the first on that are kept as they are (at most given a time) because lines like them
  /// passed before, and says how many. The next one, if there is one, is for `pass`.
  [[nodiscard]] std::size_t pass_known(std::span<const point_view> points, staged_lines& out);

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

  /// The time of the point that was last refused as beyond retention, and how long points are kept,
  /// both in nanoseconds.
  [[nodiscard]] std::int64_t expired_time() const noexcept { return expired_time_; }
  [[nodiscard]] std::int64_t kept_ns() const noexcept { return retention_.kept_ns(); }

  /// How many of the points staged in this request were mended, by reason.
  [[nodiscard]] const gate_tally& mended() const noexcept { return mended_; }

  /// How many were let through unchanged for a reason that somebody may want to know.
  [[nodiscard]] const gate_tally& noted() const noexcept { return noted_; }

  /// The words of a refusal by its series: types, duplicates, limits. Of the last `pass`.
  [[nodiscard]] const std::string& detail() const noexcept { return series_.detail(); }

  /// Whether what was staged since the last of these calls is in the log.
  void kept() { series_.commit(); }
  void lost() { series_.rollback(); }

 private:
  static constexpr std::size_t ahead_most = 16;

  [[nodiscard]] gate_answer pass_timed(const point_view& line, const gate_answer& timed,
                                       std::int64_t time, staged_lines& out);
  /// Writes lines of the first of the points, as far as nothing but what is remembered decides on
  /// them, to `ahead_`.
  void write_ahead(std::span<const point_view> points, staged_lines& out);
  /// Ends the line that holds a series and fields.
  void end_line(const point_view& point, staged_line& line) const;
  [[nodiscard]] const point_view& with_integers(const point_view& point);

  database_rules* rules_ = nullptr;
  time_check time_;
  retention_check retention_;
  std::int64_t expired_time_ = 0;
  bool copies_times_ = false;
  std::vector<staged_line> ahead_;
  /// Lines to write before the first of them is decided on: few where lines are often unknown.
  std::size_t ahead_max_ = ahead_most;
  names_check names_;
  unsigned_check unsigned_;
  long_strings_check long_strings_;
  series_check series_;
  gate_tally mended_{};
  gate_tally noted_{};
  point_draft draft_;
  field_edit unsigned_edit_;
  point_view unsigned_point_;
};

}  // namespace weir
