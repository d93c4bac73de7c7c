// SPDX-License-Identifier: Apache-2.0
//
// Lines to samples. Pure.
#include "sinks/remote_write/sample_batch.hpp"

#include <xxhash.h>

#include <limits>

namespace weir {

void sample_batch::read(const sample_rules& rules, sent_ledger& ledger) {
  parse_options options;
  // These lines went through the gate; whatever it let pass is no matter here.
  options.utf8 = utf8_policy::pass;
  options.take_byte_order_mark = false;
  options.line_bytes_max = std::numeric_limits<std::size_t>::max() / 2;
  line_reader reader(options);
  reader.feed(lines_);
  reader.finish();
  std::uint32_t at = 0;
  for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
    if (event == line_event::error) {
      continue;
    }
    // Canonical lines lie without gaps, so lengths add up to offsets.
    const auto bytes = static_cast<std::uint32_t>(reader.point().text.size() + 1);
    points_.push_back({{at, bytes}});
    at += bytes;
    read_point(reader.point(), rules.now_ms);
  }
  keep_last_of_each_time();
  drop_what_is_sent(rules, ledger);
  order(rules.several);
}

void sample_batch::read_point(const point_view& point, std::int64_t now_ms) {
  const auto index = static_cast<std::uint32_t>(points_.size() - 1);
  const std::int64_t time_ms = point.time ? to_milliseconds(*point.time) : now_ms;
  const bool future = time_ms > now_ms + future_ms_max;
  labels_kept_ = false;
  bool encoded = false;
  for (const field_view& field : point.fields) {
    if (field.type == field_type::string) {
      note(index, discard_reason::string);
      continue;
    }
    if (future) {
      note(index, discard_reason::future);
      continue;
    }
    if (!encoded) {
      encoded = true;
      labels_ = encode_labels(labels_of(point));
    }
    bool exact = true;
    const double value = sample_value(field, exact);
    counts_.inexact += exact ? 0 : 1;
    samples_.push_back({time_ms, value, series_of(point, field), index, 0, 0});
  }
}

std::uint32_t sample_batch::series_of(const point_view& point, const field_view& field) {
  name_.clear();
  append_metric_name(point, field, name_);
  whole_.assign(labels_.before);
  append_label(wire::name_label, name_, whole_);
  whole_.append(labels_.after);
  const XXH128_hash_t hash = XXH3_128bits(whole_.data(), whole_.size());
  const series_key key{hash.low64, hash.high64};
  const auto [place, made] = by_key_.emplace(key, static_cast<std::uint32_t>(series_.size()));
  if (made) {
    if (!labels_kept_) {
      labels_kept_ = true;
      label_sets_.push_back({keep(labels_.before), keep(labels_.after)});
    }
    series_.push_back({key, static_cast<std::uint32_t>(label_sets_.size() - 1), keep(name_)});
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
  const series_entry& series = series_[one.series];
  const label_set& labels = label_sets_[series.labels];
  return {text(labels.before), text(series.name), text(labels.after)};
}

void sample_batch::deliver(const sample& one) {
  ++counts_.delivered;
  points_[one.point].now = fate::delivered;
}

void sample_batch::discard(const sample& one, discard_reason reason) {
  note(one.point, reason);
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
