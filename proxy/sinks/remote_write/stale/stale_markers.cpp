// SPDX-License-Identifier: Apache-2.0
//
// shard: stale markers of series that fell silent. Between batches, so that the order of each
// series is kept.
#include <algorithm>
#include <utility>

#include "sinks/remote_write/sending/shard.hpp"

namespace weir {
namespace {

constexpr std::size_t markers_max = 2'000;
constexpr std::size_t known_ends_bytes = std::size_t{1} << 20;
/// After an answer that says nothing of them.
constexpr std::int64_t markers_pause_ms = 5'000;
/// While markers are under way: their answer is no turn.
constexpr std::int64_t markers_look_ms = 1'000;

}  // namespace

void shard::recover_series() {
  if (parts_.stale == nullptr || parts_.series_before.empty()) {
    return;
  }
  parts_.stale->recover(std::exchange(parts_.series_before, {}));
  series_.replace(*parts_.stale);
  count_series();
}

/// What of a batch is stored.
void shard::note_series(sample_batch& samples, std::int64_t received_ms) {
  if (parts_.stale == nullptr) {
    return;
  }
  samples.for_each_stored([&](const series_key& series, const wire_series& labels,
                              std::int64_t newest_ms, series_places& places,
                              const series_places& soon) {
    parts_.stale->expect(soon.stale);
    parts_.stale->seen(series, labels, newest_ms, received_ms, places.stale);
  });
  write_series();
}

std::optional<std::int64_t> shard::tick(std::int64_t now_ms, bool abreast) {
  scale_.abreast(abreast);
  if (parts_.stale == nullptr) {
    return std::nullopt;
  }
  parts_.stale->abreast(abreast, now_ms);
  if (running_ != nullptr || !queue_.empty()) {
    return std::nullopt;  // its end is a turn
  }
  if (marking_) {
    return now_ms + markers_look_ms;
  }
  if (now_ms < markers_not_before_ms_) {
    return markers_not_before_ms_;
  }
  if (!marker_parts_.empty()) {
    std::vector<stale_book::marker> part = std::move(marker_parts_.back());
    marker_parts_.pop_back();
    send_markers(std::move(part));
  } else if (std::vector<stale_book::marker> owed = owed_markers(now_ms); !owed.empty()) {
    send_markers(std::move(owed));
  }
  if (marking_) {
    return now_ms + markers_look_ms;
  }
  if (!marker_parts_.empty()) {
    return now_ms;
  }
  const auto due_ms = parts_.stale->due_ms();
  return due_ms ? std::optional(std::max(*due_ms, now_ms)) : std::nullopt;
}

/// Names and labels are made as for samples. Nothing of the lane is under way.
void shard::end_series(const lane_key& lane, std::string lines) {
  if (parts_.stale == nullptr) {
    return;
  }
  known_series of_these(
      known_ends_bytes);  // a batch may be under way, whose series are in the other
  of_these.begin(lane.database, lane.retention_policy);
  sample_batch ended(std::move(lines), of_these);
  sent_ledger nothing_sent(0);
  parts_.mapper->begin(lane.database, lane.retention_policy);
  sample_rules rules;
  rules.now_ms = to_milliseconds(parts_.now_ns());
  ended.read(rules, nothing_sent, *parts_.mapper, reader_);
  ended.for_each_sample([this](const series_key& series, std::int64_t time_ms) {
    parts_.stale->end(series, time_ms);
  });
  write_series();
}

/// A series whose newest sample may or may not be stored is left out, and stays owed: that sample
/// comes again, and would be out of order behind a marker.
std::vector<stale_book::marker> shard::owed_markers(std::int64_t now_ms) {
  std::vector<stale_book::marker> owed = parts_.stale->owed(now_ms, markers_max);
  std::erase_if(owed, [this](stale_book::marker& one) {
    const auto last = ledger_.last(one.series);
    if (last) {
      one.time_ms = std::max(one.time_ms, *last + 1);
    }
    return last && ledger_.uncertain({one.series, *last});
  });
  return owed;
}

void shard::send_markers(std::vector<stale_book::marker> markers) {
  const spoken form = speaks();
  request_encoder& to = encoder(form);
  to.clear();
  for (const stale_book::marker& one : markers) {
    const wire_sample marker{stale_marker_bits, one.time_ms};
    to.add(one.labels, {&marker, 1});
    ledger_.note({one.series, one.time_ms});
  }
  to.end(marker_body_);
  marking_ = true;
  parts_.counters->requests.add();
  parts_.http.post(request_with(marker_body_, form),
                   [this, form, sent = std::move(markers)](const http_reply& reply) {
                     marking_ = false;
                     if (!falls_back(form, reply)) {  // else they are owed still
                       on_markers_reply(sent, reply);
                     }
                     pump();
                   });
}

void shard::on_markers_reply(const std::vector<stale_book::marker>& markers,
                             const http_reply& reply) {
  const remote_write_answer answer = read_remote_write_answer(reply);
  const std::int64_t now_ms = to_milliseconds(parts_.now_ns());
  switch (answer.what) {
    case remote_write_answer::kind::stored:
      parts_.counters->stale_markers.add(markers.size());
      forget_series(markers);
      return;
    case remote_write_answer::kind::not_now:
      // They are owed still, and may be sent again as they are.
      markers_not_before_ms_ = now_ms + markers_pause_ms;
      return;
    case remote_write_answer::kind::refused:
    case remote_write_answer::kind::too_large:
      break;
  }
  // Another writer is ahead of some of them: those series are not silent.
  if (markers.size() == 1 || !memory_.budget.take(now_ms)) {
    forget_series(markers);
    return;
  }
  const auto middle = markers.begin() + static_cast<std::ptrdiff_t>(markers.size() / 2);
  marker_parts_.emplace_back(middle, markers.end());
  marker_parts_.emplace_back(markers.begin(), middle);
}

void shard::forget_series(const std::vector<stale_book::marker>& markers) {
  for (const stale_book::marker& one : markers) {
    parts_.stale->forget(one.series);
  }
  write_series();
}

void shard::close() {
  if (parts_.stale != nullptr) {
    parts_.stale->note_last_times([this] { series_.append(*parts_.stale); });
  }
}

void shard::count_series() {
  parts_.counters->series_watched.set(parts_.stale->series_watched());
  parts_.counters->series_unwatched.set(parts_.stale->unwatched());
}

void shard::write_series() {
  count_series();
  if (parts_.stale->wants_rewrite()) {
    series_.replace(*parts_.stale);
  } else {
    series_.append(*parts_.stale);
  }
}

}  // namespace weir
