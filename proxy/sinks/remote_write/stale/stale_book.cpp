// SPDX-License-Identifier: Apache-2.0
//
// The book of series. What its file looks like is stale_book_file.cpp's part. Pure.
#include "sinks/remote_write/stale/stale_book.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

/// Until a series that ended is looked at again, while it is not known that the server has its
/// marker.
constexpr std::int64_t ended_look_ms = 1'000;

std::int64_t whole_second_after(std::int64_t ms) {
  return (ms / 1000 + 1) * 1000;
}

}  // namespace

std::uint32_t stale_book::place_of(const series_key& series, place_hint hint) const {
  if (hint < entries_.size() && entries_[hint].watched && entries_[hint].series == series) {
    return hint;
  }
  return index_.find(series, series_at());
}

wire_series stale_book::wire_of(const entry& one) const {
  return {texts_.text(one.labels.before), texts_.text(one.labels.name),
          texts_.text(one.labels.after)};
}

bool stale_book::has_room_for(const wire_series& labels) const {
  std::size_t needed = series_bytes;
  for (const std::string_view text : {labels.before, labels.name, labels.after}) {
    needed += texts_.has(text) ? 0 : text.size() + shared_texts::text_bytes;
  }
  return bytes() + needed <= bytes_max_;
}

shared_texts::number stale_book::take(std::string_view text) {
  const shared_texts::taken taken = texts_.take(text);
  if (taken.is_new) {
    append_text(taken.which, text, unwritten_);
  }
  return taken.which;
}

std::uint32_t stale_book::add(const series_key& series, const wire_series& labels) {
  if (!has_room_for(labels)) {
    ++unwatched_;
    return place_index::none;
  }
  auto place = static_cast<std::uint32_t>(entries_.size());
  if (free_.empty()) {
    entries_.append();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  entry& made = entries_[place];
  made.series = series;
  made.watched = true;
  made.labels = {take(labels.before), take(labels.name), take(labels.after)};
  index_.add(place, series_at());
  return place;
}

void stale_book::seen(const series_key& series, const wire_series& labels, std::int64_t time_ms,
                      std::int64_t received_ms, place_hint& hint) {
  std::uint32_t place = place_of(series, hint);
  if (place != place_index::none) {
    hint = place;
    entry& one = entries_[place];
    // What came while silence did not count tells nothing about the interval.
    if (abreast_ && one.received_ms > base_ms_ && received_ms > one.received_ms) {
      const std::int64_t gap = received_ms - one.received_ms;
      learn(place, std::max<std::int64_t>(gap, one.interval_ms - one.interval_ms / 8));
    }
    one.time_ms = std::max(one.time_ms, time_ms);
    one.of_before = false;
    one.received_ms = std::max(one.received_ms, received_ms);
    if (const auto ended = ended_.find(place); ended != ended_.end() && time_ms > ended->second) {
      ended_.erase(ended);  // it came back
      append_record(record_kind::interval, place, unwritten_);
    }
    return;
  }
  place = add(series, labels);
  if (place == place_index::none) {
    return;
  }
  hint = place;
  entries_[place].time_ms = time_ms;
  entries_[place].received_ms = received_ms;
  append_record(record_kind::seen, place, unwritten_);
  schedule(place, silent_at(entries_[place]));
}

void stale_book::end(const series_key& series, std::int64_t time_ms) {
  const std::uint32_t place = place_of(series);
  if (place == place_index::none || entries_[place].time_ms > time_ms) {
    return;
  }
  ended_[place] = time_ms;
  ended_due_ms_ = 0;
  append_record(record_kind::ended, place, unwritten_);
}

/// The time to wait may be shorter than before.
void stale_book::learn(std::uint32_t place, std::int64_t interval_ms) {
  entry& one = entries_[place];
  const bool first = !one.learnt;
  one.learnt = true;
  note_interval(place, interval_ms);
  if (first && silence_ms_ == 0) {
    append_record(record_kind::interval, place, unwritten_);
    schedule(place, silent_at(one));
  }
}

// Longer ones than the longest silence are all the same.
void stale_book::note_interval(std::uint32_t place, std::int64_t interval_ms) {
  entries_[place].interval_ms =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(interval_ms, 0, UINT32_MAX));
}

