// SPDX-License-Identifier: Apache-2.0
//
// The last hour, second by second: totals and levels, from which rates over any step follow. Pure:
// it is given the time. One thread, or under its owner's lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/times.hpp"
#include "page/facts.hpp"

namespace weir::page {

struct history_sample {
  line_totals totals{};
  std::uint64_t pending = 0;
  std::uint64_t log_bytes = 0;

  friend bool operator==(const history_sample&, const history_sample&) = default;
};

class history {
 public:
  static constexpr std::int64_t seconds_kept = 3600;
  static constexpr std::int64_t step_max = 60;
  /// So far apart samples may be taken while nothing changes.
  static constexpr std::int64_t quiet_seconds = 4;
  /// A sample that comes so much later is one of a process that stood still: what was between is
  /// not known. Four seconds beyond what is meant.
  static constexpr std::int64_t gap_seconds_max = quiet_seconds + 4;

  /// Once a second, or each `quiet_seconds`. What came between two samples is shared out evenly
  /// among the seconds between.
  void add(const history_sample& now, const moment& at);

  /// Of the last `seconds` that are known; nullopt: none are.
  [[nodiscard]] std::optional<line_rates> rates(std::int64_t seconds) const;
  /// Of the totals so many seconds ago, or the oldest that are known.
  [[nodiscard]] line_totals totals_before(std::int64_t seconds) const;

  /// The document of `GET history`. Requires: 1 <= step <= step_max, 1 <= seconds <= seconds_kept.
  [[nodiscard]] std::string text(std::int64_t seconds, std::int64_t step) const;

 private:
  struct slot {
    std::int64_t second = -1;  // of the steady clock; -1: never
    history_sample sample{};
  };
  [[nodiscard]] const history_sample* at(std::int64_t second) const noexcept;
  void put(std::int64_t second, const history_sample& sample);

  /// A ring of seconds, made a minute at a time: weir that has just begun has little of it.
  static constexpr std::size_t page_slots = 60;
  static constexpr std::size_t pages = static_cast<std::size_t>(seconds_kept) / page_slots + 1;
  std::array<std::unique_ptr<std::array<slot, page_slots>>, pages> ring_;
  std::int64_t newest_ = -1;
  wall_time newest_wall_{};
};

}  // namespace weir::page
