// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/sending/series_times.hpp"

#include <xxhash.h>

#include <algorithm>

namespace weir {

series_key series_key_of(std::string_view labels) {
  const XXH128_hash_t hash = XXH3_128bits(labels.data(), labels.size());
  return {hash.low64, hash.high64};
}

std::uint32_t series_times::place_of(const series_key& series, place_hint hint) const {
  if (hint < entries_.size() && entries_[hint].series == series) {
    return hint;
  }
  return index_.find(series, series_at());
}

/// What the one before last used, and the last one did not, is forgotten.
void series_times::begin_generation() {
  std::size_t kept = 0;
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    if (entries_[place].generation == generation_) {
      entries_[kept++] = entries_[place];
    }
  }
  times_forgotten_ += kept < entries_.size() ? 1 : 0;
  entries_.keep_first(kept);
  ++generation_;
  young_ = 0;
  index_.clear();
  for (std::uint32_t place = 0; place < entries_.size(); ++place) {
    index_.add(place, series_at());
  }
}

/// `place` may be another one then.
void series_times::use(std::uint32_t& place) {
  if (entries_[place].generation == generation_) {
    return;
  }
  if (young_ >= half_) {
    const entry kept = entries_[place];
    entries_[place].generation = generation_;  // so that it is not forgotten
    begin_generation();
    place = place_of(kept.series, place);
  }
  entries_[place].generation = generation_;
  ++young_;
}

std::optional<std::int64_t> series_times::find_elsewhere(const series_key& series,
                                                         place_hint& hint) {
  std::uint32_t place = place_of(series, hint);
  if (place == none) {
    return std::nullopt;
  }
  use(place);
  hint = place;
  return entries_[place].time_ms;
}

void series_times::raise_elsewhere(const series_key& series, std::int64_t time_ms,
                                   place_hint& hint) {
  std::uint32_t place = place_of(series, hint);
  if (place != none) {
    use(place);
    entries_[place].time_ms = std::max(entries_[place].time_ms, time_ms);
    hint = place;
    return;
  }
  if (young_ >= half_) {
    begin_generation();
  }
  hint = static_cast<place_hint>(entries_.size());
  entries_.append() = {series, time_ms, generation_};
  ++young_;
  index_.add(hint, series_at());
}

}  // namespace weir
