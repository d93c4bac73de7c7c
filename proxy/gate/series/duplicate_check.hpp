// SPDX-License-Identifier: Apache-2.0
//
// Whether another point has the series, time and retention policy of this one, and what becomes of
// the later one (`duplicates`). The newest point of a series is in its entry of the series table;
// older ones are in the window of points.
//
// An entry comes with the spin lock of its shard. Under it a point is compared with the newest one
// and takes its place, nothing else: nothing is allocated, sorted or waited for. The window, whose
// look-up may sort a quarter of a million points, and the shapes are asked without it. Pure but for
// the shared memory; one for each gate, on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gate/check.hpp"
#include "gate/series/point_window.hpp"
#include "gate/series/series_line.hpp"

namespace weir {

class duplicate_check {
 public:
  enum class relation : std::uint8_t {
    none,           // no other point has its series and time, or only one of other fields
    same,           // this very point was taken before: a retry
    contradiction,  // one with other values of the same fields
  };
  struct point {
    wide_hash series;
    std::int64_t time = 0;
    /// Hash of series, time and retention policy.
    std::uint64_t key = 0;
    point_content content;
  };
  /// What an entry says of the newest point of its series.
  struct newest_point {
    bool known = false;
    std::int64_t time = 0;
    std::uint32_t retention_policy = 0;
    point_content content;
  };

  void begin(const series_request& request);

  [[nodiscard]] point point_of(const staged_line& line, const fields_hash& fields) const noexcept {
    return {.series = line.key,
            .time = line.time,
            .key = point_window::key_of(line.key, line.time, request_.retention_policy),
            .content = point_content(fields)};
  }

  /// A point of that series and time will be asked for some points later: if points are older than
  /// their series' newest now, the memory that this takes may be fetched.
  void expect(const wide_hash& series, std::int64_t time) const noexcept {
    if (older_lately_ > 0) {
      request_.memory->points.expect(point_window::key_of(series, time, request_.retention_policy));
    }
  }

  /// Makes room, so that `take_if_newest` allocates nothing: to be called before each lock.
  void prepare() {
    if (waiting_count_ == waiting_.size()) {
      remember_waiting();
    }
    if (taken_.size() == taken_.capacity() && rejects_or_moves()) {
      grow_taken();
    }
  }
  /// Takes a point that is newer than all of its series. False, and nothing is done, for an older
  /// one: `relate` says more. Requires: `prepare`; the caller holds the entry's lock.
  [[nodiscard]] bool take_if_newest(series_entry& entry, const point& taken) noexcept {
    if (entry.has_point && taken.time <= entry.newest_time) {
      older_lately_ = older_lately_most;
      return false;
    }
    older_lately_ -= older_lately_ > 0 ? 1 : 0;
    replace_newest(entry, taken);
    return true;
  }
  [[nodiscard]] static newest_point newest_of(const series_entry& entry) noexcept {
    return {.known = entry.has_point,
            .time = entry.newest_time,
            .retention_policy = entry.newest_policy,
            .content = point_content::from_bits(entry.newest_point)};
  }

  /// Compares an older point, and takes it where it contradicts none. Without the lock.
  [[nodiscard]] relation take_older(const newest_point& newest, const point& taken);
  /// The same for a line, with what the policy makes of a contradiction: refuses the line, moves it
  /// or notes it. `newest` is of the time when `take_if_newest` declined. Without the lock.
  [[nodiscard]] gate_answer check(series_line& line, const newest_point& newest,
                                  const point& taken);

  /// The points taken since the last of these calls are in the log.
  void commit() {
    remember_waiting();
    taken_.clear();
  }
  /// They are not: forgets them, so that they contradict no later point.
  void rollback();

 private:
  [[nodiscard]] bool rejects_or_moves() const noexcept {
    return request_.policy->duplicates != duplicates_mode::last;
  }
  void replace_newest(series_entry& entry, const point& taken) noexcept;
  [[nodiscard]] relation relate(const newest_point& newest, const point& asked) const;
  void remember_older(const point& taken);
  /// Replaces the point that has its series, time and fields.
  void overwrite(const point& taken);
  [[nodiscard]] relation take_moved(const point& moved);
  [[nodiscard]] gate_answer spread(series_line& line, point moved);
  void note_taken(const point& taken);
  void grow_taken();
  void remember_waiting();

  /// After an older point, for so many further points older ones are reckoned with: a body that is
  /// late, or sent again, has many of them.
  static constexpr std::uint32_t older_lately_most = 64;

  series_request request_;
  /// Points to be forgotten if they do not come into the log. Only where they could be in the way.
  std::vector<point> taken_;
  /// Points on their way into the window.
  std::array<keyed_point, 32> waiting_{};
  std::size_t waiting_count_ = 0;
  std::uint32_t older_lately_ = 0;
};

}  // namespace weir
