// SPDX-License-Identifier: Apache-2.0
#include "gate/gate_memory.hpp"

namespace weir {
namespace {

constexpr std::int64_t sample_pause_ns = 60'000'000'000;

}  // namespace

gate_memory::gate_memory(const gate_memory_options& options)
    : options_(options),
      types_budget_(options.types_bytes),
      series(options.series_bytes, options.series_idle_s),
      points(options.duplicates_bytes) {}

database_memory& gate_memory::of(std::string_view database) {
  const std::lock_guard lock(mutex_);
  auto found = databases_.find(database);
  if (found == databases_.end()) {
    std::string name(database);
    auto made =
        std::make_unique<database_memory>(name, options_.seed, types_budget_, options_.start_ns);
    found = databases_.emplace(std::move(name), std::move(made)).first;
  }
  return *found->second;
}

field_types::answer gate_memory::learn(std::string_view database, std::string_view measurement,
                                       std::string_view field, field_type type) {
  database_memory& own = of(database);
  return add_type(own, measurement_key(own, measurement), measurement, field, type);
}

void gate_memory::load(const registered_types& types) {
  for (const auto& [name, type] : types) {
    database_memory& own = of(name.database);
    const auto key = field_types::key_of(measurement_key(own, name.measurement), name.field);
    static_cast<void>(own.types.add(key, type, [] {}));
  }
}

field_types::answer gate_memory::add_type(database_memory& database, std::uint64_t measurement_hash,
                                          std::string_view measurement, std::string_view field,
                                          field_type type) {
  return database.types.add(field_types::key_of(measurement_hash, field), type, [&] {
    if (options_.keeps_types) {
      const std::lock_guard lock(unwritten_mutex_);
      append_registration(database.name(), measurement, field, type, unwritten_);
      registrations_.fetch_add(1, std::memory_order_acq_rel);
    }
  });
}

std::string gate_memory::take_unwritten(std::uint64_t& registrations) {
  const std::lock_guard lock(unwritten_mutex_);
  registrations = registrations_.load(std::memory_order_acquire);
  return std::exchange(unwritten_, {});
}

void gate_memory::note_duplicate(const database_memory& database, std::string_view text,
                                 std::int64_t time) {
  const std::lock_guard lock(sample_mutex_);
  if (sample_) {
    ++sample_->count;
    return;
  }
  sample_ = duplicate_sample{database.name(), std::string(text), time, 1};
  has_sample_.store(true, std::memory_order_relaxed);
}

std::optional<duplicate_sample> gate_memory::take_duplicate(std::int64_t now_ns) {
  if (!has_sample_.load(std::memory_order_relaxed)) {
    return std::nullopt;
  }
  const std::lock_guard lock(sample_mutex_);
  if (!sample_ || now_ns - sample_taken_ns_ < sample_pause_ns) {
    return std::nullopt;
  }
  sample_taken_ns_ = now_ns;
  has_sample_.store(false, std::memory_order_relaxed);
  return std::exchange(sample_, std::nullopt);
}

std::vector<gate_memory::database_counts> gate_memory::count() const {
  const std::lock_guard lock(mutex_);
  std::vector<database_counts> out;
  out.reserve(databases_.size());
  for (const auto& [name, each] : databases_) {
    out.push_back({name, each->series.series(), each->types.size()});
  }
  return out;
}

}  // namespace weir
