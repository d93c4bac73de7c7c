// SPDX-License-Identifier: Apache-2.0
#include "gate/types/types_loader.hpp"

namespace weir {

database_memory* types_loader::database_of(const types_record& record) {
  if (database_ != nullptr && database_->name() == record.name.database) {
    return database_;
  }
  const memory_budget& budget = memory_.types_budget_;
  if (!memory_.knows(record.name.database) &&
      budget.limit() - budget.used() < field_types::bytes_least) {
    return nullptr;
  }
  database_ = &memory_.of(record.name.database);
  measurement_ = record.name.measurement;
  measurement_hash_ = gate_memory::measurement_key(*database_, measurement_);
  return database_;
}

wide_hash types_loader::key_of(const types_record& record) {
  if (measurement_ != record.name.measurement) {
    measurement_ = record.name.measurement;
    measurement_hash_ = gate_memory::measurement_key(*database_, measurement_);
  }
  return field_types::key_of(measurement_hash_, record.name.field);
}

types_loader::loaded types_loader::load(const types_record& record) {
  if (record.dropped) {
    database_ = nullptr;
    memory_.forget_loaded(record.name.database);
    return loaded::replaced;
  }
  database_memory* const database = database_of(record);
  if (database == nullptr) {
    return loaded::beyond;
  }
  const wide_hash key = key_of(record);
  const std::size_t bytes = budgeted_bytes(record.line.size());
  const bool fits = memory_.file_budget_.take(bytes);
  if (!fits && database->types.find(key).found == field_types::status::unknown) {
    return loaded::beyond;
  }
  const field_types::status found = database->types.set(key, record.type);
  if (found == field_types::status::added) {
    database->file_bytes.fetch_add(bytes, std::memory_order_relaxed);
    return loaded::added;
  }
  if (fits) {
    memory_.file_budget_.give_back(bytes);
  }
  return found == field_types::status::known ? loaded::replaced : loaded::beyond;
}

bool types_loader::is_current(const types_record& record, std::uint8_t pass) {
  if (record.dropped) {
    return false;  // nor is what it drops
  }
  database_memory* const database = database_of(record);
  return database != nullptr && database->types.first_in_pass(key_of(record), record.type, pass);
}

}  // namespace weir
