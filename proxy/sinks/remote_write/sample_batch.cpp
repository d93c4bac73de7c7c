// SPDX-License-Identifier: Apache-2.0
//
// Lines to samples. Pure.
#include "sinks/remote_write/sample_batch.hpp"

#include <algorithm>

#include "sinks/filters/canonical_lines.hpp"

namespace weir {
namespace {

/// Of each buffer of a reader, from one batch to the next.
constexpr std::size_t reader_bytes_kept = std::size_t{64} << 10;

}  // namespace

void sample_batch::read(const sample_rules& rules, sent_ledger& ledger, series_mapper& mapper,
                        line_reader& reader) {
  reader.reset(options_of_canonical_lines());
  reader.feed(lines_);
  reader.finish();
  std::uint32_t at = 0;
  for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
    const bool broken = event == line_event::error;
    // Canonical lines lie without gaps, so lengths add up to offsets.
    const std::size_t text = broken ? reader.error().text.size() : reader.point().text.size();
    const auto bytes = static_cast<std::uint32_t>(text + 1);
    points_.push_back({{at, bytes}});
    at += bytes;
    if (broken) {
      note_broken_line();
      continue;
    }
    read_point(reader.point(), rules.now_ms, mapper);
  }
  reader.shrink(reader_bytes_kept);
  mapper.keep_names();
  keep_last_of_each_time();
  drop_too_old(rules.least_ms);
  drop_what_is_sent(rules, ledger);
  order(rules.several);
}

/// It has no sample that could be sent: the line is kept as if the server had refused it.
void sample_batch::note_broken_line() {
  note(static_cast<std::uint32_t>(points_.size() - 1), discard_reason::refused);
  points_.back().refused = true;
}

void sample_batch::read_point(const point_view& point, std::int64_t now_ms, series_mapper& mapper) {
  const auto index = static_cast<std::uint32_t>(points_.size() - 1);
  const std::int64_t time_ms = point.time ? to_milliseconds(*point.time) : now_ms;
  const bool future = time_ms > now_ms + future_ms_max;
  known_series::line line(known_, point, mapper);
  const std::size_t first = samples_.size();
  for (std::size_t i = 0; i < point.fields.size(); ++i) {
    bool exact = true;
    const std::optional<double> value = mapper.value_of(point.fields[i], exact);
    if (!value) {
      note(index, discard_reason::string);
      continue;
    }
    if (future) {
      note(index, discard_reason::future);
      continue;
    }
    counts_.inexact += exact ? 0 : 1;
    samples_.push_back({time_ms, *value, line.series_of(i), index, 0, 0});
  }
  counts_.cut_labels += line.cut_labels();
  note_times(first);
}

/// Of the samples from `first` on.
void sample_batch::note_times(std::size_t first) {
  if (series_.size() < known_.count()) {
    series_.resize(known_.count());
  }
  bool in_order = in_order_;
  for (std::size_t i = first; i < samples_.size(); ++i) {
    std::int64_t& last_ms = series_[samples_[i].series].last_read_ms;
    in_order = in_order && samples_[i].time_ms > last_ms;
    last_ms = samples_[i].time_ms;
  }
  in_order_ = in_order;
}

std::vector<std::uint32_t> sample_batch::shares(std::size_t count) const {
  std::vector<std::uint32_t> made(known_.count());
  for (std::uint32_t i = 0; i < made.size(); ++i) {
    made[i] = static_cast<std::uint32_t>(known_.key(i).high % count);
  }
  return made;
}

void sample_batch::deliver(const sample& one) {
  ++counts_.delivered;
  points_[one.point].now = fate::delivered;
  std::optional<std::int64_t>& newest_ms = series_[one.series].newest_ms;
  newest_ms = std::max(newest_ms.value_or(one.time_ms), one.time_ms);
}

void sample_batch::refuse(const sample& one, discard_reason reason) {
  note(one.point, reason);
  points_[one.point].refused = true;
}

void sample_batch::note(std::uint32_t point, discard_reason reason) {
  ++counts_.discarded[reason];
  point_entry& entry = points_[point];
  if (entry.now == fate::nothing ||
      (entry.now == fate::discarded && entry.reason == discard_reason::string)) {
    entry.now = fate::discarded;
    entry.reason = reason;
  }
}

discard_counts sample_batch::discarded_points(std::uint64_t points_max) const {
  discard_counts out;
  std::uint64_t left = points_max;
  for (const point_entry& one : points_) {
    if (one.now == fate::discarded && left > 0) {
      ++out[one.reason];
      --left;
    }
  }
  return out;
}

std::string sample_batch::refused_lines() const {
  std::string out;
  for (const point_entry& one : points_) {
    if (one.refused) {
      out += std::string_view(lines_).substr(one.line.at, one.line.bytes);
    }
  }
  return out;
}

}  // namespace weir
