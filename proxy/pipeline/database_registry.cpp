// SPDX-License-Identifier: Apache-2.0
#include "pipeline/database_registry.hpp"

namespace weir {

void database_entry::note_written(const std::string& retention_policy) {
  if (retention_policy.empty()) {
    if (!written_default_.load(std::memory_order_relaxed)) {
      written_default_.store(true, std::memory_order_relaxed);
    }
    return;
  }
  const std::scoped_lock lock(written_mutex_);
  if (written_.size() < written_policies_max) {
    written_.insert(retention_policy);
  }
}

std::vector<std::string> database_entry::written_policies() const {
  std::vector<std::string> out;
  if (written_default_.load(std::memory_order_relaxed)) {
    out.emplace_back();
  }
  const std::scoped_lock lock(written_mutex_);
  out.insert(out.end(), written_.begin(), written_.end());
  return out;
}

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
