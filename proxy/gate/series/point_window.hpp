// SPDX-License-Identifier: Apache-2.0
//
// A bounded memory of recent points: a hash of the series, time and retention policy of each (its
// key), a hash of its fields' names, and one of their values.
//
// Nearly every point is newer than all of its series and is never asked for: so points are only
// written down one behind the other, and sorted into a table of keys when a key is asked for. The
// table has sets of four; a point takes the place of one of its set. How far back the window
// reaches depends on what was written since. Thread-safe, by one lock: take some points at a time,
// and do not ask under a spin lock, because sorting a full window takes milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "base/page_memory_posix.hpp"
#include "base/per_request/bring_near.hpp"
#include "gate/series/series_hash.hpp"

namespace weir {

/// The fields of a point: the names and types above, their values below.
class point_content {
 public:
  point_content() = default;
  explicit point_content(const fields_hash& fields) noexcept
      : bits_(cut(fields.shape) << 32 | cut(fields.values ^ fields.shape)) {}
  static point_content from_bits(std::uint64_t bits) noexcept {
    point_content content;
    content.bits_ = bits;
    return content;
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

/// A point and its key, as `key_of` makes it. Key 0: none.
struct keyed_point {
  std::uint64_t key = 0;
  point_content content;
};

class point_window {
 public:
  static constexpr std::size_t ways = 4;
  static constexpr std::size_t point_bytes = sizeof(keyed_point);

  /// `bytes`, of memory that is used as points arrive: half for the table, half for points that are
  /// not in it yet. 0: no memory.
  explicit point_window(std::size_t bytes);

  /// Hash of what tells points apart: series, time and retention policy. Never 0.
  [[nodiscard]] static std::uint64_t key_of(const wide_hash& series, std::int64_t time,
                                            std::uint32_t policy) noexcept {
    return fold(series.low ^ static_cast<std::uint64_t>(time), series.high ^ policy) | 1;
  }

  /// In this order: of two points of one key and shape the later one stays.
  void remember(std::span<const keyed_point> points);
  /// Takes out the point of this key and content, if it is still there.
  void forget(std::uint64_t key, point_content content);

  /// Calls `take` with the content of each point remembered there: at most `ways`.
  template <class Take>
  void each_at(std::uint64_t key, Take take) {
    if (sets_ == 0) {
      return;
    }
    const std::lock_guard lock(mutex_);
    sort_in();
    const keyed_point* const set = set_of(key);
    for (std::size_t i = 0; i < ways; ++i) {
      if (set[i].key == key) {
        take(set[i].content);
      }
    }
  }

  /// `each_at` will be called for the key soon: the memory for it may be fetched. Without the lock.
  void expect(std::uint64_t key) const noexcept {
    if (sets_ != 0) {
      bring_near(set_of(key));
    }
  }

  /// Points that it can hold, at least those.
  [[nodiscard]] std::size_t places() const noexcept { return sets_ * ways; }

 private:
  [[nodiscard]] keyed_point* set_of(std::uint64_t key) const noexcept {
    __extension__ using wide = unsigned __int128;
    const auto set = static_cast<std::size_t>((static_cast<wide>(key) * sets_) >> 64);
    return static_cast<keyed_point*>(table_.data()) + set * ways;
  }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept {
    return at + 1 == places() ? 0 : at + 1;
  }
  /// What was written down since the last time goes into the table.
  void sort_in() noexcept;
  void put(const keyed_point& point) noexcept;

  std::mutex mutex_;
  std::size_t sets_ = 0;
  page_memory table_;        // zeros are empty places
  page_memory written_;      // a ring of as many points
  std::size_t next_ = 0;     // of the ring, where the next point goes
  std::size_t waiting_ = 0;  // points before it that are not in the table
};

}  // namespace weir
