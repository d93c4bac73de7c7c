// SPDX-License-Identifier: Apache-2.0
#include "api/remote_write/series_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/text/line_words.hpp"

namespace weir::api {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
/// In nanoseconds, later ones are none.
constexpr std::int64_t time_ms_most = std::numeric_limits<std::int64_t>::max() / ns_per_ms;
constexpr std::size_t lines_at_once_bytes = std::size_t{64} << 10;
/// As InfluxDB calls what has no name.
constexpr std::string_view unnamed = "prom_metric_not_specified";

void append_escaped(std::string_view text, std::string_view escaped, std::string& out) {
  if (text.find_first_of(escaped) == std::string_view::npos) {
    out.append(text);
    return;
  }
  for (const char c : text) {
    if (escaped.find(c) != std::string_view::npos) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
}

std::string_view word_of(double value) noexcept {
  return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

}  // namespace

void series_lines::begin() {
  labels_.clear();
  is_made_ = false;
}

bool series_lines::add_label(std::string_view name, std::string_view value) {
  if (labels_.size() >= labels_max) {
    return false;
  }
  labels_.emplace_back(name, value);
  return true;
}

void series_lines::make_series() {
  if (std::exchange(is_made_, true)) {
    return;
  }
  std::string_view measurement = unnamed;
  for (const auto& [name, value] : labels_) {
    if (name == "__name__" && !value.empty()) {
      measurement = value;
    }
  }
  series_.clear();
  is_writable_ = is_line_beginning(measurement);
  append_escaped(measurement, ", ", series_);
  for (const auto& [name, value] : labels_) {
    if (name == "__name__" || value.empty()) {
      continue;  // a label without a value is one that is not there
    }
    is_writable_ = is_writable_ && is_line_word(name) && is_line_word(value);
    series_.push_back(',');
    append_escaped(name, ",= ", series_);
    series_.push_back('=');
    append_escaped(value, ",= ", series_);
  }
}

void series_lines::add_sample(std::uint64_t bits, std::int64_t time_ms) {
  make_series();
  if (bits == stale_marker_bits) {
    end_series(time_ms);
    return;
  }
  const auto value = std::bit_cast<double>(bits);
  if (!std::isfinite(value)) {
    ++counts_.not_finite;
    leave_out(left_out::not_finite, word_of(value), time_ms);
    return;
  }
  if (!is_writable_) {
    ++counts_.unwritable;
    leave_out(left_out::unwritable, fmt::format("{}", value), time_ms);
    return;
  }
  ++counts_.lines;
  waiting_.append(series_).append(" value=");
  fmt::format_to(std::back_inserter(waiting_), "{} {}\n", value, time_ms);
  if (waiting_.size() >= lines_at_once_bytes) {
    finish();
  }
}

void series_lines::end_series(std::int64_t time_ms) {
  ++counts_.stale_markers;
  if (!is_writable_ || time_ms > time_ms_most || time_ms < -time_ms_most) {
    leave_out(left_out::stale_marker, "NaN", time_ms);
    return;
  }
  finish();  // so that lines keep their order
  if (!std::is_sorted(labels_.begin(), labels_.end())) {
    // Senders must sort them. Of one that does not, the line is to name the series as its lines do
    // behind the gate.
    std::sort(labels_.begin(), labels_.end());
    is_made_ = false;
    make_series();
  }
  scratch_.assign(series_);
  fmt::format_to(std::back_inserter(scratch_), " value=0 {}\n", time_ms * ns_per_ms);
  to_.series_ended(scratch_);
}

void series_lines::add_histogram(std::int64_t time_ms) {
  make_series();
  ++counts_.histograms;
  leave_out(left_out::native_histogram, "histogram", time_ms);
}

void series_lines::leave_out(left_out why, std::string_view value, std::int64_t time_ms) {
  finish();  // so that lines keep their order
  scratch_.assign(series_).append(" value=").append(value);
  fmt::format_to(std::back_inserter(scratch_), " {}", time_ms);
  to_.leave_out(why, scratch_);
}

void series_lines::finish() {
  if (!waiting_.empty()) {
    to_.lines(waiting_);
    waiting_.clear();
  }
}

}  // namespace weir::api
