// SPDX-License-Identifier: Apache-2.0
#include "fleet/shared_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "gate/series/cardinality.hpp"
#include "gate/series/series_hash.hpp"
#include "gate/series/series_table.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t millisecond_ns = 1'000'000;
/// Rounds in the time after which an idle series counts no more, and ages that are told apart.
constexpr std::uint32_t rounds_in_idle = 4;
/// Places of the table that are looked at under one lock.
constexpr std::size_t looks = 1'024;
/// Records of others whose keys are known, to be removed when they are old.
constexpr std::size_t others_max = 100'000;
constexpr std::size_t removals_max = 1'000;

}  // namespace

shared_series::shared_series(options how, gate_memory& remembered)
    : how_(std::move(how)), who_(fmt::format("{:016x}-", how_.process)), remembered_(remembered) {}

void shared_series::begin(std::string_view secret) {
  remembered_.share_series(news_, hash_text(secret, 0));
  shares_ = true;
  last_round_ns_ = how_.wall_ns();
}

std::uint64_t shared_series::check_of(const database_memory& database) {
  return hash_text("series", database.seed());
}

// --- what others tell

bool shared_series::take(const shared_record& read, const kafka_record& record) {
  if (!shares_ || std::string_view(read.who).starts_with(who_)) {
    return true;
  }
  if (read.tombstone) {
    others_.erase(record.key);
    return true;
  }
  if (others_.size() < others_max) {
    others_[record.key] = record.timestamp_ms;
  }
  const auto batch = read_series(record.value);
  if (!batch) {
    return false;
  }
  const std::int64_t now_ns = how_.wall_ns();
  const std::int64_t seen_s = record.timestamp_ms / 1'000 - std::int64_t{batch->age_s};
  if (seen_s < 0 || now_ns / second_ns - seen_s > std::int64_t{how_.idle_s}) {
    return true;
  }
  database_memory& database = remembered_.of(read.database);
  if (batch->check != check_of(database)) {
    foreign_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  database.is_told.store(true, std::memory_order_relaxed);
  enter(*batch, database,
        {.seen_s = static_cast<std::uint32_t>(std::min(seen_s, now_ns / second_ns)),
         .is_new = batch->is_new},
        now_ns);
  return true;
}

void shared_series::enter(const series_batch& batch, database_memory& database, told_series told,
                          std::int64_t now_ns) {
  for (const series_batch::measurement& each : batch.measurements) {
    measurement_record& counts = each.key == 0 ? database.series.shared_record()
                                               : database.series.record_of(each.key, each.name);
    for (const std::uint64_t one : each.series) {
      told.series = one;
      const told_entry entered = enter_told(remembered_, database, counts, told, now_ns);
      learnt_.fetch_add(entered == told_entry::added ? 1 : 0, std::memory_order_relaxed);
      beyond_.fetch_add(entered == told_entry::no_room ? 1 : 0, std::memory_order_relaxed);
    }
  }
}

// --- what is told to others

/// In records of one database and age each, their series by measurement.
void shared_series::spell(std::vector<seen_series> series, sent kind, std::vector<outgoing>& out) {
  const auto order = [](const seen_series& of) {
    return std::tuple(of.database, of.age_s, of.measurement);
  };
  std::sort(series.begin(), series.end(),
            [&order](const seen_series& one, const seen_series& other) {
              return order(one) < order(other);
            });
  series_batch batch;
  std::size_t count = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const seen_series& each = series[i];
    if (count == 0 || each.measurement != series[i - 1].measurement) {
      batch.measurements.push_back({.key = each.measurement->key, .name = each.measurement->name});
    }
    batch.measurements.back().series.push_back(each.series);
    ++count;
    const bool is_last = i + 1 == series.size() || series[i + 1].database != each.database ||
                         series[i + 1].age_s != each.age_s;
    if (!is_last && count < series_batch_max) {
      continue;
    }
    batch.check = check_of(*each.database);
    batch.age_s = each.age_s;
    batch.is_new = kind == sent::news;
    out.push_back({kind, {}, spell_series(batch)});
    {
      const std::lock_guard hold(lock_);
      out.back().key = series_key(each.database->name(), who_ + std::to_string(++numbers_));
      standing_.push_back(out.back().key);
    }
    told_.fetch_add(count, std::memory_order_relaxed);
    unreported_.fetch_add(kind == sent::round ? 1 : 0, std::memory_order_relaxed);
    batch.measurements.clear();
    count = 0;
  }
}

std::vector<shared_series::outgoing> shared_series::take_news() {
  std::vector<seen_series> series;
  for (const series_news::item& each : news_.take()) {
    series.push_back(
        {.database = each.database, .measurement = each.measurement, .series = each.series});
  }
  std::vector<outgoing> out;
  spell(std::move(series), sent::news, out);
  return out;
}

