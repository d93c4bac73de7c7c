// SPDX-License-Identifier: Apache-2.0
//
// What of the configuration decides on writes. A whole that does not change: a reload publishes
// another one. A request keeps what it began with until it is over.
#pragma once

#include <cstddef>
#include <memory>

#include "codec/compression_mode.hpp"
#include "config/settings.hpp"

namespace weir {

class database_rules;
class retention_source;
class rule_set;
class settled_policies;

/// Immutable but for the counts of its rules. Any thread.
struct write_terms {
  std::shared_ptr<const settings> configured;
  /// [[rule]]; nullptr: no rules.
  std::shared_ptr<const rule_set> rules = nullptr;
  /// nullptr: `configured` as it is, with nothing settled.
  std::shared_ptr<const settled_policies> policies = nullptr;
  /// Retention of databases with retention = "learn"; nullptr: none is known.
  std::shared_ptr<const retention_source> upstream = nullptr;
};

/// What one request is judged by. All of it lives as long as `keeps`.
struct request_terms {
  const database_settings* policy = nullptr;
  /// nullptr: no rule concerns the database.
  database_rules* rules = nullptr;
  const retention_source* upstream = nullptr;
  /// Of one line, without its line feed.
  std::size_t line_bytes_max = std::size_t{1} << 20;
  std::shared_ptr<const void> keeps = nullptr;
};

}  // namespace weir