void stale_book::abreast(bool is, std::int64_t now_ms) {
  if (is && !abreast_) {
    base_ms_ = now_ms;
  }
  abreast_ = is;
}

std::int64_t stale_book::silent_at(const entry& one) const {
  std::int64_t silence = silence_ms_;
  if (silence == 0) {
    silence = one.learnt
                  ? std::clamp(one.interval_ms * intervals, silence_ms_least, silence_ms_most)
                  : silence_ms_most;
  }
  return std::max(one.received_ms, base_ms_) + silence;
}

void stale_book::schedule(std::uint32_t place, std::int64_t due_ms) {
  entry& one = entries_[place];
  one.due_ms = whole_second_after(due_ms);
  due_[one.due_ms].push_back(place);
}

/// A marker is newer than the newest sample, and no older than the end. What is not known of
/// samples was sent before this start.
stale_book::marker stale_book::marker_of(std::uint32_t place) const {
  const entry& one = entries_[place];
  std::int64_t time_ms = one.time_ms == time_unknown ? start_ms_ : one.time_ms + 1;
  if (const auto ended = ended_.find(place); ended != ended_.end()) {
    time_ms = std::max(time_ms, ended->second);
  } else if (one.of_before) {
    time_ms = std::max(time_ms, start_ms_);
  }
  return {one.series, wire_of(one), time_ms};
}

std::vector<stale_book::marker> stale_book::owed(std::int64_t now_ms, std::size_t markers_max) {
  std::vector<marker> found;
  if (!ended_.empty() && now_ms >= ended_due_ms_) {
    for (const auto& [place, time_ms] : ended_) {
      if (found.size() == markers_max) {
        break;
      }
      found.push_back(marker_of(place));
    }
    ended_due_ms_ = now_ms + ended_look_ms;
    return found;
  }
  std::vector<std::uint32_t> places;
  while (abreast_ && !due_.empty() && due_.begin()->first <= now_ms && found.size() < markers_max) {
    const std::int64_t bucket_ms = due_.begin()->first;
    std::vector<std::uint32_t>& bucket = due_.begin()->second;
    while (!bucket.empty() && found.size() < markers_max) {
      const std::uint32_t place = bucket.back();
      bucket.pop_back();
      entry& one = entries_[place];
      if (!one.watched || one.due_ms != bucket_ms) {
        continue;
      }
      if (silent_at(one) > now_ms) {
        schedule(place, silent_at(one));
        continue;
      }
      one.due_ms = 0;  // it may be in this bucket twice
      places.push_back(place);
      found.push_back(marker_of(place));
    }
    if (bucket.empty()) {
      due_.erase(due_.begin());
    }
  }
  // As long as it is not known that the server has them they are looked at again.
  for (const std::uint32_t place : places) {
    schedule(place, now_ms);
  }
  return found;
}

void stale_book::forget(const series_key& series) {
  const std::uint32_t place = place_of(series);
  if (place == place_index::none) {
    return;
  }
  append_record(record_kind::gone, place, unwritten_);
  if (ended_.erase(place) > 0) {
    ended_due_ms_ = 0;  // there may be more than fit into a request
  }
  index_.remove(place, series_at());
  const label_numbers labels = entries_[place].labels;
  for (const shared_texts::number each : {labels.before, labels.name, labels.after}) {
    texts_.release(each);
  }
  entries_[place] = {};
  free_.push_back(place);
}

std::optional<std::int64_t> stale_book::due_ms() const {
  std::optional<std::int64_t> due;
  if (abreast_ && !due_.empty()) {
    due = due_.begin()->first;
  }
  if (!ended_.empty()) {
    due = std::min(due.value_or(ended_due_ms_), ended_due_ms_);
  }
  return due;
}

}  // namespace weir
