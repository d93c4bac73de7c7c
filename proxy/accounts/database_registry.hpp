// SPDX-License-Identifier: Apache-2.0
//
// Every database that weir knows, with its line counts: the law of conservation per database
// (received = accepted + rejected + dropped) is kept here. Entries are never moved or removed, so a
// loop may hold on to one. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/line_account.hpp"
#include "accounts/recent_rate.hpp"
#include "accounts/running_totals.hpp"
#include "observe/metrics.hpp"

namespace weir {

class database_entry {
 public:
  /// The label of the rows that databases without rows of their own share.
  static constexpr std::string_view other_label = "(other)";

  /// `totals`: to which its lines are added, too; nullptr: to none. They outlive it.
  explicit database_entry(std::string name, bool labelled = true, running_totals* totals = nullptr)
      : name_(std::move(name)), labelled_(labelled), totals_(totals) {}

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// It has rows of its own in /metrics. That stays so: counters must not move from row to row.
  [[nodiscard]] bool labelled() const noexcept { return labelled_; }
  /// A client created it through weir and has not dropped it since.
  [[nodiscard]] bool created() const noexcept { return created_.load(std::memory_order_relaxed); }
  /// SHOW DATABASES lists it.
  [[nodiscard]] bool listed() const noexcept { return listed_.load(std::memory_order_relaxed); }
  void set_created(bool created) noexcept { created_.store(created, std::memory_order_relaxed); }
  void set_listed(bool listed) noexcept { listed_.store(listed, std::memory_order_relaxed); }

  /// Points of this retention policy (empty: of the default one) were accepted. Any thread.
  void note_written(const std::string& retention_policy);
  /// Those policies, of this process; at most `written_policies_max`.
  [[nodiscard]] std::vector<std::string> written_policies() const;
  static constexpr std::size_t written_policies_max = 1'000;

  /// Adds the account of a request that came at `now_ns` (wall clock). Any thread.
  void add(const line_account& account, std::int64_t now_ns) noexcept;
  /// Of one moment: it adds up. Any thread.
  [[nodiscard]] line_account lines() const noexcept { return lines_.read(); }

  /// How much comes, and when something came last (wall clock; 0: not since the start).
  struct activity {
    double lines_per_second = 0;
    std::int64_t last_ns = 0;
  };
  [[nodiscard]] activity lately(std::int64_t now_ns) const noexcept;

 private:
  const std::string name_;
  const bool labelled_;
  running_totals* const totals_;
  mutable brief_mutex recent_mutex_;
  recent_rate recent_;
  std::atomic<bool> created_{false};
  std::atomic<bool> listed_{false};
  /// Points without a policy were accepted: most are such, and need no lock.
  std::atomic<bool> written_default_{false};
  mutable std::mutex written_mutex_;
  std::set<std::string> written_;
  shared_account lines_;
};

class database_registry {
 public:
  /// The first `labelled_max` have rows of their own in /metrics.
  explicit database_registry(std::size_t databases_max,
                             std::size_t labelled_max = std::numeric_limits<std::size_t>::max())
      : databases_max_(databases_max), labelled_max_(labelled_max) {}

  /// Valid as long as the registry; nullptr when `limits.databases` are known already.
  [[nodiscard]] database_entry* find_or_add(std::string_view name);
  [[nodiscard]] database_entry* find(std::string_view name) const;
  /// Of all lines of all databases. Any thread.
  [[nodiscard]] line_sums totals() const noexcept { return totals_.read(); }
  /// Any thread.
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size();
  }
  /// Sorted by name.
  [[nodiscard]] std::vector<database_entry*> entries() const;
  [[nodiscard]] std::size_t databases_max() const noexcept {
    return databases_max_.load(std::memory_order_relaxed);
  }
  /// Of databases that are named for the first time from now on. Any thread.
  void set_limits(std::size_t databases_max, std::size_t labelled_max) noexcept {
    databases_max_.store(databases_max, std::memory_order_relaxed);
    labelled_max_.store(labelled_max, std::memory_order_relaxed);
  }

  /// `name` as a label.
  [[nodiscard]] std::string_view label_of(std::string_view name) const;
  void collect(metric_collector& out) const;
  /// The same for some of them, from the one of number `first` on; whether there are more.
  [[nodiscard]] bool collect_some(std::size_t first, std::size_t count,
                                  metric_collector& out) const;

 private:
  std::atomic<std::size_t> databases_max_;
  std::atomic<std::size_t> labelled_max_;
  running_totals totals_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<database_entry>, std::less<>> entries_;
  std::vector<const database_entry*> by_age_;
};

}  // namespace weir
