// SPDX-License-Identifier: Apache-2.0
//
// A histogram's values as they are reported, and a histogram of durations with fixed buckets. Not
// thread-safe: its owner guards it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

/// A histogram at one moment: `counts[i]` values were at most `bounds[i]` and above the bound
/// before it. There is one count more than bounds: of the values above all of them.
struct histogram_counts {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;
  double sum = 0;
};

struct durations {
  /// Upper bounds of the buckets, 100 microseconds to 10 seconds; one more bucket counts what took
  /// longer.
  static constexpr std::array<std::int64_t, 16> bounds_ns{
      100'000,       250'000,       500'000,       1'000'000,     2'500'000,   5'000'000,
      10'000'000,    25'000'000,    50'000'000,    100'000'000,   250'000'000, 500'000'000,
      1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};

  /// Of each bucket alone.
  std::array<std::uint64_t, bounds_ns.size() + 1> counts{};
  std::uint64_t sum_ns = 0;

  /// Counts one duration. A negative one (the clock was set back) counts as 0.
  void note(std::int64_t took_ns) noexcept {
    const std::int64_t took = std::max<std::int64_t>(0, took_ns);
    const auto bucket = std::lower_bound(bounds_ns.begin(), bounds_ns.end(), took);
    ++counts[static_cast<std::size_t>(bucket - bounds_ns.begin())];
    sum_ns += static_cast<std::uint64_t>(took);
  }
  void add(const durations& others) noexcept {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] += others.counts[i];
    }
    sum_ns += others.sum_ns;
  }
  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t each : counts) {
      sum += each;
    }
    return sum;
  }
  /// In seconds.
  [[nodiscard]] histogram_counts reported() const {
    histogram_counts out;
    for (const std::int64_t bound : bounds_ns) {
      out.bounds.push_back(static_cast<double>(bound) / 1e9);
    }
    out.counts.assign(counts.begin(), counts.end());
    out.sum = static_cast<double>(sum_ns) / 1e9;
    return out;
  }
};

}  // namespace weir
