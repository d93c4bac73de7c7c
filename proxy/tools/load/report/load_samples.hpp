// SPDX-License-Identifier: Apache-2.0
//
// How a run went, second by second, for the plots of its report. Bounded: when there are as many
// samples as may be, two become one, and further ones stand for twice the time. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weir {

/// What happened between two looks at a run.
struct load_sample {
  /// Seconds since the run's beginning, at the end of what the sample stands for; and how long that
  /// is.
  double at_s = 0;
  double seconds = 0;
  /// Lines a second: accepted over HTTP, sent over UDP; and those that were rejected.
  double lines_per_second = 0;
  double rejected_per_second = 0;
  /// Of the answers that came. Of samples that became one: p50 is the mean, the others the largest.
  std::uint64_t answers = 0;
  std::optional<double> p50_ms{};
  std::optional<double> p99_ms{};
  std::optional<double> max_ms{};
  /// CPU seconds a second: of this process, and of the one that --pid names.
  std::optional<double> own_cpu{};
  std::optional<double> watched_cpu{};
};

/// One for both, where `second` follows on `first`.
[[nodiscard]] load_sample joined(const load_sample& first, const load_sample& second);

class load_samples {
 public:
  static constexpr std::size_t samples_max = 600;

  void add(const load_sample& sample);
  /// In the order of time, with what is not as long as the others at the end.
  [[nodiscard]] std::vector<load_sample> all() const;

 private:
  void halve();

  std::vector<load_sample> samples_;
  /// What the next sample has so far, and of how many.
  std::optional<load_sample> begun_;
  std::size_t joined_ = 0;
  std::size_t together_ = 1;
};

}  // namespace weir
