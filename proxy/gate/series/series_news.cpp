// SPDX-License-Identifier: Apache-2.0
#include "gate/series/series_news.hpp"

#include "gate/series/cardinality.hpp"
#include "gate/series/series_hash.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

void series_news::add(database_memory& database, const measurement_record& measurement,
                      std::uint64_t series) {
  // It had series before it had limits.
  const bool begins = !database.is_told.load(std::memory_order_relaxed) &&
                      !database.is_told.exchange(true) && database.series.series() > 1;
  std::size_t count = 0;
  {
    const std::lock_guard hold(mutex_);
    missed_ = missed_ || begins;
    if (waiting_.size() >= waiting_max) {
      missed_ = true;
      return;
    }
    waiting_.push_back({&database, &measurement, series});
    count = waiting_.size();
  }
  if (count % waiting_usual == 0) {
    const std::lock_guard hold(send_mutex_);
    if (send_) {
      send_();
    }
  }
}

std::vector<series_news::item> series_news::take() {
  const std::lock_guard hold(mutex_);
  return std::exchange(waiting_, {});
}

bool series_news::take_missed() noexcept {
  const std::lock_guard hold(mutex_);
  return std::exchange(missed_, false);
}

void series_news::miss() noexcept {
  const std::lock_guard hold(mutex_);
  missed_ = true;
}

void series_news::on_many(std::function<void()> send) {
  const std::lock_guard hold(send_mutex_);
  send_ = std::move(send);
}

told_entry enter_told(gate_memory& memory, database_memory& database,
                      measurement_record& measurement, const told_series& told,
                      std::int64_t now_ns) {
  const wide_hash key = hash_of_series(told.series, database.seed());
  const std::uint32_t seen_s = told.seen_s & ~1U;
  if (memory.series.see(key, seen_s)) {
    return told_entry::known;
  }
  memory.series.expire_near(key, static_cast<std::uint32_t>(now_ns / second_ns));
  const std::int64_t at_ns = std::int64_t{told.seen_s} * second_ns;
  database.series.count_told(measurement, told.is_new, at_ns, now_ns);
  told_entry entered = told_entry::added;
  {
    auto entry = memory.series.see_or_add(key, seen_s);
    if (!entry) {
      entered = told_entry::no_room;
    } else if (!entry.added()) {
      entered = told_entry::known;  // a line was faster
    } else {
      entry->measurement = &measurement;
    }
  }
  if (entered != told_entry::added && told.is_new) {
    database.series.retract(measurement, at_ns);
  } else if (entered != told_entry::added) {
    measurement.series_gone();
  }
  return entered;
}

}  // namespace weir
