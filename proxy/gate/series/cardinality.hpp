// SPDX-License-Identifier: Apache-2.0
//
// How many series a database and each of its measurements have, how many of them are new in this
// hour of the clock, and which tag's values make them. Limits are asked here before a new series is
// let in. Thread-safe; only lines of new series come here.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/memory_budget.hpp"
#include "gate/series/series_hash.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// 0: no limit.
struct series_limits {
  std::uint64_t database_total = 0;
  std::uint64_t database_per_hour = 0;
  std::uint64_t measurement_total = 0;
  std::uint64_t measurement_per_hour = 0;

  [[nodiscard]] bool any() const noexcept {
    return (database_total | database_per_hour | measurement_total | measurement_per_hour) != 0;
  }
};

enum class series_limit_kind : std::uint8_t {
  database_total,
  database_per_hour,
  measurement_total,
  measurement_per_hour,
};

/// Why a series was not let in, and which tag had most to do with it.
struct series_refusal {
  series_limit_kind kind = series_limit_kind::database_total;
  std::uint64_t limit = 0;
  /// As written; empty when the line has no tags.
  std::string tag;
  std::string value;
  /// Different values of the tag in its measurement, about.
  std::uint64_t tag_values = 0;
  /// And how many of them are new in this hour.
  std::uint64_t tag_values_new = 0;
};

/// About how many different values were added: 64 registers, good to an eighth.
class distinct_sketch {
 public:
  /// False when the value changed nothing: it was there, or hides behind others.
  bool add(std::uint64_t hash) noexcept;
  [[nodiscard]] double estimate() const noexcept;

 private:
  std::array<std::uint8_t, 64> registers_{};
};

class database_series;

/// Lives as long as its database_series.
struct measurement_record {
  /// As much of a name as is kept, to be shown.
  static constexpr std::size_t name_bytes_max = 64;

  explicit measurement_record(database_series& its_owner, std::string_view its_name = {},
                              std::uint64_t its_key = 0)
      : owner(its_owner), name(its_name.substr(0, name_bytes_max)), key(its_key) {}
  /// A series of it was forgotten. Any thread.
  void series_gone() noexcept;

  struct tag {
    std::string key;
    distinct_sketch values;
    double at_hour_begin = 0;
  };
  database_series& owner;
  /// Without escapes; empty: not known.
  const std::string name;
  /// The hash of the whole name; 0: of measurements that have no record of their own.
  const std::uint64_t key;
  std::atomic<std::uint64_t> series{0};
  // Below: under the owner's lock.
  std::uint64_t new_this_hour = 0;
  std::int64_t hour = 0;
  std::vector<tag> tags;
};

/// The series of one database.
class database_series {
 public:
  /// Tags of a measurement that are watched.
  static constexpr std::size_t tags_max = 32;
  /// What one measurement with its tags is counted as, about.
  static constexpr std::size_t measurement_bytes = 256;
  static constexpr std::size_t tag_bytes = 128;

  /// No measurement beyond the budget has a record of its own: those share one, without limits of
  /// their own. In the first hour (from `start_ns`) every series is new, so it has no limit by
  /// hour.
  database_series(memory_budget& budget, std::int64_t start_ns);
  ~database_series();

  /// `measurement` is a hash of its name. Valid as long as this object.
  [[nodiscard]] measurement_record& record_of(std::uint64_t measurement,
                                              std::string_view name = {});
  /// Of those that have none of their own.
  [[nodiscard]] measurement_record& shared_record() noexcept { return shared_; }

  /// Counts a new series, or says which limit refuses it.
  [[nodiscard]] std::optional<series_refusal> admit(measurement_record& record,
                                                    std::span<const tag_view> tags,
                                                    const series_limits& limits,
                                                    std::int64_t now_ns);
  /// Counts a series that another weir let in, whatever the limits say. `is_new`: at `at_ns`; it
  /// may have been known there for long otherwise.
  void count_told(measurement_record& record, bool is_new, std::int64_t at_ns, std::int64_t now_ns);
  /// Takes back an `admit`: the line was refused after all, or another thread was faster.
  void retract(measurement_record& record, std::int64_t now_ns);

  [[nodiscard]] std::uint64_t series() const noexcept {
    return series_.load(std::memory_order_relaxed);
  }

  /// A tag of a measurement, and about how many values it has.
  struct tag_values {
    std::string measurement;
    std::string tag;
    std::uint64_t values = 0;
  };
  /// Those with most values, of the measurements with most series among the first that were named.
  /// Bounded work, for those who ask a running weir.
  [[nodiscard]] std::vector<tag_values> widest_tags(std::size_t count_max) const;

  /// Takes over how many series `from` has, in all or of this measurement: for a copy in which
  /// lines are tried.
  void take_total(const database_series& from);
  void take_measurement(std::uint64_t measurement, std::string_view name,
                        const database_series& from);

 private:
  friend struct measurement_record;
  [[nodiscard]] std::optional<series_refusal> over_limit(const measurement_record& record,
                                                         const series_limits& limits,
                                                         bool hours_count) const;
  void watch_tags(measurement_record& record, std::span<const tag_view> tags);
  static void blame(const measurement_record& record, std::span<const tag_view> tags,
                    series_refusal& refusal);
  void turn_hour(measurement_record& record, std::int64_t hour);

  memory_budget& budget_;
  memory_lease lease_;
  std::atomic<std::int64_t> first_hour_end_ns_;
  std::atomic<std::uint64_t> series_{0};
  mutable std::mutex mutex_;
  std::uint64_t new_this_hour_ = 0;
  std::int64_t hour_ = 0;
  measurement_record shared_;
  std::unordered_map<std::uint64_t, std::unique_ptr<measurement_record>> records_;
};

}  // namespace weir
