// SPDX-License-Identifier: Apache-2.0
#include "tools/load/report/load_samples.hpp"

#include <algorithm>

namespace weir {
namespace {

using number = std::optional<double>;

double mean(double a, double a_weight, double b, double b_weight) {
  const double sum = a_weight + b_weight;
  return sum > 0 ? (a * a_weight + b * b_weight) / sum : 0;
}

/// Nothing counts as if it were not there.
number mean(const number& a, double a_weight, const number& b, double b_weight) {
  if (!a || !b) {
    return a ? a : b;
  }
  return mean(*a, a_weight, *b, b_weight);
}

number larger(const number& a, const number& b) {
  return a && b ? number(std::max(*a, *b)) : a ? a : b;
}

}  // namespace

load_sample joined(const load_sample& first, const load_sample& second) {
  const auto over_time = [&](const auto& a, const auto& b) {
    return mean(a, first.seconds, b, second.seconds);
  };
  return {.at_s = second.at_s,
          .seconds = first.seconds + second.seconds,
          .lines_per_second = over_time(first.lines_per_second, second.lines_per_second),
          .rejected_per_second = over_time(first.rejected_per_second, second.rejected_per_second),
          .answers = first.answers + second.answers,
          .p50_ms = mean(first.p50_ms, static_cast<double>(first.answers), second.p50_ms,
                         static_cast<double>(second.answers)),
          .p99_ms = larger(first.p99_ms, second.p99_ms),
          .max_ms = larger(first.max_ms, second.max_ms),
          .own_cpu = over_time(first.own_cpu, second.own_cpu),
          .watched_cpu = over_time(first.watched_cpu, second.watched_cpu)};
}

void load_samples::add(const load_sample& sample) {
  begun_ = begun_ ? joined(*begun_, sample) : sample;
  if (++joined_ < together_) {
    return;
  }
  samples_.push_back(*begun_);
  begun_.reset();
  joined_ = 0;
  if (samples_.size() >= samples_max) {
    halve();
  }
}

void load_samples::halve() {
  static_assert(samples_max % 2 == 0);
  for (std::size_t i = 0; i < samples_.size() / 2; ++i) {
    samples_[i] = joined(samples_[2 * i], samples_[2 * i + 1]);
  }
  samples_.resize(samples_.size() / 2);
  together_ *= 2;
}

std::vector<load_sample> load_samples::all() const {
  std::vector<load_sample> out = samples_;
  if (begun_) {
    out.push_back(*begun_);
  }
  return out;
}

}  // namespace weir
