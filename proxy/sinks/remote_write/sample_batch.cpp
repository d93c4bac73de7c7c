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

template <class Buffer>
void empty(Buffer& one, std::size_t bytes_max) {
  one.clear();
  if (one.capacity() > bytes_max / sizeof(typename Buffer::value_type)) {
    one.shrink_to_fit();
  }
}

}  // namespace

sample_batch::sample_batch(std::string lines, known_series& known, buffers* spare)
    : lines_(std::move(lines)), known_(known), spare_(spare) {
  if (spare_ != nullptr) {
    exchange(*spare_);
  }
}

sample_batch::~sample_batch() {
  if (spare_ == nullptr) {
    return;
  }
  exchange(*spare_);
  spare_->lines = std::move(lines_);
  const std::size_t most = buffers::bytes_max;
  empty(spare_->lines, most);
  empty(spare_->values, most);
  empty(spare_->first_read_ms, most);
  empty(spare_->last_read_ms, most);
  empty(spare_->newest_ms, most);
  empty(spare_->points, most);
}

void sample_batch::exchange(buffers& with) noexcept {
  values_.swap(with.values);
  first_read_ms_.swap(with.first_read_ms);
  last_read_ms_.swap(with.last_read_ms);
  newest_ms_.swap(with.newest_ms);
  points_.swap(with.points);
}

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
  if (may_be_rows(rules, ledger)) {
    return;
  }
  take_apart();
  keep_last_of_each_time();
  drop_too_old(rules.least_ms);
  drop_what_is_sent(rules, ledger);
  order(rules.several);
}

void sample_batch::take_apart() {
  series_.resize(known_.count());
  samples_.reserve(samples_.size() + values_.size());
  for (const sample_row& row : rows_) {
    for (std::uint32_t i = 0; i < row.count; ++i) {
      samples_.push_back({row.time_ms, value(row, i), row.series + i, row.point, 0, 0});
    }
  }
  rows_.clear();
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
  if (!future && line.may_be_row() && read_row(point, time_ms, line, mapper)) {
    counts_.cut_labels += line.cut_labels();
    return;
  }
  const std::size_t first = rows_.size();
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
    append_sample(time_ms, line.series_of(i), *value);
  }
  counts_.cut_labels += line.cut_labels();
  for (std::size_t i = first; i < rows_.size(); ++i) {
    note_times(rows_[i]);
  }
}

/// Whether all fields of the point are samples, and their series follow one another.
bool sample_batch::read_row(const point_view& point, std::int64_t time_ms, known_series::line& line,
                            const series_mapper& mapper) {
  const std::size_t before = values_.size();
  std::uint64_t inexact = 0;
  values_.resize(before + point.fields.size());
  double* to = values_.data() + before;
  for (const field_view& each : point.fields) {
    bool exact = true;
    const std::optional<double> value = mapper.value_of(each, exact);
    if (!value) {
      values_.resize(before);
      return false;
    }
    inexact += exact ? 0 : 1;
    *to++ = *value;
  }
  const std::uint32_t series = line.row();
  if (series == known_series::none) {
    values_.resize(before);
    return false;
  }
  counts_.inexact += inexact;
  rows_.push_back({time_ms, series, static_cast<std::uint32_t>(point.fields.size()),
                   static_cast<std::uint32_t>(points_.size() - 1),
                   static_cast<std::uint32_t>(before)});
  note_times(rows_.back());
  return true;
}

/// Of the point that is read, behind its others.
void sample_batch::append_sample(std::int64_t time_ms, std::uint32_t series, double value) {
  const auto point = static_cast<std::uint32_t>(points_.size() - 1);
  if (!rows_.empty() && rows_.back().point == point &&
      rows_.back().series + rows_.back().count == series) {
    ++rows_.back().count;
  } else {
    rows_.push_back({time_ms, series, 1, point, static_cast<std::uint32_t>(values_.size())});
  }
  values_.push_back(value);
}

