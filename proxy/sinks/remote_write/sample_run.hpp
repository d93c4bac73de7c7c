// SPDX-License-Identifier: Apache-2.0
//
// Some series of a batch with all of their samples: what one connection sends, as requests. What
// became of each sample is told to the batch. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sinks/remote_write/sample_batch.hpp"

namespace weir {

class sample_run {
 public:
  /// `of` must outlive it.
  sample_run(sample_batch& of, std::vector<sample> samples)
      : of_(&of), samples_(std::move(samples)) {}

  /// Their order is send_plan's matter.
  [[nodiscard]] std::vector<sample>& samples() noexcept { return samples_; }
  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }
  /// Where a request ends that begins with sample `begin`: of one round, at most so many samples
  /// and bytes before compression, at least one sample. Those of a series are put together.
  [[nodiscard]] std::size_t make_request(std::size_t begin, std::size_t samples_max,
                                         std::size_t bytes_max);
  /// Of samples in a request.
  [[nodiscard]] bool holds_a_series_twice(std::size_t begin, std::size_t end) const;

  // As the batch's.
  [[nodiscard]] std::optional<std::uint32_t> number_of(const series_key& series) const {
    return of_->number_of(series);
  }
  [[nodiscard]] sent_sample sent_of(const sample& one) const { return of_->sent_of(one); }
  [[nodiscard]] sent_series series_of(const sample& one) const { return of_->series_of(one); }
  void expect_labels(const sample& one) const { of_->expect_labels(one); }
  void deliver(const sample& one) { of_->deliver(one); }
  void refuse(const sample& one, discard_reason reason) { of_->refuse(one, reason); }

 private:
  void put_series_together(std::size_t begin, std::size_t end);

  sample_batch* of_;
  std::vector<sample> samples_;
  /// Of the request being made: which series it has, and how many samples of each.
  std::vector<std::uint32_t> place_of_series_;
  std::vector<std::uint32_t> samples_of_place_;
  std::vector<sample> together_;
};

/// The batch's samples in so many runs (at least one), each series in one of them. A series is
/// always in the same one of a number.
[[nodiscard]] std::vector<sample_run> split_in_runs(sample_batch& of, std::size_t runs);

}  // namespace weir
