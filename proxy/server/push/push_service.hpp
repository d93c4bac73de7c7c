// SPDX-License-Identifier: Apache-2.0
//
// What the loops share of pushed metrics: the groups, what [push] says of them, and counts.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "api/catalogue.hpp"
#include "api/write_dialect.hpp"
#include "base/published.hpp"
#include "base/times.hpp"
#include "config/settings.hpp"
#include "observe/metrics.hpp"
#include "push/groups.hpp"

namespace weir {

/// What of the configuration decides on pushes. A reload publishes another one.
struct push_terms {
  push_settings configured;
  push::lifetime_terms lifetime;
  /// Where a push goes that names no database.
  api::write_target target;
  /// Of one body, inflated.
  std::size_t body_bytes_max = 0;
};

[[nodiscard]] std::shared_ptr<const push_terms> push_terms_of(const settings& configured);

struct push_counts {
  counter pushed;
  counter refused;
  counter deleted;
  /// Samples that were taken, and those of them that are not in the log.
  counter samples;
  counter not_finite;
  counter unwritable;
  /// Lines that were written again.
  counter repeated;
  /// Series that the sinks were told to have ended.
  counter ended;
};

class push_service {
 public:
  push_service(const settings& configured, wall_time started)
      : groups(configured.limits.state), terms(push_terms_of(configured)), started_(started) {}

  void configure(const settings& configured);
  /// Before the first push to the database of `push.database`: sinks may create it, then. Empty, or
  /// why not.
  [[nodiscard]] std::string create_database(std::string_view name, catalogue& databases);
  [[nodiscard]] wall_time started() const noexcept { return started_; }
  /// What became of the samples of a push.
  void count(const push::line_counts& lines);
  void collect(metric_collector& out) const;

  push::group_table groups;
  published<push_terms> terms;
  push_counts counts;

 private:
  const wall_time started_;
  std::atomic<bool> created_{false};
};

}  // namespace weir
