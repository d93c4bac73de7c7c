// SPDX-License-Identifier: Apache-2.0
//
// The newest time of each series, of as many series as there is room for: those that were not used
// for longest are forgotten, half of the table at once. A series' place is kept by those who ask
// again and again, so that it is searched for once; series that came together stand together. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sinks/remote_write/sending/entry_blocks.hpp"
#include "sinks/remote_write/sending/place_index.hpp"

namespace weir {

/// Of all labels of a series, as they are encoded.
[[nodiscard]] series_key series_key_of(std::string_view labels);

/// Where a table of series had one when it was looked for last. A guess: any number will do.
using place_hint = std::uint32_t;

class series_times {
 public:
  /// Room for twice as many.
  explicit series_times(std::size_t series_of_half) : half_(series_of_half) {}

  /// Where it is known, it is in use.
  [[nodiscard]] std::optional<std::int64_t> find(const series_key& series, place_hint& hint) {
    return in_use_at(hint, series) ? entries_[hint].time_ms : find_elsewhere(series, hint);
  }
  /// Its time becomes `time_ms` if that is newer.
  void raise(const series_key& series, std::int64_t time_ms, place_hint& hint) {
    if (in_use_at(hint, series)) {
      entries_[hint].time_ms = std::max(entries_[hint].time_ms, time_ms);
    } else {
      raise_elsewhere(series, time_ms, hint);
    }
  }

  /// That place is asked about soon.
  void expect(place_hint hint) const { entries_.expect(hint); }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// How often half of the table was forgotten.
  [[nodiscard]] std::uint64_t times_forgotten() const noexcept { return times_forgotten_; }

 private:
  static constexpr std::uint32_t none = place_index::none;
  struct entry {
    series_key series;
    std::int64_t time_ms = 0;
    /// When it was in use last.
    std::uint32_t generation = 0;
  };

  [[nodiscard]] bool in_use_at(place_hint hint, const series_key& series) const {
    return hint < entries_.size() && entries_[hint].series == series &&
           entries_[hint].generation == generation_;
  }
  [[nodiscard]] std::optional<std::int64_t> find_elsewhere(const series_key& series,
                                                           place_hint& hint);
  void raise_elsewhere(const series_key& series, std::int64_t time_ms, place_hint& hint);
  [[nodiscard]] std::uint32_t place_of(const series_key& series, place_hint hint) const;
  void use(std::uint32_t& place);
  void begin_generation();
  [[nodiscard]] auto series_at() const {
    return [this](std::uint32_t place) -> const series_key& { return entries_[place].series; };
  }

  std::size_t half_;
  entry_blocks<entry> entries_;
  place_index index_;
  std::uint32_t generation_ = 0;
  /// Entries of this generation.
  std::size_t young_ = 0;
  std::uint64_t times_forgotten_ = 0;
};

}  // namespace weir
