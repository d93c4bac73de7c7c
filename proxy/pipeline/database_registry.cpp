// SPDX-License-Identifier: Apache-2.0
#include "pipeline/database_registry.hpp"

#include <algorithm>

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
                    static_cast<double>(received_.value()), {{"database", label()}});
  out.counter_value("weir_lines_accepted_total", "Lines that are in the log.",
                    static_cast<double>(accepted_.value()), {{"database", label()}});
  constexpr std::string_view rejected = "weir_lines_rejected_total";
  constexpr std::string_view rejected_help = "Lines refused, with the sender told why.";
  collect_codes<parse_code>(out, rejected, rejected_help, label(), refused_by_parser_);
  collect_codes<gate_code>(out, rejected, rejected_help, label(), rejected_by_gate_);
  if (const std::uint64_t n = withheld_.value(); n > 0) {
    out.counter_value(rejected, rejected_help, static_cast<double>(n),
                      {{"database", label()}, {"reason", "all_or_nothing"}});
  }
  collect_codes<gate_code>(out, "weir_lines_dropped_total", "Lines dropped by a rule.", label(),
                           dropped_by_gate_);
  constexpr std::string_view mended = "weir_lines_mended_total";
  constexpr std::string_view mended_help = "Accepted lines that were changed on the way.";
  collect_codes<gate_code>(out, mended, mended_help, label(), mended_by_gate_);
  collect_codes<gate_code>(out, "weir_lines_noted_total",
                           "Accepted lines that were not changed but deserve a look.", label(),
                           noted_by_gate_);
  if (const std::uint64_t n = carriage_returns_.value(); n > 0) {
    out.counter_value(mended, mended_help, static_cast<double>(n),
                      {{"database", label()}, {"reason", "carriage_return"}});
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
    auto made = std::make_unique<database_entry>(key, entries_.size() < labelled_max_);
    by_age_.push_back(made.get());
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

std::string_view database_registry::label_of(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? database_entry::other_label : found->second->label();
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
  for (const database_entry* entry : some) {
    entry->collect(out);
  }
  return more;
}

}  // namespace weir
