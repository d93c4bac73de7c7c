// SPDX-License-Identifier: Apache-2.0
//
// How much of a sink's parking place each lane has, and whose oldest points go when it is full: a
// lane that has less than its share (all of it by the number of lanes) never loses any for others.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "log/frame_log.hpp"

namespace weir {

class park_shares {
 public:
  explicit park_shares(std::uint64_t keep_bytes) noexcept : keep_(keep_bytes) {}

  /// The lane has so many bytes parked now; 0: none.
  void set(const lane_key& lane, std::uint64_t bytes);
  [[nodiscard]] std::uint64_t of(const lane_key& lane) const;

  [[nodiscard]] std::uint64_t bytes() const noexcept { return total_; }
  [[nodiscard]] std::size_t lanes() const noexcept { return bytes_.size(); }
  /// What each lane may have whatever the others do.
  [[nodiscard]] std::uint64_t share() const noexcept {
    return keep_ / (bytes_.empty() ? 1 : bytes_.size());
  }

  enum class answer : std::uint8_t {
    fits,
    give_up,    // not before `whose` has given up its oldest
    too_large,  // the lane has nothing parked and would have more than any other: it never fits
  };
  struct decision {
    answer what = answer::fits;
    lane_key whose = {};
  };
  /// Whether `lane` may park so many bytes more.
  [[nodiscard]] decision ask(const lane_key& lane, std::uint64_t more) const;

 private:
  std::uint64_t keep_;
  std::uint64_t total_ = 0;
  std::map<lane_key, std::uint64_t> bytes_;
  /// The same by size. The keys lie in bytes_.
  std::set<std::pair<std::uint64_t, const lane_key*>> by_size_;
};

}  // namespace weir
