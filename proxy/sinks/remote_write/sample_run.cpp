// SPDX-License-Identifier: Apache-2.0
//
// Runs of samples, and requests of them. Pure.
#include "sinks/remote_write/sample_run.hpp"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::vector<sample_run> split_in_runs(sample_batch& of, std::size_t runs) {
  std::vector<sample> all = of.take_samples();
  std::vector<std::vector<sample>> parts(runs);
  if (runs == 1) {
    parts.front() = std::move(all);
  } else {
    const std::vector<std::uint32_t> run_of = of.shares(runs);
    for (const sample& one : all) {
      parts[run_of[one.series]].push_back(one);
    }
  }
  std::vector<sample_run> made;
  made.reserve(runs);
  for (std::vector<sample>& each : parts) {
    made.emplace_back(of, std::move(each));
  }
  return made;
}

std::size_t sample_run::make_request(std::size_t begin, std::size_t samples_max,
                                     std::size_t bytes_max) {
  place_of_series_.resize(of_->series_count(), none);
  samples_of_place_.clear();
  std::size_t end = begin;
  std::size_t bytes = 0;
  for (; end < samples_.size() && end - begin < samples_max; ++end) {
    const sample& one = samples_[end];
    of_->expect(samples_[std::min(end + sample_batch::ahead, samples_.size() - 1)]);
    std::uint32_t& place = place_of_series_[one.series];
    bytes += wire::sample_bytes_max + (place == none ? of_->label_bytes(one.series) : 0);
    if (end > begin && (bytes > bytes_max || one.round != samples_[begin].round)) {
      break;
    }
    if (place == none) {
      place = static_cast<std::uint32_t>(samples_of_place_.size());
      samples_of_place_.push_back(0);
    }
    ++samples_of_place_[place];
  }
  put_series_together(begin, end);
  return end;
}

/// Series in the order of their first samples, so that the oldest of all comes first: an empty
/// Prometheus takes nothing that is an hour older than the first sample that it gets.
void sample_run::put_series_together(std::size_t begin, std::size_t end) {
  const std::size_t places = samples_of_place_.size();
  if (places < end - begin) {
    std::uint32_t at = 0;
    for (std::uint32_t& count : samples_of_place_) {
      at += std::exchange(count, at);
    }
    together_.resize(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      together_[samples_of_place_[place_of_series_[samples_[i].series]]++] = samples_[i];
    }
    std::copy(together_.begin(), together_.end(),
              samples_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  for (std::size_t i = begin; i < end; ++i) {
    place_of_series_[samples_[i].series] = none;
  }
}

bool sample_run::holds_a_series_twice(std::size_t begin, std::size_t end) const {
  const auto from = samples_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto to = samples_.begin() + static_cast<std::ptrdiff_t>(end);
  return std::adjacent_find(from, to, [](const sample& one, const sample& next) {
           return one.series == next.series;
         }) != to;
}

}  // namespace weir
