// SPDX-License-Identifier: Apache-2.0
#include "tools/screen/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text/counted.hpp"
#include "tools/screen/screen_text.hpp"

namespace weir {
namespace {

/// The rate is that of so long: long enough to be calm, short enough to show a change.
constexpr std::chrono::seconds window{5};
/// A rate over less than this says little.
constexpr std::chrono::milliseconds interval_least{400};

}  // namespace

progress::progress(std::string what, std::string unit, std::optional<std::uint64_t> total)
    : what_(std::move(what)), unit_(std::move(unit)), total_(total) {}

std::string progress::amount(std::uint64_t value) const {
  return unit_ == "bytes" ? short_bytes(static_cast<double>(value)) : grouped_digits(value);
}

std::optional<double> progress::rate() const {
  const auto interval = samples_.back().at - samples_.front().at;
  if (interval < interval_least || samples_.back().done < samples_.front().done) {
    return std::nullopt;
  }
  return static_cast<double>(samples_.back().done - samples_.front().done) /
         std::chrono::duration<double>(interval).count();
}

std::optional<std::string> progress::line(std::uint64_t done, std::chrono::milliseconds now,
                                          std::size_t columns) {
  if (!is_due(now)) {
    return std::nullopt;
  }
  samples_.push_back({now, done});
  while (samples_.size() > 2 && now - samples_.front().at > window) {
    samples_.pop_front();
  }
  std::string out = what_;
  if (total_ && *total_ > 0) {
    constexpr std::size_t bar_columns = 22;
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total_));
    const auto marks = static_cast<std::size_t>(share * (bar_columns - 2));
    out += fmt::format(" {:3.0f}% [{}{}]", share * 100, std::string(marks, '#'),
                       std::string(bar_columns - 2 - marks, '.'));
  }
  out += " " + amount(done) + (total_ ? " of " + amount(*total_) : "");
  out += unit_ == "bytes" ? "" : " " + unit_;
  if (const auto each_second = rate()) {
    out += ", " + (unit_ == "bytes" ? short_bytes(*each_second) : short_count(*each_second)) + "/s";
    if (total_ && done<*total_&& * each_second> 0) {
      out += fmt::format(", {} left",
                         short_duration(static_cast<double>(*total_ - done) / *each_second));
    }
  }
  return cut_to(out, columns);
}

}  // namespace weir