// Series get their numbers in the order of rows, so that new ones are at the end.
void sample_batch::note_times(const sample_row& row) {
  const std::size_t end = std::size_t{row.series} + row.count;
  const std::size_t known = std::min(end, last_read_ms_.size());
  bool later = true;
  for (std::size_t i = row.series; i < known; ++i) {
    later = later && row.time_ms > last_read_ms_[i];
    last_read_ms_[i] = row.time_ms;
  }
  in_order_ = in_order_ && later;
  if (end > known) {
    first_read_ms_.resize(end, row.time_ms);
    last_read_ms_.resize(end, row.time_ms);
  }
}

/// Again, in the order that the rows have now.
void sample_batch::note_all_times() {
  in_order_ = true;
  std::fill(last_read_ms_.begin(), last_read_ms_.end(), never);
  for (const sample_row& row : rows_) {
    for (std::uint32_t i = row.series; i < row.series + row.count; ++i) {
      if (last_read_ms_[i] == never) {
        first_read_ms_[i] = row.time_ms;
      }
    }
    note_times(row);
  }
}

/// Whether all of it is sent as it is; puts it in order for that.
bool sample_batch::may_be_rows(const sample_rules& rules, sent_ledger& ledger) {
  const bool first_attempt =
      !ledger.knows_of_earlier() && (rules.refused == nullptr || rules.refused->empty());
  if (!first_attempt || !rules.several || rows_.empty()) {
    return false;
  }
  const auto earlier = [](const sample_row& one, const sample_row& other) {
    return one.time_ms < other.time_ms;
  };
  if (!std::is_sorted(rows_.begin(), rows_.end(), earlier)) {
    std::stable_sort(rows_.begin(), rows_.end(), earlier);
    if (!in_order_) {
      note_all_times();
    }
  }
  if (!in_order_ || rows_.front().time_ms < rules.least_ms) {
    return false;
  }
  return is_new_to(ledger, rules.older);
}

/// Whether nothing of it is as old as what was sent of its series last, or older where that is not
/// sent. Nothing is asked of single samples: the ledger knows of none.
bool sample_batch::is_new_to(sent_ledger& ledger, bool older) {
  const auto count = static_cast<std::uint32_t>(known_.count());
  std::vector<std::int64_t> last_sent_ms;
  for (std::uint32_t i = 0; i < count; ++i) {
    known_.expect(std::min(i + 2 * ahead, count - 1));
    ledger.expect(known_.places(std::min(i + ahead, count - 1)).sent);
    const std::optional<std::int64_t> last = ledger.last(known_.key(i), known_.places(i).sent);
    if (last && first_read_ms_[i] <= *last) {
      if (!older) {
        return false;
      }
      last_sent_ms.resize(count, never);
      last_sent_ms[i] = *last;
    }
  }
  return last_sent_ms.empty() ||
         std::none_of(rows_.begin(), rows_.end(), [&](const sample_row& row) {
           const auto first = last_sent_ms.begin() + row.series;
           return std::find(first, first + row.count, row.time_ms) != first + row.count;
         });
}

std::int64_t sample_batch::span_ms() const {
  if (!rows_.empty()) {
    return rows_.back().time_ms - rows_.front().time_ms;
  }
  if (samples_.empty()) {
    return 0;
  }
  const auto [oldest, newest] = std::minmax_element(
      samples_.begin(), samples_.end(),
      [](const sample& one, const sample& other) { return one.time_ms < other.time_ms; });
  return newest->time_ms - oldest->time_ms;
}

bool sample_batch::has_questions() const {
  return std::any_of(samples_.begin(), samples_.end(),
                     [](const sample& one) { return one.question != 0; });
}

void sample_batch::deliver(const sample& one) {
  newest_ms_.resize(known_.count(), never);
  ++counts_.delivered;
  points_[one.point].now = fate::delivered;
  std::int64_t& newest_ms = newest_ms_[one.series];
  newest_ms = std::max(newest_ms, one.time_ms);
}

void sample_batch::deliver(const sample_row& row) {
  newest_ms_.resize(known_.count(), never);
  counts_.delivered += row.count;
  points_[row.point].now = fate::delivered;
  std::int64_t* const newest_ms = newest_ms_.data() + row.series;
  for (std::uint32_t i = 0; i < row.count; ++i) {
    newest_ms[i] = std::max(newest_ms[i], row.time_ms);
  }
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
