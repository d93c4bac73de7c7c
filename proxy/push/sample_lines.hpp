// SPDX-License-Identifier: Apache-2.0
//
// Samples as line protocol: the metric is the measurement, its labels are tags, its value is the
// field `value`. What line protocol cannot hold is counted. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "exposition/document.hpp"

namespace weir::push {

struct line_counts {
  std::uint64_t written = 0;
  /// NaN, +Inf and -Inf.
  std::uint64_t not_finite = 0;
  /// Names or values with a line feed or with a backslash at the end, and names that begin with #,
  /// a tab or another control character that a line does not begin with (base/text/line_words.hpp).
  std::uint64_t unwritable = 0;

  line_counts& operator+=(const line_counts& other) noexcept;
};

/// Appends the line of a sample at `time_ns`; labels without a value are left out.
void append_line(std::string_view name, std::span<const exposition::label> labels, double value,
                 std::int64_t time_ns, std::string& out, line_counts& counts);

/// The same of all samples; their own times are not looked at.
void append_lines(const exposition::document& all, std::int64_t time_ns, std::string& out,
                  line_counts& counts);

/// Of a time in milliseconds; what nanoseconds cannot hold becomes the last that they can.
[[nodiscard]] std::int64_t nanoseconds_of(std::int64_t ms) noexcept;

/// Lines that name the series of all samples, whatever their values are: `value` is 0.
void append_series(const exposition::document& all, std::int64_t time_ns, std::string& out);

}  // namespace weir::push
