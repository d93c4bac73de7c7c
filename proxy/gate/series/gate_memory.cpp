// SPDX-License-Identifier: Apache-2.0
#include "gate/series/gate_memory.hpp"

#include <algorithm>

namespace weir {
namespace {

constexpr std::int64_t sample_pause_ns = 60'000'000'000;
/// Of more databases that were dropped, the series that come later are not told to other weirs.
constexpr std::size_t dropped_places_max = 100'000;

}  // namespace

gate_memory::gate_memory(const gate_memory_options& options)
    : options_(options),
      types_budget_(options.types_bytes),
      file_budget_(options.types_bytes * types_file_factor),
      unwritten_bytes_usual_(std::min(unwritten_bytes_usual, options.types_bytes / 2)),
      seed_(options.seed),
      series(options.series_bytes, options.series_idle_s),
      points(options.duplicates_bytes) {}

database_memory& gate_memory::of(std::string_view database) {
  const std::lock_guard lock(mutex_);
  auto known = databases_.find(database);
  if (known == databases_.end()) {
    std::string name(database);
    auto memory =
        std::make_unique<database_memory>(name, seed_of(name, 0), types_budget_, options_.start_ns);
    known = databases_.emplace(std::move(name), std::move(memory)).first;
  }
  return *known->second;
}

bool gate_memory::knows(std::string_view database) const {
  const std::lock_guard lock(mutex_);
  return databases_.find(database) != databases_.end();
}

const database_memory* gate_memory::find(std::string_view database) const {
  const std::lock_guard lock(mutex_);
  const auto known = databases_.find(database);
  return known == databases_.end() ? nullptr : known->second.get();
}

std::unique_ptr<gate_memory> gate_memory::empty_copy(std::string_view database) const {
  constexpr std::size_t small_bytes = std::size_t{1} << 20;
  gate_memory_options options = options_;
  options.seed = seed_;
  options.series_bytes = options.duplicates_bytes = small_bytes;
  // Ample: what is not known in it passes unchecked.
  options.types_bytes = 16 * small_bytes;
  options.keeps_types = false;
  auto copy = std::make_unique<gate_memory>(options);
  if (const database_memory* known = find(database)) {
    copy->databases_.emplace(
        database, std::make_unique<database_memory>(*known, copy->types_budget_, options.start_ns));
  }
  return copy;
}

bool gate_memory::replace(std::string_view database) {
  const auto known = databases_.find(database);
  if (known == databases_.end() || dropped_.size() == dropped_max) {
    return false;
  }
  known->second->types.clear();
  dropped_.push_back(std::move(known->second));
  // With another seed none of its series and fields is found again.
  known->second = std::make_unique<database_memory>(
      known->first, seed_of(database, dropped_.size()), types_budget_, options_.start_ns);
  drops_.fetch_add(1, std::memory_order_release);
  return true;
}

void gate_memory::forget(std::string_view database) {
  const std::lock_guard lock(mutex_);
  if (!replace(database) || !options_.keeps_types) {
    return;
  }
  // Ahead of records of the types to come: nobody finds the new memory before.
  std::string record;
  append_drop(database, record);
  const std::lock_guard unwritten(unwritten_mutex_);
  unwritten_ += record;
  unwritten_bytes_.store(unwritten_.size(), std::memory_order_relaxed);
  registrations_.fetch_add(1, std::memory_order_acq_rel);
}

void gate_memory::forget(std::string_view database, std::uint64_t place) {
  const std::lock_guard lock(mutex_);
  if (const auto known = dropped_at_.find(database); known != dropped_at_.end()) {
    known->second = place;
  } else if (dropped_at_.size() < dropped_places_max) {
    dropped_at_.emplace(database, place);
  }
  static_cast<void>(replace(database));
}

std::uint64_t gate_memory::seed_of(std::string_view database, std::uint64_t place) const {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15ULL;
  const auto shared = dropped_at_.find(database);
  return seed_ + (shared == dropped_at_.end() ? place : shared->second) * odd;
}

std::vector<database_memory*> gate_memory::told_databases() const {
  std::vector<database_memory*> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, each] : databases_) {
    if (each->is_told.load(std::memory_order_relaxed)) {
      out.push_back(each.get());
    }
  }
  return out;
}

void gate_memory::forget_loaded(std::string_view database) {
  const std::lock_guard lock(mutex_);
  if (const auto known = databases_.find(database); known != databases_.end()) {
    // The next file will not have them.
    file_budget_.give_back(known->second->file_bytes.load(std::memory_order_relaxed));
    static_cast<void>(replace(database));
  }
}

