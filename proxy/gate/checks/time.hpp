// SPDX-License-Identifier: Apache-2.0
//
// Every point gets a time, and a time in the wrong unit is detected. A timestamp that
// its declared unit puts outside the plausible window while exactly one other unit puts it inside
// was sent in that other unit. Where none or several would, nothing is known: the time stands, and
// retention and sinks decide. Under "auto" the unit that puts it inside is its unit.
//
// A unit under a name that InfluxDB 1 does not know (`us` from Go's v1 client) may label times in
// nanoseconds, because that is how InfluxDB 1 reads them: where only nanoseconds make a time
// plausible it is read so, whatever becomes of other mistakes.
//
// For a plausible time this is two comparisons. Overflow is the parser's part. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time_unit.hpp"
#include "gate/passage.hpp"

namespace weir {

class time_check {
 public:
  /// The time that lines without one get: the time of receipt, cut towards the past to the
  /// request's precision, as InfluxDB does (one reading serves the whole request).
  [[nodiscard]] static std::int64_t assigned_time(const gate_request& request) noexcept {
    if (request.unit_ns == automatic_unit_ns) {
      return request.now_ns;
    }
    const std::int64_t remainder = request.now_ns % request.unit_ns;
    return request.now_ns - (remainder < 0 ? remainder + request.unit_ns : remainder);
  }

  void begin(const gate_request& request) noexcept;

  [[nodiscard]] gate_answer check(passage& one) noexcept {
    const std::optional<std::int64_t>& written = one.original().time;
    return one.overflowed() ? check_overflowed(*written, one.time) : check(written, one.time);
  }
  [[nodiscard]] bool passes(const point_view& point, std::int64_t& time) const noexcept {
    return is_plain(point.time, time);
  }

  /// Writes the point's time to `time`. `written` is in nanoseconds, or the number as it was sent
  /// when the unit is automatic.
  [[nodiscard]] gate_answer check(const std::optional<std::int64_t>& written,
                                  std::int64_t& time) noexcept {
    if (is_plain(written, time)) [[likely]] {
      return written ? gate_answer{} : gate_answer{gate_action::repair, gate_code::time_assigned};
    }
    return judge(time);
  }

  /// Whether the time, or that there is none, needs no further look. Writes it as `check` does.
  [[nodiscard]] bool is_plain(const std::optional<std::int64_t>& written,
                              std::int64_t& time) const noexcept {
    time = written.value_or(assigned_);
    return !written.has_value() || (time >= plain_from_ && time <= plain_to_);
  }

  /// Of a number as it was sent that overflowed in the request's unit: keep (and no time) means
  /// that it is nothing but that.
  [[nodiscard]] gate_answer check_overflowed(std::int64_t number, std::int64_t& time) noexcept;

  /// What is wrong with the time that was refused last, and what to send instead.
  [[nodiscard]] std::string detail(gate_code code, const point_view& point) const;

 private:
  /// Units that put `number` inside the window: how many, and the finest of them.
  struct fit {
    int units = 0;
    std::int64_t unit_ns = 0;
    std::int64_t time = 0;
  };

  [[nodiscard]] bool is_plausible(std::int64_t time) const noexcept {
    return time >= earliest_ && time <= latest_;
  }
  [[nodiscard]] gate_answer judge(std::int64_t& time) noexcept;
  [[nodiscard]] gate_answer mistaken(std::int64_t& time) noexcept;
  [[nodiscard]] gate_answer automatic(std::int64_t& time) noexcept;
  [[nodiscard]] fit fits(std::int64_t number) const noexcept;

  std::int64_t assigned_ = 0;
  // What needs no look: the window, everything (trust), or nothing (automatic).
  std::int64_t plain_from_ = 0;
  std::int64_t plain_to_ = 0;
  std::int64_t earliest_ = 0;
  std::int64_t latest_ = 0;
  std::int64_t unit_ns_ = 1;
  bool may_be_ns_ = false;
  precision_mistake_mode mode_ = precision_mistake_mode::reject;
  // Of the last number judged, for `detail`.
  std::int64_t number_ = 0;
  bool overflowed_ = false;
};

}  // namespace weir
