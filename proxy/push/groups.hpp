// SPDX-License-Identifier: Apache-2.0
//
// The groups: what each of them pushed last, until it is replaced, deleted or its time is over. A
// group is a value that does not change; a push makes another one, so that whoever shows them holds
// no lock. Says when, and never asks the clock. Thread-safe.
//
// What vanishes (replaced by a push, deleted, its time over) is gathered for whoever tells the
// sinks that these series ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/times.hpp"
#include "push/lifetime.hpp"
#include "push/pushed.hpp"

namespace weir::push {

/// A family and when it was pushed.
struct kept_family {
  pushed_family is;
  wall_time pushed{};
};

struct group {
  /// As the path named them.
  grouping labels{};
  /// Those of its series (`series_labels`).
  grouping series{};
  std::string database{};
  std::string retention_policy{};
  /// By name.
  std::map<std::string_view, std::shared_ptr<const kept_family>> families{};
  /// 0: never.
  wall_time pushed{};
  wall_time failed{};
  /// Between its pushes; 0: not known.
  std::int64_t interval_ns = 0;
  /// How long it lives from its last push on; nothing: for ever.
  time_to_live ttl{};
  std::uint64_t samples = 0;
  /// What it counts for in the bound, families and all.
  std::size_t bytes = 0;
};

/// A push, accepted.
struct group_push {
  grouping labels{};
  grouping series{};
  std::string database{};
  std::string retention_policy{};
  /// POST: families that are not named again stay.
  bool adds = false;
  /// X-Weir-TTL.
  std::optional<time_to_live> ttl{};
  std::vector<pushed_family> families{};
};

/// Series of one database that are in no push of their group any more.
struct ended_series {
  std::string database{};
  std::string retention_policy{};
  wall_time at{};
  /// Lines of the text format, as in pushed_family.
  std::string text{};
};

struct group_totals {
  std::uint64_t groups = 0;
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;
  std::uint64_t expired = 0;
  std::uint64_t deleted = 0;
  /// Series that found no room in what `take_ended` gives.
  std::uint64_t ends_lost = 0;
};

class group_table {
 public:
  explicit group_table(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}

  void set_bytes_max(std::size_t bytes);
  /// Whether a push would fit: what it replaces is taken off. It is not reserved: pushes that are
  /// accepted at the same time may exceed the bound together.
  [[nodiscard]] bool has_room(const grouping& labels, const std::vector<pushed_family>& families,
                              bool adds) const;
  void apply(group_push push, const lifetime_terms& terms, const moment& now);
  /// A push of a group failed. One that is not known stays so.
  void note_failure(const grouping& labels, wall_time now);
  /// Whether there was one.
  bool remove(const grouping& labels, wall_time now);
  void wipe(wall_time now);
  /// Puts back what a file had; it lives for `ttl_left_ns` from now on (nothing: for ever).
  void restore(group kept, time_to_live ttl_left_ns, const lifetime_terms& terms,
               const moment& now);

  /// Forgets groups whose time is over.
  void expire(const moment& now);
  /// Groups whose lines are due again, and from now on not for a while; about `bytes_max` of them.
  /// Where `terms` repeat at another interval than before, it is that of all groups.
  [[nodiscard]] std::vector<std::shared_ptr<const group>> take_due(const lifetime_terms& terms,
                                                                   steady_time now,
                                                                   std::size_t bytes_max);

  /// The series that ended since the last call.
  [[nodiscard]] std::vector<ended_series> take_ended();
  /// Of what `take_ended` gives, in bytes of text; series beyond it are not told.
  static constexpr std::size_t ended_bytes_max = std::size_t{16} << 20;

  /// All of them, in no order.
  [[nodiscard]] std::vector<std::shared_ptr<const group>> all() const;
  [[nodiscard]] std::shared_ptr<const group> find(const grouping& labels) const;
  [[nodiscard]] group_totals totals() const;
  /// Another number whenever a group changed.
  [[nodiscard]] std::uint64_t version() const;
  /// Neither groups nor series that ended.
  [[nodiscard]] bool is_empty() const;
  /// `on_change` is called whenever a group changes, on the thread that changes it, under the
  /// table's lock. When this returns, what was watched before is not called any more.
  void watch(std::function<void()> on_change);

 private:
  struct entry {
    std::shared_ptr<const group> is;
    steady_time pushed{};
    steady_time expires = steady_time::never();
    /// When its lines were written last.
    steady_time written{};
    steady_time repeats = steady_time::never();
    /// Place in `due_`.
    steady_time due = steady_time::never();
  };
  using table = std::unordered_map<std::string, entry>;

  void note_change();
  void put(table::iterator at, std::shared_ptr<const group> next);
  void note_ended(const group& before, const group* next, wall_time at);
  void schedule(table::iterator at);
  void erase(table::iterator at, wall_time now);
  static void set_repeats(entry& kept, std::int64_t repeat_ns, steady_time written) noexcept;
  void follow_repeat(std::int64_t repeat_ns);

  mutable std::mutex lock_;
  std::size_t bytes_max_;
  table groups_;
  /// That of all groups.
  std::int64_t repeat_ns_ = 0;
  /// What happens next: a group expires or is due again.
  std::set<std::pair<std::int64_t, std::string_view>> due_;
  group_totals totals_;
  std::vector<ended_series> ended_;
  std::size_t ended_bytes_ = 0;
  std::uint64_t version_ = 0;
  std::function<void()> on_change_;
};

/// What a family counts for in the bound beside its texts, in bytes, and a group beside its
/// families.
inline constexpr std::size_t family_overhead = 320;
inline constexpr std::size_t group_overhead = 640;

}  // namespace weir::push
