// SPDX-License-Identifier: Apache-2.0
//
// The book of series. Its file is a first line and then records: a checksum (XXH64), a kind, the
// lengths of the three parts of the encoded labels, the series, its interval (or when it ended, or
// when its last sample was), the labels; numbers in little endian. Pure.
#include "sinks/remote_write/sending/stale_book.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace weir {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is written as memory lies");

constexpr std::string_view first_line = "weir-series 1\n";
constexpr std::uint32_t kind_seen = 1;
constexpr std::uint32_t kind_gone = 2;
constexpr std::uint32_t kind_interval = 3;
constexpr std::uint32_t kind_ended = 4;
constexpr std::uint32_t kind_last = 5;
/// Noted before they are written, at the end.
constexpr std::size_t unwritten_bytes_most = std::size_t{1} << 20;
/// Until a series that ended is looked at again, while it is not known that the server has its
/// marker.
constexpr std::int64_t ended_look_ms = 1'000;

struct record_head {
  std::uint64_t checksum;
  std::uint32_t kind;
  std::uint32_t before_bytes;
  std::uint32_t name_bytes;
  std::uint32_t after_bytes;
  series_key series;
  /// Its interval; or when it ended, or when its last sample was.
  std::int64_t ms;
};
static_assert(sizeof(record_head) == 48);

std::uint64_t checksum_of(std::string_view record) {
  record.remove_prefix(sizeof(std::uint64_t));
  return XXH64(record.data(), record.size(), 0);
}

/// Of a series with so many bytes of labels: itself, and when its last sample was.
std::size_t file_bytes_of(std::size_t label_bytes) {
  return 2 * sizeof(record_head) + label_bytes;
}

std::int64_t whole_second_after(std::int64_t ms) {
  return (ms / 1000 + 1) * 1000;
}

}  // namespace

void stale_book::append_record(std::uint32_t kind, const entry& one, std::string& out) {
  const bool with_labels = kind == kind_seen;
  record_head head{};
  head.kind = kind;
  head.series = one.series;
  head.ms = kind == kind_ended  ? one.ended_ms.value_or(0)
            : kind == kind_last ? one.time_ms
                                : one.interval_ms;
  if (with_labels) {
    head.before_bytes = one.before_bytes;
    head.name_bytes = one.name_bytes;
    head.after_bytes =
        static_cast<std::uint32_t>(one.labels.size()) - one.before_bytes - one.name_bytes;
  }
  const std::size_t at = out.size();
  out.append(reinterpret_cast<const char*>(&head), sizeof head);
  if (with_labels) {
    out += one.labels;
  }
  head.checksum = checksum_of(std::string_view(out).substr(at));
  std::memcpy(out.data() + at, &head.checksum, sizeof head.checksum);
}

void stale_book::recover(std::string_view file) {
  if (!file.starts_with(first_line)) {
    return;
  }
  file.remove_prefix(first_line.size());
  record_head head{};
  while (file.size() >= sizeof head) {
    std::memcpy(&head, file.data(), sizeof head);
    const std::uint64_t bytes =
        sizeof head + std::uint64_t{head.before_bytes} + head.name_bytes + head.after_bytes;
    if (bytes > file.size() || head.checksum != checksum_of(file.substr(0, bytes))) {
      break;
    }
    const std::string_view labels = file.substr(sizeof head, bytes - sizeof head);
    recover_record(
        head.kind, head.series,
        {labels.substr(0, head.before_bytes), labels.substr(head.before_bytes, head.name_bytes),
         labels.substr(head.before_bytes + head.name_bytes)},
        head.ms);
    file.remove_prefix(bytes);
  }
}

