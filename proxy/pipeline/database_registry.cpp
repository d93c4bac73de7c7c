// SPDX-License-Identifier: Apache-2.0
#include "pipeline/database_registry.hpp"

namespace weir {
namespace {

template <std::size_t count>
void add_all(std::array<counter, count>& to, const std::array<std::uint64_t, count>& from) {
  for (std::size_t i = 0; i < count; ++i) {
    if (from[i] > 0) {
      to[i].add_shared(from[i]);
    }
  }
}

void add_if(counter& to, std::uint64_t n) {
  if (n > 0) {
    to.add_shared(n);
  }
}

/// Reports the counts that are not 0 of a list that is indexed by `code`.
template <class code, std::size_t count>
void collect_codes(metric_collector& out, std::string_view name, std::string_view help,
                   std::string_view database, const std::array<counter, count>& counts) {
  for (std::size_t i = 0; i < count; ++i) {
    if (const std::uint64_t n = counts[i].value(); n > 0) {
      out.counter_value(name, help, static_cast<double>(n),
                        {{"database", database}, {"reason", name_of(static_cast<code>(i))}});
    }
  }
}

}  // namespace

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

void database_entry::add(const line_account& account) noexcept {
  add_if(received_, account.received);
  add_if(accepted_, account.accepted);
  add_if(carriage_returns_, account.carriage_returns);
  add_all(noted_by_gate_, account.noted_by_gate);
  add_if(withheld_, account.withheld);
  if (account.received == account.accepted && account.carriage_returns == 0) {
    add_all(mended_by_gate_, account.mended_by_gate);
    return;
  }
  add_all(refused_by_parser_, account.refused_by_parser);
  add_all(rejected_by_gate_, account.rejected_by_gate);
  add_all(dropped_by_gate_, account.dropped_by_gate);
  add_all(mended_by_gate_, account.mended_by_gate);
}

void database_entry::collect(metric_collector& out) const {
  out.counter_value("weir_lines_received_total",
                    "Lines with a point, good or bad: accepted + rejected + dropped.",
                    static_cast<double>(received_.value()), {{"database", name_}});
  out.counter_value("weir_lines_accepted_total", "Lines that are in the log.",
                    static_cast<double>(accepted_.value()), {{"database", name_}});
  constexpr std::string_view rejected = "weir_lines_rejected_total";
  constexpr std::string_view rejected_help = "Lines refused, with the sender told why.";
  collect_codes<parse_code>(out, rejected, rejected_help, name_, refused_by_parser_);
  collect_codes<gate_code>(out, rejected, rejected_help, name_, rejected_by_gate_);
  if (const std::uint64_t n = withheld_.value(); n > 0) {
    out.counter_value(rejected, rejected_help, static_cast<double>(n),
                      {{"database", name_}, {"reason", "all_or_nothing"}});
  }
  collect_codes<gate_code>(out, "weir_lines_dropped_total", "Lines dropped by a rule.", name_,
                           dropped_by_gate_);
  constexpr std::string_view mended = "weir_lines_mended_total";
  constexpr std::string_view mended_help = "Accepted lines that were changed on the way.";
  collect_codes<gate_code>(out, mended, mended_help, name_, mended_by_gate_);
  collect_codes<gate_code>(out, "weir_lines_noted_total",
                           "Accepted lines that were not changed but deserve a look.", name_,
                           noted_by_gate_);
  if (const std::uint64_t n = carriage_returns_.value(); n > 0) {
    out.counter_value(mended, mended_help, static_cast<double>(n),
                      {{"database", name_}, {"reason", "carriage_return"}});
  }
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
    entry->collect(out);
  }
}

}  // namespace weir
