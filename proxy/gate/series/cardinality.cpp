// SPDX-License-Identifier: Apache-2.0
#include "gate/series/cardinality.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir {
namespace {

constexpr std::int64_t hour_ns = 3'600'000'000'000;

constexpr std::uint64_t register_bits = 6;

std::uint64_t rounded(double number) noexcept {
  return number <= 0 ? 0 : static_cast<std::uint64_t>(std::llround(number));
}

}  // namespace

// HyperLogLog (Flajolet and others, 2007): the first bits of a hash choose a register, which keeps
// the longest run of zeros seen at the beginning of the rest.
bool distinct_sketch::add(std::uint64_t hash) noexcept {
  std::uint8_t& longest = registers_[hash >> (64 - register_bits)];
  const auto run = static_cast<std::uint8_t>(std::countl_zero(hash << register_bits | 1U) + 1);
  if (run <= longest) {
    return false;
  }
  longest = run;
  return true;
}

double distinct_sketch::estimate() const noexcept {
  constexpr double count = 64;
  constexpr double alpha = 0.709;
  double sum = 0;
  double empty = 0;
  for (const std::uint8_t each : registers_) {
    sum += std::ldexp(1.0, -each);
    empty += each == 0 ? 1 : 0;
  }
  const double raw = alpha * count * count / sum;
  // Few values: count the registers that none has hit.
  return raw <= 2.5 * count && empty > 0 ? count * std::log(count / empty) : raw;
}

void measurement_record::series_gone() noexcept {
  series.fetch_sub(1, std::memory_order_relaxed);
  owner.series_.fetch_sub(1, std::memory_order_relaxed);
}

database_series::database_series(memory_budget& budget, std::int64_t start_ns)
    : budget_(budget), lease_(budget_), first_hour_end_ns_(start_ns + hour_ns), shared_(*this) {}

database_series::~database_series() = default;

measurement_record& database_series::record_of(std::uint64_t measurement, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto known = records_.find(measurement); known != records_.end()) {
    return *known->second;
  }
  if (!lease_.grow_to(lease_.bytes() + measurement_bytes)) {
    return shared_;
  }
  return *records_
              .emplace(measurement, std::make_unique<measurement_record>(*this, name, measurement))
              .first->second;
}

