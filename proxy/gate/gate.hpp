// SPDX-License-Identifier: Apache-2.0
//
// The gate: the chain of checks that one parsed point passes, and the writing of what passes as a
// canonical line. Pure: the clock's reading comes with the request. One thread, reused by `begin`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "gate/chain.hpp"
#include "gate/check.hpp"
#include "gate/point_draft.hpp"
#include "gate/series/series_check.hpp"
#include "gate/staging.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class gate {
 public:
  /// Begins a request: forgets what was counted.
  void begin(const gate_request& request);

  /// Runs the chain for some points at once, which hides the latency of memory: stages the first of
  /// them, as far as they are kept as they are (at most given a time) because points like them
  /// passed before. Returns how many; the next one, if there is one, is for `pass`.
  [[nodiscard]] std::size_t pass_known(std::span<const point_view> points, staged_lines& out);

  /// Runs the chain. A point that is kept or repaired is staged as a canonical line with its time
  /// in nanoseconds; of a refused or dropped one nothing is.
  [[nodiscard]] gate_answer pass(const point_view& point, staged_lines& out);

  /// The same for a line whose time, as a number without its unit, is in `point.time`, because the
  /// parser found that it overflows in the request's unit. `keep`, and nothing is staged: the
  /// number is no mistaken precision, so that the parser's error stands.
  [[nodiscard]] gate_answer pass_overflowed(const point_view& point, staged_lines& out);

  /// What the check says of the point that `answer` refused last: {detail} of its message
  /// (codes.hpp). Empty where the message has none.
  [[nodiscard]] std::string detail(const gate_answer& answer, const point_view& point) const;

  /// The time of the point that was last refused as beyond retention, and how long points are kept,
  /// both in nanoseconds.
  [[nodiscard]] std::int64_t expired_time() const noexcept {
    return std::get<retention_check>(checks_).expired_time();
  }
  [[nodiscard]] std::int64_t kept_ns() const noexcept {
    return std::get<retention_check>(checks_).kept_ns();
  }

  /// How many of the points staged in this request were repaired, by reason.
  [[nodiscard]] const gate_tally& repaired() const noexcept { return repaired_; }

  /// How many were let through unchanged, but deserve a look by their sender or the operator.
  [[nodiscard]] const gate_tally& noted() const noexcept { return noted_; }

  /// What was staged since the last of these calls is in the log.
  void commit() { series_.commit(); }
  /// It is not: points of it contradict no later ones.
  void rollback() { series_.rollback(); }

  /// What other weirs have to agree to before what was said of lines holds, since `forget_claims`.
  [[nodiscard]] const claim_range& claims() const noexcept { return series_.claims(); }
  void forget_claims() noexcept { series_.forget_claims(); }

 private:
  static constexpr std::size_t ahead_most = 16;

  [[nodiscard]] gate_answer pass(passage& one, staged_lines& out);
  /// Runs the checks from this one on.
  template <std::size_t at>
  [[nodiscard]] gate_answer run_from(passage& one);
  [[nodiscard]] bool passes(const point_view& point, std::int64_t& time) const noexcept;
  /// Writes lines of the first of the points, as far as nothing but what is remembered decides on
  /// them, to `ahead_`.
  void write_ahead(std::span<const point_view> points, staged_lines& out);
  /// Ends the line that holds a series and fields.
  void end_line(const point_view& point, staged_line& line) const;

  gate_checks checks_;
  series_check series_;
  /// Of the check that refused last: its place in `checks_`, or behind them for series_check.
  std::size_t refused_by_ = 0;
  bool copies_times_ = false;
  std::vector<staged_line> ahead_;
  /// Lines to write before the first of them is decided on: few where lines are often unknown.
  std::size_t ahead_max_ = ahead_most;
  gate_tally repaired_{};
  gate_tally noted_{};
  point_draft draft_;
};

}  // namespace weir