void stale_book::recover_record(std::uint32_t kind, const series_key& series,
                                const wire_series& labels, std::int64_t ms) {
  place_hint place = 0;
  entry* const known = find(series, place);
  if (known == nullptr) {
    entry* const made = kind == kind_seen ? add(series, labels, place) : nullptr;
    if (made != nullptr) {
      made->of_before = true;
      made->received_ms = start_ms_;
      made->interval_ms = std::max<std::int64_t>(0, ms);
      schedule(*made, silent_at(*made));
    }
    return;
  }
  entry& one = *known;
  switch (kind) {
    case kind_gone:
      forget(series);
      return;
    case kind_last:
      one.time_ms = std::max(one.time_ms, ms);
      return;
    case kind_ended:
      one.time_ms = std::max(one.time_ms, ms - 1);
      end(series, ms);
      return;
    case kind_seen:
    case kind_interval:
      one.interval_ms = std::max<std::int64_t>(0, ms);
      goes_on(one);
      schedule(one, silent_at(one));
      return;
    default:
      return;
  }
}

stale_book::entry* stale_book::find(const series_key& series, place_hint& hint) {
  if (hint < entries_.size() && entries_[hint].watched && entries_[hint].series == series) {
    return &entries_[hint];
  }
  const auto found = places_.find(series);
  if (found == places_.end()) {
    return nullptr;
  }
  hint = found->second;
  return &entries_[hint];
}

stale_book::entry* stale_book::add(const series_key& series, const wire_series& labels,
                                   place_hint& hint) {
  const std::size_t bytes = labels.before.size() + labels.name.size() + labels.after.size();
  if (bytes_ + bytes + series_bytes > bytes_max_) {
    ++unwatched_;
    return nullptr;
  }
  bytes_ += bytes + series_bytes;
  live_bytes_ += file_bytes_of(bytes);
  if (free_.empty()) {
    hint = static_cast<place_hint>(entries_.size());
    entries_.emplace_back();
  } else {
    hint = free_.back();
    free_.pop_back();
  }
  places_.emplace(series, hint);
  entry& made = entries_[hint];
  made.series = series;
  made.watched = true;
  made.labels.reserve(bytes);
  made.labels.append(labels.before).append(labels.name).append(labels.after);
  made.before_bytes = static_cast<std::uint32_t>(labels.before.size());
  made.name_bytes = static_cast<std::uint32_t>(labels.name.size());
  return &made;
}

void stale_book::seen(const series_key& series, const wire_series& labels, std::int64_t time_ms,
                      std::int64_t received_ms, place_hint& hint) {
  if (entry* const found = find(series, hint)) {
    entry& one = *found;
    // What came while silence did not count tells nothing about the interval.
    if (abreast_ && one.received_ms > base_ms_ && received_ms > one.received_ms) {
      const std::int64_t gap = received_ms - one.received_ms;
      learn(one, std::max(gap, one.interval_ms - one.interval_ms / 8));
    }
    one.time_ms = std::max(one.time_ms, time_ms);
    one.of_before = false;
    one.received_ms = std::max(one.received_ms, received_ms);
    if (one.ended_ms && time_ms > *one.ended_ms) {
      goes_on(one);
      append_record(kind_interval, one, unwritten_);
    }
    return;
  }
  entry* const made = add(series, labels, hint);
  if (made == nullptr) {
    return;
  }
  made->time_ms = time_ms;
  made->received_ms = received_ms;
  append_record(kind_seen, *made, unwritten_);
  schedule(*made, silent_at(*made));
}

void stale_book::end(const series_key& series, std::int64_t time_ms) {
  entry* const found = find(series);
  if (found == nullptr || found->time_ms > time_ms) {
    return;
  }
  entry& one = *found;
  one.ended_ms = time_ms;
  ended_.insert(series);
  ended_due_ms_ = 0;
  append_record(kind_ended, one, unwritten_);
}

/// It came back.
void stale_book::goes_on(entry& one) {
  one.ended_ms.reset();
  ended_.erase(one.series);
}

