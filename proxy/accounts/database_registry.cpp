// SPDX-License-Identifier: Apache-2.0
#include "accounts/database_registry.hpp"

#include <algorithm>

namespace weir {

void database_entry::add(const line_account& account, std::int64_t now_ns) noexcept {
  lines_.add(account);
  if (totals_ != nullptr) {
    totals_->add(sums_of(account));
  }
  if (account.received > 0) {
    const std::lock_guard lock(recent_mutex_);
    recent_.add(account.received, now_ns);
  }
}

database_entry::activity database_entry::lately(std::int64_t now_ns) const noexcept {
  const std::lock_guard lock(recent_mutex_);
  return {recent_.per_second(now_ns), recent_.last_ns()};
}

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
  auto entry = entries_.find(name);
  if (entry == entries_.end()) {
    if (entries_.size() >= databases_max_) {
      return nullptr;
    }
    std::string key(name);
    auto added = std::make_unique<database_entry>(key, entries_.size() < labelled_max_, &totals_);
    by_age_.push_back(added.get());
    entry = entries_.emplace(std::move(key), std::move(added)).first;
  }
  return entry->second.get();
}

database_entry* database_registry::find(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto entry = entries_.find(name);
  return entry == entries_.end() ? nullptr : entry->second.get();
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

std::string_view database_registry::label_of(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto entry = entries_.find(name);
  const bool labelled = entry != entries_.end() && entry->second->labelled();
  return labelled ? std::string_view(entry->second->name()) : database_entry::other_label;
}

void database_registry::collect(metric_collector& out) const {
  static_cast<void>(collect_some(0, databases_max_, out));
}

bool database_registry::collect_some(std::size_t first, std::size_t count,
                                     metric_collector& out) const {
  std::vector<const database_entry*> some;
  bool more = false;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t begin = std::min(first, by_age_.size());
    const std::size_t end = begin + std::min(count, by_age_.size() - begin);
    some.assign(by_age_.begin() + static_cast<std::ptrdiff_t>(begin),
                by_age_.begin() + static_cast<std::ptrdiff_t>(end));
    more = end < by_age_.size();
  }
  line_account others;
  bool any_other = false;
  for (const database_entry* entry : some) {
    if (entry->labelled()) {
      collect_lines(entry->name(), entry->lines(), out);
    } else {
      others.add(entry->lines());
      any_other = true;
    }
  }
  if (any_other) {
    collect_lines(database_entry::other_label, others, out);
  }
  return more;
}

}  // namespace weir