field_types::answer gate_memory::learn(std::string_view database, std::string_view measurement,
                                       std::string_view field, field_type type) {
  database_memory& own = of(database);
  return add_type(own, measurement_key(own, measurement), measurement, field, type);
}

/// Takes the record's bytes from the file's budget.
bool gate_memory::make_record(const registered_field& name, field_type type, std::string& out) {
  const std::size_t names = name.database.size() + name.measurement.size() + name.field.size();
  if (names > types_record_bytes_max || names > file_budget_.limit() - file_budget_.used() ||
      unwritten_bytes_.load(std::memory_order_relaxed) >= options_.types_bytes) {
    return false;
  }
  append_registration(name, type, out);
  return out.size() <= types_record_bytes_max && file_budget_.take(budgeted_bytes(out.size()));
}

field_types::answer gate_memory::add_type(database_memory& database, std::uint64_t measurement_hash,
                                          std::string_view measurement, std::string_view field,
                                          field_type type) {
  const wide_hash key = field_types::key_of(measurement_hash, field);
  if (const auto known = database.types.find(key); known.found == field_types::status::known) {
    return known;  // another thread was faster
  }
  if (claims_ != nullptr) {
    return add_claimed(database, key, {database.name(), measurement, field}, type);
  }
  if (!options_.keeps_types) {
    return database.types.add(key, type, [] {});
  }
  std::string record;
  if (!make_record({database.name(), measurement, field}, type, record)) {
    return {field_types::status::full, type};
  }
  const auto answer = database.types.add(key, type, [&] {
    const std::lock_guard lock(unwritten_mutex_);
    unwritten_ += record;
    unwritten_bytes_.store(unwritten_.size(), std::memory_order_relaxed);
    registrations_.fetch_add(1, std::memory_order_acq_rel);
    database.file_bytes.fetch_add(budgeted_bytes(record.size()), std::memory_order_relaxed);
  });
  if (answer.found != field_types::status::added) {
    file_budget_.give_back(budgeted_bytes(record.size()));
  }
  return answer;
}

field_types::answer gate_memory::add_claimed(database_memory& database, const wide_hash& key,
                                             const registered_field& name, field_type type) {
  // The claim waits before lines can see that the type is claimed.
  const type_claims::claimed made = claims_->claim(name, type);
  if (made.full) {
    return {field_types::status::full, type};
  }
  if (made.number == 0) {
    // The topic has it, and whoever reads it is about to say so here.
    const field_types::status found = database.types.set(key, made.type);
    return {found == field_types::status::full ? found : field_types::status::known, made.type};
  }
  return database.types.add_claimed(key, made.type);
}

bool gate_memory::settle_type(const registered_field& name, field_type type, bool replaced) {
  database_memory& own = of(name.database);
  const wide_hash key = field_types::key_of(measurement_key(own, name.measurement), name.field);
  const bool is_full = own.types.set(key, type) == field_types::status::full;
  if (replaced) {
    change_salt(own);
  }
  return !is_full;
}

void gate_memory::remove_type(const registered_field& name) {
  database_memory& own = of(name.database);
  own.types.remove(field_types::key_of(measurement_key(own, name.measurement), name.field),
                   /*only_claimed=*/false);
  change_salt(own);
}

void gate_memory::give_up_claimed(const registered_field& name) {
  database_memory& own = of(name.database);
  own.types.remove(field_types::key_of(measurement_key(own, name.measurement), name.field),
                   /*only_claimed=*/true);
}

/// Lines of known shapes have their types looked at once more.
void gate_memory::change_salt(database_memory& database) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15ULL;
  database.shapes_salt.fetch_add(odd, std::memory_order_relaxed);
  drops_.fetch_add(1, std::memory_order_release);
}

std::string gate_memory::take_unwritten(std::uint64_t& registrations) {
  const std::lock_guard lock(unwritten_mutex_);
  registrations = registrations_.load(std::memory_order_acquire);
  unwritten_bytes_.store(0, std::memory_order_relaxed);
  return std::exchange(unwritten_, {});
}

std::optional<gate_sample> minute_sample::take(std::int64_t now_ns) {
  if (!waiting_.load(std::memory_order_relaxed)) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  if (!sample_ || now_ns - taken_ns_ < sample_pause_ns) {
    return std::nullopt;
  }
  taken_ns_ = now_ns;
  waiting_.store(false, std::memory_order_relaxed);
  sample_->count = count_.exchange(0, std::memory_order_relaxed);
  return std::exchange(sample_, std::nullopt);
}

gate_memory::database_counts gate_memory::count_of(std::string_view database) const {
  const std::lock_guard lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) {
    return {std::string(database), 0, 0};
  }
  return {found->first, found->second->series.series(), found->second->types.size()};
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
