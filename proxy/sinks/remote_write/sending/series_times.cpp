// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/sending/series_times.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace weir {
namespace {

constexpr std::size_t index_least = 64;

}  // namespace

series_key series_key_of(std::string_view labels) {
  const XXH128_hash_t hash = XXH3_128bits(labels.data(), labels.size());
  return {hash.low64, hash.high64};
}

std::uint32_t series_times::place_of(const series_key& series, place_hint hint) const {
  if (hint < entries_.size() && entries_[hint].series == series) {
    return hint;
  }
  if (index_.empty()) {
    return none;
  }
  const std::size_t mask = index_.size() - 1;
  std::size_t at = series.low & mask;
  while (index_[at] != none && !(entries_[index_[at]].series == series)) {
    at = (at + 1) & mask;
  }
  return index_[at];
}

void series_times::add_to_index(std::uint32_t place) {
  const std::size_t mask = index_.size() - 1;
  std::size_t at = entries_[place].series.low & mask;
  while (index_[at] != none) {
    at = (at + 1) & mask;
  }
  index_[at] = place;
}

/// What the one before last used, and the last one did not, is forgotten.
void series_times::begin_generation() {
  const std::size_t forgotten =
      std::erase_if(entries_, [&](const entry& one) { return one.generation != generation_; });
  times_forgotten_ += forgotten > 0 ? 1 : 0;
  ++generation_;
  young_ = 0;
  std::fill(index_.begin(), index_.end(), none);
  for (std::uint32_t place = 0; place < entries_.size(); ++place) {
    add_to_index(place);
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

std::optional<std::int64_t> series_times::find(const series_key& series, place_hint& hint) {
  std::uint32_t place = place_of(series, hint);
  if (place == none) {
    return std::nullopt;
  }
  use(place);
  hint = place;
  return entries_[place].time_ms;
}

void series_times::raise(const series_key& series, std::int64_t time_ms, place_hint& hint) {
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
  entries_.push_back({series, time_ms, generation_});
  ++young_;
  if (index_.size() < entries_.size() * 2) {
    index_.assign(std::bit_ceil(std::max(index_least, entries_.size() * 2)), none);
    for (std::uint32_t each = 0; each < entries_.size(); ++each) {
      add_to_index(each);
    }
  } else {
    add_to_index(hint);
  }
}

}  // namespace weir
