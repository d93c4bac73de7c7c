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
  const std::uint64_t cut_before = mapper.cut_labels();
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
  counts_.cut_labels += mapper.cut_labels() - cut_before;
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
  labels_made_ = false;
  mapper.take(point);
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
    samples_.push_back({time_ms, *value, series_of(mapper.field(i), mapper), index, 0, 0});
  }
}

void sample_batch::encode_labels(series_mapper& mapper, std::string_view quantile) {
  labels_made_ = true;
  labels_kept_ = false;
  quantile_ = quantile;
  labels_.before.clear();
  labels_.after.clear();
  const auto append = [this](std::string_view name, std::string_view value) {
    append_label(name, value, name < wire::name_label ? labels_.before : labels_.after);
  };
  bool waits = !quantile.empty();
  for (const label_view& each : mapper.labels()) {
    if (waits && series_mapper::quantile_label < each.name) {
      waits = false;
      append(series_mapper::quantile_label, quantile);
    }
    append(each.name, each.value);
  }
  if (waits) {
    append(series_mapper::quantile_label, quantile);
  }
}

std::uint32_t sample_batch::series_of(const mapped_field& field, series_mapper& mapper) {
  if (!labels_made_ || quantile_ != field.quantile) {
    encode_labels(mapper, field.quantile);
  }
  whole_.assign(labels_.before);
  append_label(wire::name_label, field.name, whole_);
  whole_.append(labels_.after);
  const series_key key = series_key_of(whole_);
  const auto [place, made] = by_key_.emplace(key, static_cast<std::uint32_t>(series_.size()));
  if (made) {
    if (!labels_kept_) {
      labels_kept_ = true;
      label_sets_.push_back({keep(labels_.before), keep(labels_.after)});
    }
    series_.push_back(
        {key, static_cast<std::uint32_t>(label_sets_.size() - 1), keep(field.name), field.type});
  }
  return place->second;
}

sample_batch::span_of sample_batch::keep(std::string_view bytes) {
  const span_of where{static_cast<std::uint32_t>(arena_.size()),
                      static_cast<std::uint32_t>(bytes.size())};
  arena_.append(bytes);
  return where;
}

wire_series sample_batch::wire_of(const sample& one) const {
  return wire_of(series_[one.series]);
}

wire_series sample_batch::wire_of(const series_entry& series) const {
  const label_set& labels = label_sets_[series.labels];
  return {text(labels.before), text(series.name), text(labels.after), series.type};
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
