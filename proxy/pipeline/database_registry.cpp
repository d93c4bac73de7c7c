// SPDX-License-Identifier: Apache-2.0
#include "pipeline/database_registry.hpp"

namespace weir {

database_entry* database_registry::find_or_add(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    if (entries_.size() >= databases_max_) {
      return nullptr;
    }
    std::string key(name);
    auto made = std::make_unique<database_entry>(key);
    found = entries_.emplace(std::move(key), std::move(made)).first;
  }
  return found->second.get();
}

database_entry* database_registry::find(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.get();
}

std::vector<database_entry*> database_registry::entries() const {
  const std::scoped_lock lock(mutex_);
  std::vector<database_entry*> out;
  out.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    out.push_back(entry.get());
  }
  return out;
}

void database_registry::collect(metric_collector& out) const {
  for (const database_entry* entry : entries()) {
    collect_lines(entry->name(), entry->lines(), out);
  }
}

}  // namespace weir
