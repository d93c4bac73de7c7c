// SPDX-License-Identifier: Apache-2.0
//
// Runs of samples, and requests of them. Pure.
#include "sinks/remote_write/sample_run.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace weir {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

/// Those of a place behind one another, by place; each place's `counts` become where it ends.
/// `spare`: memory.
template <class Item>
void put_together(const std::vector<std::uint32_t>& place_of_series,
                  std::vector<std::uint32_t>& counts, std::span<Item> items,
                  std::vector<Item>& spare) {
  if (counts.size() == items.size()) {
    return;
  }
  std::uint32_t at = 0;
  for (std::uint32_t& count : counts) {
    at += std::exchange(count, at);
  }
  spare.resize(items.size());
  for (const Item& one : items) {
    spare[counts[place_of_series[one.series]]++] = one;
  }
  std::copy(spare.begin(), spare.end(), items.begin());
}

}  // namespace

namespace {

/// Nothing: the series of a row belong to different runs.
std::optional<std::vector<sample_run>> split_rows(sample_batch& of, std::size_t runs) {
  std::vector<std::vector<sample_row>> parts(runs);
  if (runs > 1) {
    const std::vector<std::uint32_t> run_of = of.shares(runs);
    for (const sample_row& row : of.rows()) {
      const auto first = run_of.begin() + row.series;
      if (std::any_of(first, first + row.count, [&](std::uint32_t own) { return own != *first; })) {
        return std::nullopt;
      }
      parts[*first].push_back(row);
    }
  }
  std::vector<sample_row> all = of.take_rows();
  if (runs == 1) {
    parts.front() = std::move(all);
  }
  std::vector<sample_run> made;
  made.reserve(runs);
  for (std::vector<sample_row>& each : parts) {
    made.emplace_back(of, std::move(each));
  }
  return made;
}

}  // namespace

std::vector<sample_run> split_in_runs(sample_batch& of, std::size_t runs) {
  if (!of.rows().empty()) {
    if (std::optional<std::vector<sample_run>> made = split_rows(of, runs)) {
      return std::move(*made);
    }
    of.take_apart();
  }
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
  put_together(place_of_series_, samples_of_place_, std::span(samples_).subspan(begin, end - begin),
               together_);
  for (std::size_t i = begin; i < end; ++i) {
    place_of_series_[samples_[i].series] = none;
  }
}

std::size_t sample_run::take_apart(std::size_t begin, std::size_t end) {
  std::size_t of_request = 0;
  for (std::size_t at = begin; at < rows_.size();) {
    const std::size_t next = at < end ? end_of_line(at, end) : at + 1;
    for (std::uint32_t i = 0; i < rows_[at].count; ++i) {
      for (std::size_t k = at; k < next; ++k) {
        const sample_row& row = rows_[k];
        samples_.push_back({row.time_ms, value(row, i), row.series + i, row.point, 0, 0});
      }
    }
    at = next;
    of_request = at == end ? samples_.size() : of_request;
  }
  rows_.clear();
  return of_request;
}

std::size_t sample_run::end_of_line(std::size_t begin, std::size_t end) const {
  std::size_t at = begin + 1;
  while (at < end && rows_[at].series == rows_[begin].series) {
    ++at;
  }
  return at;
}

/// The place of the rows that have the same series; none: the request has none of these.
std::uint32_t sample_run::line_of(const sample_row& row) const {
  const auto first = place_of_series_.begin() + row.series;
  const std::uint32_t line = *first;
  if (std::any_of(first, first + row.count, [&](std::uint32_t own) { return own != line; })) {
    return several_lines;
  }
  return line == none || series_of_line_[line] == row.count ? line : several_lines;
}

std::size_t sample_run::make_request_of_rows(std::size_t begin, std::size_t samples_max,
                                             std::size_t bytes_max) {
  place_of_series_.resize(of_->series_count(), none);
  samples_of_place_.clear();
  series_of_line_.clear();
  // Each series has an entry of its own to be looked at, which is seldom needed.
  const bool counts = (of_->label_bytes_most() + wire::sample_bytes_max) > bytes_max / samples_max;
  std::size_t end = begin;
  std::size_t bytes = 0;
  std::size_t samples = 0;
  bool mixed = false;
  for (; end < rows_.size(); ++end) {
    const sample_row& row = rows_[end];
    std::uint32_t line = line_of(row);
    mixed = line == several_lines;
    bytes += row.count * wire::sample_bytes_max;
    for (std::uint32_t i = 0; counts && line == none && i < row.count; ++i) {
      bytes += of_->label_bytes(row.series + i);
    }
    samples += row.count;
    if (mixed || samples > samples_max || (counts && bytes > bytes_max)) {
      break;
    }
    if (line == none) {
      line = static_cast<std::uint32_t>(samples_of_place_.size());
      samples_of_place_.push_back(0);
      series_of_line_.push_back(row.count);
      std::fill_n(place_of_series_.begin() + row.series, row.count, line);
    }
    ++samples_of_place_[line];
  }
  put_lines_together(begin, end);
  // A batch in which this is so again and again would be sent in small requests.
  return mixed && samples < samples_max / 4 ? begin : end;
}

/// As put_series_together.
void sample_run::put_lines_together(std::size_t begin, std::size_t end) {
  put_together(place_of_series_, samples_of_place_, std::span(rows_).subspan(begin, end - begin),
               rows_together_);
  for (std::size_t i = begin; i < end; ++i) {
    std::fill_n(place_of_series_.begin() + rows_[i].series, rows_[i].count, none);
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