std::vector<shared_series::outgoing> shared_series::due() {
  std::vector<outgoing> out;
  if (!shares_) {
    return out;
  }
  const std::int64_t now_ns = how_.wall_ns();
  // A clock that is set back keeps nothing from being told.
  const auto is_due = [now_ns](std::int64_t last_ns, std::int64_t pause_ns) {
    return now_ns < last_ns || now_ns - last_ns >= pause_ns;
  };
  const std::int64_t refresh_ns = std::int64_t{how_.idle_s} * second_ns / rounds_in_idle;
  if (is_due(news_sent_ns_, how_.news_pause_ns)) {
    news_sent_ns_ = now_ns;
    out = take_news();
  }
  // A round that goes on adds to what stands before it takes out what was before.
  const bool has_many = !round_ && standing() > round_left_ + how_.records_max;
  wants_round_ =
      news_.take_missed() || wants_round_ || has_many || is_due(last_round_ns_, refresh_ns);
  if (!round_ && wants_round_ &&
      is_due(last_round_ns_, std::min(how_.round_pause_ns, refresh_ns))) {
    begin_round(now_ns);
  }
  if (round_) {
    go_on_with_round(out);
  }
  if (is_due(removed_ns_, std::min(how_.round_pause_ns, refresh_ns))) {
    removed_ns_ = now_ns;
    remove_old(now_ns, out);
  }
  return out;
}

void shared_series::begin_round(std::int64_t now_ns) {
  wants_round_ = false;
  last_round_ns_ = now_ns;
  round_failed_.store(false);
  round_ = round{.before = standing(), .now_ns = now_ns};
}

/// One shard of the table at a time.
void shared_series::go_on_with_round(std::vector<outgoing>& out) {
  if (round_->shard == series_table::shard_count) {
    end_round(out);
    return;
  }
  std::unordered_map<const database_series*, const database_memory*> databases;
  for (const database_memory* each : remembered_.told_databases()) {
    databases.emplace(&each->series, each);
  }
  std::vector<seen_series> series;
  std::vector<series_entry> entries;
  const auto now_s = static_cast<std::uint32_t>(round_->now_ns / second_ns);
  const std::uint32_t step_s = std::max(how_.idle_s / rounds_in_idle, 1U);
  for (std::size_t next = 0; !databases.empty();) {
    entries.clear();
    next = remembered_.series.copy_some(round_->shard, next, looks, entries);
    for (const series_entry& each : entries) {
      const std::uint32_t age_s = now_s - std::min(now_s, each.seen_s);
      const auto database =
          each.measurement == nullptr ? databases.end() : databases.find(&each.measurement->owner);
      if (database != databases.end() && each.seen_s % 2 == 1 && age_s < how_.idle_s) {
        series.push_back(
            {database->second, each.measurement, age_s / step_s * step_s, each.key.low});
      }
    }
    if (next == 0) {
      break;
    }
  }
  ++round_->shard;
  spell(std::move(series), sent::round, out);
}

/// What was told before is in the topic once more, and goes.
void shared_series::end_round(std::vector<outgoing>& out) {
  if (unreported_.load() > 0) {
    return;
  }
  if (round_failed_.load()) {
    wants_round_ = true;
    round_.reset();
    return;
  }
  const std::lock_guard hold(lock_);
  for (std::size_t i = 0; i < round_->before; ++i) {
    out.push_back({sent::removal, std::move(standing_.front()), std::nullopt});
    standing_.pop_front();
  }
  round_left_ = standing_.size();
  round_.reset();
}

/// Of processes that are gone. Each weir does it; a second tombstone changes nothing.
void shared_series::remove_old(std::int64_t now_ns, std::vector<outgoing>& out) {
  const std::int64_t old_ms = (now_ns - std::int64_t{how_.idle_s} * second_ns) / millisecond_ns;
  std::size_t removed = 0;
  for (auto one = others_.begin(); one != others_.end() && removed < removals_max;) {
    if (one->second >= old_ms) {
      ++one;
      continue;
    }
    out.push_back({sent::removal, one->first, std::nullopt});
    one = others_.erase(one);
    ++removed;
  }
}

void shared_series::reported(sent kind, bool is_written) {
  if (!is_written && kind == sent::news) {
    news_.miss();
  }
  if (kind == sent::round) {
    if (!is_written) {
      round_failed_.store(true);
    }
    unreported_.fetch_sub(1);
  }
}

std::size_t shared_series::standing() const {
  const std::lock_guard hold(lock_);
  return standing_.size();
}

void shared_series::collect(metric_collector& out) const {
  const auto count = [&out](std::string_view name, std::string_view help, std::uint64_t value) {
    out.counter_value(name, help, static_cast<double>(value));
  };
  count("weir_shared_series_told_total",
        "Series, of databases with limits, that this weir told the others of, repetitions too.",
        told_.load());
  count("weir_shared_series_learnt_total",
        "Series, of databases with limits, that this weir knows from others.", learnt_.load());
  count("weir_shared_series_beyond_total",
        "Series that other weirs told of and for which limits.series has no room: they are not "
        "counted here.",
        beyond_.load());
  count("weir_shared_series_foreign_total",
        "Records of series that a weir wrote which hashes series in another way: not counted.",
        foreign_.load());
}

}  // namespace weir
