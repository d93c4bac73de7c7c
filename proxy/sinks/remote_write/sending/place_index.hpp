// SPDX-License-Identifier: Apache-2.0
//
// Where each series stands in a table of them: places by the hash of the series, with open
// addressing, four bytes each. The table itself, and what else it keeps of a series, is its
// owner's, who says which series stands at a place. Pure.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir {

/// A series by a hash of its labels, long enough to be taken for the series itself.
struct series_key {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const series_key&, const series_key&) = default;
};

class place_index {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;
  /// What a series costs at most, outside of the moment when the index grows.
  static constexpr std::size_t bytes_a_place = 4 * sizeof(std::uint32_t);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void clear() {
    std::fill(places_.begin(), places_.end(), none);
    size_ = 0;
  }
  /// `series_at(place)` is the series_key of a place that was added. none: it has no place.
  template <class SeriesAt>
  [[nodiscard]] std::uint32_t find(const series_key& series, const SeriesAt& series_at) const {
    if (places_.empty()) {
      return none;
    }
    std::size_t at = series.low & mask();
    while (places_[at] != none && !(series_at(places_[at]) == series)) {
      at = next(at);
    }
    return places_[at];
  }
  /// Requires: the series has no place yet.
  template <class SeriesAt>
  void add(std::uint32_t place, const SeriesAt& series_at) {
    if (places_.size() < (size_ + 1) * 2) {
      grow(std::bit_ceil(std::max(least, (size_ + 1) * 2)), series_at);
    }
    put(place, series_at);
    ++size_;
  }
  /// Requires: it was added, and `series_at` still knows it.
  template <class SeriesAt>
  void remove(std::uint32_t place, const SeriesAt& series_at) {
    std::size_t gap = series_at(place).low & mask();
    while (places_[gap] != place) {
      gap = next(gap);
    }
    // What follows without a gap, and would not be found behind one, moves up.
    for (std::size_t at = next(gap); places_[at] != none; at = next(at)) {
      const std::size_t wanted = series_at(places_[at]).low & mask();
      if (((at - wanted) & mask()) >= ((at - gap) & mask())) {
        places_[gap] = places_[at];
        gap = at;
      }
    }
    places_[gap] = none;
    --size_;
  }

 private:
  static constexpr std::size_t least = 64;

  [[nodiscard]] std::size_t mask() const noexcept { return places_.size() - 1; }
  [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return (at + 1) & mask(); }
  template <class SeriesAt>
  void put(std::uint32_t place, const SeriesAt& series_at) {
    std::size_t at = series_at(place).low & mask();
    while (places_[at] != none) {
      at = next(at);
    }
    places_[at] = place;
  }
  template <class SeriesAt>
  void grow(std::size_t count, const SeriesAt& series_at) {
    const std::vector<std::uint32_t> smaller = std::exchange(places_, {});
    places_.assign(count, none);
    for (const std::uint32_t place : smaller) {
      if (place != none) {
        put(place, series_at);
      }
    }
  }

  /// A power of two, at least twice as many as there are series; or none at all.
  std::vector<std::uint32_t> places_;
  std::size_t size_ = 0;
};

}  // namespace weir
