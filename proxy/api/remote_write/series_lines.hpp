// SPDX-License-Identifier: Apache-2.0
//
// Series of remote write as lines: the metric's name is the measurement, labels are tags, the value
// is the field `value`, times are in milliseconds. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/remote_write/translation.hpp"

namespace weir::api {

/// NaN with these bits ends a series.
inline constexpr std::uint64_t stale_marker_bits = 0x7ff0'0000'0000'0002;

struct sample_counts {
  /// Given on as lines.
  std::uint64_t lines = 0;
  std::uint64_t stale_markers = 0;
  std::uint64_t not_finite = 0;
  std::uint64_t histograms = 0;
  std::uint64_t unwritable = 0;
};

class series_lines {
 public:
  /// Of one series: so many labels are more than any server takes.
  static constexpr std::size_t labels_max = 1024;

  explicit series_lines(translated_lines& to) noexcept : to_(to) {}

  /// A series begins. Its labels come before its samples; views live until its last sample.
  void begin();
  /// False: it has too many.
  [[nodiscard]] bool add_label(std::string_view name, std::string_view value);
  /// `bits`: of the double, so that no arithmetic changes a NaN.
  void add_sample(std::uint64_t bits, std::int64_t time_ms);
  void add_histogram(std::int64_t time_ms);
  /// Hands on what waits.
  void finish();

  [[nodiscard]] const sample_counts& counts() const noexcept { return counts_; }

 private:
  void make_series();
  void end_series(std::int64_t time_ms);
  void leave_out(left_out why, std::string_view value, std::int64_t time_ms);

  translated_lines& to_;
  std::vector<std::pair<std::string_view, std::string_view>> labels_;
  /// Measurement and tags of the series under way, once its first sample came.
  std::string series_;
  bool is_made_ = false;
  bool is_writable_ = true;
  std::string waiting_;
  std::string scratch_;
  sample_counts counts_;
};

}  // namespace weir::api
