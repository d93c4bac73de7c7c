// SPDX-License-Identifier: Apache-2.0
//
// Some series of a batch with all of their samples: what one connection sends, as requests. What
// became of each sample is told to the batch. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
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
  sample_run(sample_batch& of, std::vector<sample_row> rows) : of_(&of), rows_(std::move(rows)) {}

  /// It consists of rows, as long as nothing but requests that are accepted was made of it:
  /// `samples` are none then, and places in it are those of rows.
  [[nodiscard]] bool of_rows() const noexcept { return !rows_.empty(); }
  [[nodiscard]] const std::vector<sample_row>& rows() const noexcept { return rows_; }
  /// Rows from `begin` on become samples. Of those before `end`, which are a request, samples of a
  /// series are put together; their number.
  std::size_t take_apart(std::size_t begin, std::size_t end);
  /// Places in it.
  [[nodiscard]] std::size_t size() const noexcept {
    return of_rows() ? rows_.size() : samples_.size();
  }

  /// Their order is send_plan's matter.
  [[nodiscard]] std::vector<sample>& samples() noexcept { return samples_; }
  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }
  /// Where a request ends that begins with sample `begin`: of one round, at most so many samples
  /// and bytes before compression, at least one sample. Those of a series are put together.
  [[nodiscard]] std::size_t make_request(std::size_t begin, std::size_t samples_max,
                                         std::size_t bytes_max);
  /// The same of rows, of which those of a line are put together. `begin`: no request is worth it,
  /// as the first row is too large, or rows have some series in common and not all.
  [[nodiscard]] std::size_t make_request_of_rows(std::size_t begin, std::size_t samples_max,
                                                 std::size_t bytes_max);
  /// Where the rows end that have the same series as that at `begin`, in a request.
  [[nodiscard]] std::size_t end_of_line(std::size_t begin, std::size_t end) const;
  /// Of samples in a request.
  [[nodiscard]] bool holds_a_series_twice(std::size_t begin, std::size_t end) const;

  // As the batch's.
  [[nodiscard]] std::optional<std::uint32_t> number_of(const series_key& series) const {
    return of_->number_of(series);
  }
  [[nodiscard]] sent_sample sent_of(const sample& one) const { return of_->sent_of(one); }
  [[nodiscard]] sent_series series_of(const sample& one) const { return of_->series_of(one); }
  [[nodiscard]] sent_series series(std::uint32_t number) const { return of_->series(number); }
  [[nodiscard]] double value(const sample_row& of, std::uint32_t index) const {
    return of_->value(of, index);
  }
  void expect_labels(const sample& one) const { of_->expect_labels(one); }
  void expect(const sample_row& row) const { of_->expect(row); }
  void expect_labels(const sample_row& row) const { of_->expect_labels(row); }
  void deliver(const sample& one) { of_->deliver(one); }
  void deliver(const sample_row& row) { of_->deliver(row); }
  void refuse(const sample& one, discard_reason reason) { of_->refuse(one, reason); }

 private:
  void put_series_together(std::size_t begin, std::size_t end);
  void put_lines_together(std::size_t begin, std::size_t end);
  [[nodiscard]] std::uint32_t line_of(const sample_row& row) const;

  /// Of rows that have some series in common and not all.
  static constexpr std::uint32_t several_lines = std::numeric_limits<std::uint32_t>::max() - 1;

  sample_batch* of_;
  std::vector<sample> samples_;
  std::vector<sample_row> rows_;
  // Of the request being made: which series it has, or rows of one line, and how many samples, or
  // rows, of each.
  std::vector<std::uint32_t> place_of_series_;
  std::vector<std::uint32_t> samples_of_place_;
  std::vector<std::uint32_t> series_of_line_;
  std::vector<sample> together_;
  std::vector<sample_row> rows_together_;
};

/// The batch's samples in so many runs (at least one), each series in one of them. A series is
/// always in the same one of a number.
[[nodiscard]] std::vector<sample_run> split_in_runs(sample_batch& of, std::size_t runs);

}  // namespace weir
