// SPDX-License-Identifier: Apache-2.0
//
// Texts numbered in the order in which they were seen first: the table of symbols of a request,
// with open addressing. It holds views: the texts stay their owner's. Pure.
#pragma once

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

class numbered_texts {
 public:
  /// Keeps its room.
  void clear() {
    std::fill(places_.begin(), places_.end(), place{});
    count_ = 0;
  }
  struct found {
    std::uint32_t number = 0;
    bool is_new = false;
  };
  /// Its number, which it gets if it has none. It must stay where it is until `clear`.
  [[nodiscard]] found number_of(std::string_view text) {
    if (places_.size() < 2 * (std::size_t{count_} + 1)) {
      grow();
    }
    place& at = place_of(text);
    if (at.number != none) {
      return {at.number, false};
    }
    at = {text, count_++};
    return {at.number, true};
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::size_t least = 64;
  struct place {
    std::string_view text;
    std::uint32_t number = none;
  };

  /// Where it is, or may be put.
  [[nodiscard]] place& place_of(std::string_view text) {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = XXH3_64bits(text.data(), text.size()) & mask;
    while (places_[at].number != none && places_[at].text != text) {
      at = (at + 1) & mask;
    }
    return places_[at];
  }
  void grow() {
    const std::vector<place> smaller =
        std::exchange(places_, std::vector<place>(std::max(least, 2 * places_.size())));
    for (const place& each : smaller) {
      if (each.number != none) {
        place_of(each.text) = each;
      }
    }
  }

  /// A power of two, at least twice as many as there are texts; or none at all.
  std::vector<place> places_;
  std::uint32_t count_ = 0;
};

}  // namespace weir
