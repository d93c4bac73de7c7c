// SPDX-License-Identifier: Apache-2.0
//
// What the gate remembers of each series, in one table that all intake loops share: which
// measurement counts it, the shape that its lines had when their types were last checked, its
// newest point, and when it was last seen. Bounded in bytes: when it is full, a new series takes
// the place of one that was not seen for long. Thread-safe: 16 shards, each with a lock that is
// held for one series.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/brief_mutex.hpp"
#include "gate/series/series_hash.hpp"

namespace weir {

struct measurement_record;

/// One cache line.
struct alignas(64) series_entry {
  /// Of the canonical series, with its database in the seed. {0, 0}: an empty place.
  wide_hash key;
  /// Greatest time of its points; of every retention policy.
  std::int64_t newest_time = 0;
  /// point_content of that point: a hash of its shape and one of its values.
  std::uint64_t newest_point = 0;
  /// The shape of lines whose types are known to be right; 0: none yet.
  std::uint64_t shape = 0;
  /// Counts this series; nullptr: it is not counted.
  measurement_record* measurement = nullptr;
  /// Seconds since the epoch. Where series are shared with other weirs: odd, where a line of it was
  /// seen here last; even, where another weir told of it.
  std::uint32_t seen_s = 0;
  /// Which retention policy the newest point went to (a hash).
  std::uint32_t newest_policy = 0;
  /// False until a point was taken: the members on it say nothing then.
  bool has_point = false;
};
static_assert(sizeof(series_entry) == 64);

class series_table {
 public:
  static constexpr std::size_t shard_count = 16;
  /// Of one series in a full table; while a table grows, up to half as much again.
  static constexpr std::size_t entry_bytes = sizeof(series_entry) * 4 / 3;

  /// `bytes`: for entries. Series not seen for `idle_s` are forgotten when others arrive.
  explicit series_table(std::size_t bytes, std::uint32_t idle_s);
  ~series_table();
  series_table(const series_table&) = delete;
  series_table& operator=(const series_table&) = delete;

  /// An entry and the spin lock on its shard. Hold one at a time, and while holding it allocate
  /// nothing, sort nothing and take no other lock: other loops wait, and burn time.
  class access {
   public:
    access(const access&) = delete;
    access& operator=(const access&) = delete;
    ~access() { mutex_.unlock(); }
    [[nodiscard]] explicit operator bool() const noexcept { return entry_ != nullptr; }
    [[nodiscard]] series_entry* operator->() const noexcept { return entry_; }
    [[nodiscard]] series_entry& operator*() const noexcept { return *entry_; }
    /// Whether this call made the entry.
    [[nodiscard]] bool added() const noexcept { return added_; }

   private:
    friend class series_table;
    access(brief_mutex& locked, series_entry* entry, bool added) noexcept
        : mutex_(locked), entry_(entry), added_(added) {}
    brief_mutex& mutex_;
    series_entry* entry_;
    bool added_;
  };

  /// `find` will be called for the key soon: the memory for it may be fetched.
  void expect(const wide_hash& key) const noexcept;
  /// Empty when the series is not known. A known one counts as seen.
  [[nodiscard]] access find(const wide_hash& key, std::uint32_t now_s);
  /// A copy of its entry, for those who only ask: the series does not count as seen.
  [[nodiscard]] std::optional<series_entry> peek(const wide_hash& key) const;
  /// Never empty; makes room if need be.
  [[nodiscard]] access find_or_add(const wide_hash& key, std::uint32_t now_s);
  /// Another weir saw the series at `seen_s`. False: it is not known here. A known one was seen at
  /// the later of both times.
  [[nodiscard]] bool see(const wide_hash& key, std::uint32_t seen_s);
  /// The same, and adds one that is not known. Empty: no room is left for series of other weirs.
  [[nodiscard]] access see_or_add(const wide_hash& key, std::uint32_t seen_s);
  /// Copies the entries in the `looks` places from this one on, of a shard below shard_count, and
  /// says where to go on; 0: that were the last ones. What is added or moved meanwhile may be left
  /// out or come twice.
  [[nodiscard]] std::size_t copy_some(std::size_t shard, std::size_t from, std::size_t looks,
                                      std::vector<series_entry>& into) const;
  /// Forgets some series that were idle for long, near the place of `key`: to be called before a
  /// new series is counted against a limit, which idle ones should not use up.
  void expire_near(const wide_hash& key, std::uint32_t now_s);

  /// Whether any shard is locked now, by any thread. For tests.
  [[nodiscard]] bool is_locked() const noexcept;

  struct totals {
    std::uint64_t series = 0;
    std::uint64_t bytes = 0;
    /// Forgotten because the table was full, though they had not been idle for long.
    std::uint64_t evicted = 0;
    std::uint64_t expired = 0;
  };
  [[nodiscard]] totals count() const;

 private:
  struct shard;
  /// All of them lie in a few cache lines that are seldom written.
  struct hint {
    std::atomic<const series_entry*> places{nullptr};
    std::atomic<std::size_t> count{0};
  };
  [[nodiscard]] shard& shard_of(const wide_hash& key) const noexcept;
  [[nodiscard]] access add(const wide_hash& wanted, std::uint32_t seen_s, bool is_own);

  const std::uint32_t idle_s_;
  alignas(64) std::array<hint, shard_count> hints_;
  std::unique_ptr<shard[]> shards_;
};

}  // namespace weir