/// The time to wait may be shorter than before.
void stale_book::learn(entry& one, std::int64_t interval_ms) {
  const bool first = !std::exchange(one.learnt, true);
  one.interval_ms = interval_ms;
  if (first && silence_ms_ == 0) {
    append_record(kind_interval, one, unwritten_);
    schedule(one, silent_at(one));
  }
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

void stale_book::schedule(entry& one, std::int64_t due_ms) {
  one.due_ms = whole_second_after(due_ms);
  due_[one.due_ms].push_back(one.series);
}

/// A marker is newer than the newest sample, and no older than the end. What is not known of
/// samples was sent before this start.
stale_book::marker stale_book::marker_of(const entry& one) const {
  const std::string_view labels = one.labels;
  std::int64_t time_ms = one.time_ms == time_unknown ? start_ms_ : one.time_ms + 1;
  if (one.ended_ms) {
    time_ms = std::max(time_ms, *one.ended_ms);
  } else if (one.of_before) {
    time_ms = std::max(time_ms, start_ms_);
  }
  return {one.series,
          {labels.substr(0, one.before_bytes), labels.substr(one.before_bytes, one.name_bytes),
           labels.substr(one.before_bytes + one.name_bytes)},
          time_ms};
}

std::vector<stale_book::marker> stale_book::owed(std::int64_t now_ms, std::size_t markers_max) {
  std::vector<marker> found;
  if (!ended_.empty() && now_ms >= ended_due_ms_) {
    for (const series_key& series : ended_) {
      if (found.size() == markers_max) {
        break;
      }
      found.push_back(marker_of(*find(series)));
    }
    ended_due_ms_ = now_ms + ended_look_ms;
    return found;
  }
  while (abreast_ && !due_.empty() && due_.begin()->first <= now_ms && found.size() < markers_max) {
    const std::int64_t bucket_ms = due_.begin()->first;
    std::vector<series_key>& bucket = due_.begin()->second;
    while (!bucket.empty() && found.size() < markers_max) {
      const series_key series = bucket.back();
      bucket.pop_back();
      entry* const known = find(series);
      if (known == nullptr || known->due_ms != bucket_ms) {
        continue;
      }
      entry& one = *known;
      if (silent_at(one) > now_ms) {
        schedule(one, silent_at(one));
        continue;
      }
      one.due_ms = 0;  // it may be in this bucket twice
      found.push_back(marker_of(one));
    }
    if (bucket.empty()) {
      due_.erase(due_.begin());
    }
  }
  // As long as it is not known that the server has them they are looked at again.
  for (const marker& one : found) {
    schedule(*find(one.series), now_ms);
  }
  return found;
}

void stale_book::forget(const series_key& series) {
  place_hint place = 0;
  entry* const found = find(series, place);
  if (found == nullptr) {
    return;
  }
  const std::size_t bytes = found->labels.size();
  bytes_ -= bytes + series_bytes;
  live_bytes_ -= file_bytes_of(bytes);
  append_record(kind_gone, *found, unwritten_);
  if (ended_.erase(found->series) > 0) {
    ended_due_ms_ = 0;  // there may be more than fit into a request
  }
  places_.erase(found->series);
  *found = {};
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

std::string stale_book::take_unwritten() {
  std::string out = std::exchange(unwritten_, {});
  if (!out.empty() && file_bytes_ == 0) {
    out.insert(0, first_line);
  }
  file_bytes_ += out.size();
  return out;
}

void stale_book::note_last_times(const std::function<void()>& write) {
  for (const entry& one : entries_) {
    if (one.watched && !one.of_before) {
      append_record(kind_last, one, unwritten_);
    }
    if (unwritten_.size() > unwritten_bytes_most) {
      write();
    }
  }
  write();
}

std::string stale_book::whole() {
  std::string out{first_line};
  for (const entry& one : entries_) {
    if (!one.watched) {
      continue;
    }
    append_record(kind_seen, one, out);
    if (one.time_ms != time_unknown) {
      append_record(kind_last, one, out);
    }
    if (one.ended_ms) {
      append_record(kind_ended, one, out);
    }
  }
  unwritten_.clear();
  file_bytes_ = out.size();
  return out;
}

}  // namespace weir