std::optional<series_refusal> database_series::admit(measurement_record& record,
                                                     std::span<const tag_view> tags,
                                                     const series_limits& limits,
                                                     std::int64_t now_ns) {
  if (!limits.any()) {
    series_.fetch_add(1, std::memory_order_relaxed);
    record.series.fetch_add(1, std::memory_order_relaxed);
    // Nothing is refused for it, so nobody waits for it: which tags explode is about as well known
    // without the series that come while another thread is here.
    if (const std::unique_lock lock(mutex_, std::try_to_lock); lock && &record != &shared_) {
      watch_tags(record, tags);
    }
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  turn_hour(record, now_ns / hour_ns);
  if (&record != &shared_) {
    watch_tags(record, tags);  // refused ones too: they show what explodes
  }
  if (auto refusal = over_limit(record, limits,
                                now_ns >= first_hour_end_ns_.load(std::memory_order_relaxed))) {
    blame(record, tags, *refusal);
    return refusal;
  }
  series_.fetch_add(1, std::memory_order_relaxed);
  record.series.fetch_add(1, std::memory_order_relaxed);
  ++new_this_hour_;
  ++record.new_this_hour;
  return std::nullopt;
}

void database_series::count_told(measurement_record& record, bool is_new, std::int64_t at_ns,
                                 std::int64_t now_ns) {
  if (now_ns - at_ns > hour_ns) {
    // Series of more than an hour ago are known: those that come are new, also in the first hour.
    first_hour_end_ns_.store(0, std::memory_order_relaxed);
  }
  series_.fetch_add(1, std::memory_order_relaxed);
  record.series.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t hour = now_ns / hour_ns;
  if (!is_new || at_ns / hour_ns != hour) {
    return;
  }
  const std::lock_guard lock(mutex_);
  turn_hour(record, hour);
  ++new_this_hour_;
  ++record.new_this_hour;
}

void database_series::retract(measurement_record& record, std::int64_t now_ns) {
  record.series_gone();
  const std::lock_guard lock(mutex_);
  const std::int64_t hour = now_ns / hour_ns;
  if (hour_ == hour && new_this_hour_ > 0) {
    --new_this_hour_;
  }
  if (record.hour == hour && record.new_this_hour > 0) {
    --record.new_this_hour;
  }
}

std::vector<database_series::tag_values> database_series::widest_tags(std::size_t count_max) const {
  constexpr std::size_t records_looked_at = 10'000;
  constexpr std::size_t records_estimated = 32;
  std::vector<tag_values> out;
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::uint64_t, const measurement_record*>> largest;
  std::size_t looked = 0;
  for (const auto& [hash, record] : records_) {
    if (++looked > records_looked_at) {
      break;
    }
    largest.emplace_back(record->series.load(std::memory_order_relaxed), record.get());
  }
  const auto estimated = static_cast<std::ptrdiff_t>(std::min(records_estimated, largest.size()));
  std::partial_sort(largest.begin(), largest.begin() + estimated, largest.end(),
                    [](const auto& one, const auto& other) { return one.first > other.first; });
  for (auto each = largest.begin(); each != largest.begin() + estimated; ++each) {
    for (const measurement_record::tag& tag : each->second->tags) {
      out.push_back({each->second->name, tag.key, rounded(tag.values.estimate())});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const tag_values& one, const tag_values& other) {
    return one.values > other.values;
  });
  out.resize(std::min(out.size(), count_max));
  return out;
}

void database_series::take_total(const database_series& from) {
  const std::scoped_lock lock(mutex_, from.mutex_);
  series_.store(from.series(), std::memory_order_relaxed);
  new_this_hour_ = from.new_this_hour_;
  hour_ = from.hour_;
}

void database_series::take_measurement(std::uint64_t measurement, std::string_view name,
                                       const database_series& from) {
  measurement_record& own = record_of(measurement, name);
  const std::scoped_lock lock(mutex_, from.mutex_);
  const auto known = from.records_.find(measurement);
  if (known != from.records_.end() && &own != &shared_) {
    own.series.store(known->second->series.load(std::memory_order_relaxed),
                     std::memory_order_relaxed);
    own.new_this_hour = known->second->new_this_hour;
    own.hour = known->second->hour;
    own.tags = known->second->tags;
  }
}

void database_series::turn_hour(measurement_record& record, std::int64_t hour) {
  if (hour_ != hour) {
    hour_ = hour;
    new_this_hour_ = 0;
  }
  if (record.hour != hour) {
    record.hour = hour;
    record.new_this_hour = 0;
    for (measurement_record::tag& each : record.tags) {
      each.at_hour_begin = each.values.estimate();
    }
  }
}

std::optional<series_refusal> database_series::over_limit(const measurement_record& record,
                                                          const series_limits& limits,
                                                          bool hours_count) const {
  const auto refused = [](series_limit_kind kind, std::uint64_t limit) {
    series_refusal refusal;
    refusal.kind = kind;
    refusal.limit = limit;
    return refusal;
  };
  const auto over = [](std::uint64_t have, std::uint64_t limit) {
    return limit > 0 && have >= limit;
  };
  const bool own = &record != &shared_;
  if (over(series(), limits.database_total)) {
    return refused(series_limit_kind::database_total, limits.database_total);
  }
  if (own && over(record.series.load(std::memory_order_relaxed), limits.measurement_total)) {
    return refused(series_limit_kind::measurement_total, limits.measurement_total);
  }
  if (hours_count && over(new_this_hour_, limits.database_per_hour)) {
    return refused(series_limit_kind::database_per_hour, limits.database_per_hour);
  }
  if (own && hours_count && over(record.new_this_hour, limits.measurement_per_hour)) {
    return refused(series_limit_kind::measurement_per_hour, limits.measurement_per_hour);
  }
  return std::nullopt;
}

void database_series::watch_tags(measurement_record& record, std::span<const tag_view> tags) {
  for (const tag_view& tag : tags) {
    auto watched = std::find_if(record.tags.begin(), record.tags.end(),
                                [&tag](const auto& each) { return each.key == tag.key; });
    if (watched == record.tags.end()) {
      if (record.tags.size() >= tags_max ||
          !lease_.grow_to(lease_.bytes() + tag_bytes + tag.key.size())) {
        continue;
      }
      record.tags.push_back({std::string(tag.key), {}, 0});
      watched = record.tags.end() - 1;
    }
    static_cast<void>(watched->values.add(hash_text(tag.value, 0)));
  }
}

/// The tag that gained most values in this hour; where none did, the one that has most.
void database_series::blame(const measurement_record& record, std::span<const tag_view> tags,
                            series_refusal& refusal) {
  double most_new = -1;
  double most = -1;
  for (const tag_view& tag : tags) {
    const auto watched = std::find_if(record.tags.begin(), record.tags.end(),
                                      [&tag](const auto& each) { return each.key == tag.key; });
    if (watched == record.tags.end()) {
      continue;
    }
    const double all = watched->values.estimate();
    const double gained = std::max(0.0, all - watched->at_hour_begin);
    if (gained > most_new || (gained == most_new && all > most)) {
      most_new = gained;
      most = all;
      refusal.tag = tag.key;
      refusal.value = tag.value;
      refusal.tag_values = rounded(all);
      refusal.tag_values_new = rounded(gained);
    }
  }
}

}  // namespace weir
