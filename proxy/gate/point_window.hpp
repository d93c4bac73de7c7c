// SPDX-License-Identifier: Apache-2.0
//
// A bounded memory of recent points: where each lies (series, time, retention policy) and what it
// held (a hash of its fields' names, and one of their values). A fixed number of places in sets of
// four; a new point takes the place of one of its set, so how far back the window reaches depends
// on what was written since. Lock-free: a place that two threads tear is a place that matches
// nothing. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/page_memory_posix.hpp"
#include "gate/series_hash.hpp"

namespace weir {

/// The fields of a point: the names and types above, their values below.
class point_content {
 public:
  point_content() = default;
  explicit point_content(const fields_hash& fields) noexcept
      : bits_(cut(fields.shape) << 32 | cut(fields.values ^ fields.shape)) {}
  static point_content from_bits(std::uint64_t bits) noexcept {
    point_content made;
    made.bits_ = bits;
    return made;
  }
  [[nodiscard]] std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] std::uint32_t shape() const noexcept {
    return static_cast<std::uint32_t>(bits_ >> 32);
  }
  /// What `shape` is for lines of this full shape.
  [[nodiscard]] static std::uint32_t shape_of(std::uint64_t shape) noexcept {
    return static_cast<std::uint32_t>(cut(shape));
  }
  friend bool operator==(point_content, point_content) = default;

 private:
  static std::uint64_t cut(std::uint64_t hash) noexcept {
    return (hash ^ hash >> 32) & 0xffffffffU;
  }
  std::uint64_t bits_ = 0;
};

class point_window {
 public:
  static constexpr std::size_t ways = 4;
  static constexpr std::size_t place_bytes = 16;

  /// `bytes`, rounded down to whole sets, of memory that is used as points arrive; 0: no memory.
  explicit point_window(std::size_t bytes);

  /// Where a point lies, as one number.
  [[nodiscard]] static std::uint64_t place_of(const wide_hash& series, std::int64_t time,
                                              std::uint32_t policy) noexcept {
    return fold(series.low ^ static_cast<std::uint64_t>(time), series.high ^ policy) | 1;
  }

  void remember(std::uint64_t place, point_content content) noexcept;
  /// `remember` will be called for the place soon: the memory for it may be fetched.
  void expect(std::uint64_t place) const noexcept {
    if (sets_ > 0) {
      __builtin_prefetch(set_of(place), 1);
    }
  }
  /// The place holds nothing any more (a place that was forgotten already is no matter).
  void forget(std::uint64_t place, point_content content) noexcept;

  /// Calls `found` with the content of each point remembered there: at most `ways`.
  template <class Found>
  void each_at(std::uint64_t place, Found found) const {
    if (sets_ == 0) {
      return;
    }
    const slot* const set = set_of(place);
    for (std::size_t i = 0; i < ways; ++i) {
      const std::uint64_t content = set[i].content.load(std::memory_order_relaxed);
      if ((set[i].check.load(std::memory_order_relaxed) ^ content) == place) {
        found(point_content::from_bits(content));
      }
    }
  }
  [[nodiscard]] std::size_t places() const noexcept { return sets_ * ways; }

 private:
  struct slot {
    /// The place, xor the content: the two belong together.
    std::atomic<std::uint64_t> check;
    std::atomic<std::uint64_t> content;
  };
  static_assert(sizeof(slot) == place_bytes);
  [[nodiscard]] slot* set_of(std::uint64_t place) const noexcept {
    __extension__ using wide = unsigned __int128;
    const auto set = static_cast<std::size_t>((static_cast<wide>(place) * sets_) >> 64);
    return static_cast<slot*>(slots_.data()) + set * ways;
  }

  std::size_t sets_ = 0;
  page_memory slots_;  // zeros are empty places
};

}  // namespace weir
