// SPDX-License-Identifier: Apache-2.0
//
// The types that the gate's checks share: what a check knows of a request, and what it may answer.
// Each check is a small class in a file of its own; chain.hpp has them in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/settings.hpp"
#include "gate/codes.hpp"

namespace weir {

class gate_memory;

enum class gate_action : std::uint8_t { keep, repair, reject, drop };

struct gate_answer {
  gate_action action = gate_action::keep;
  gate_code code = gate_code::none;
};

/// Whether the point does not go on.
[[nodiscard]] constexpr bool refuses(const gate_answer& answer) noexcept {
  return answer.action == gate_action::reject || answer.action == gate_action::drop;
}

class database_rules;

/// What is true of all points of a request.
struct gate_request {
  /// Must outlive the request.
  const database_settings* policy = nullptr;
  /// Time of receipt, nanoseconds since the epoch: one reading for the whole request.
  std::int64_t now_ns = 0;
  /// Nanoseconds in a unit of the request's precision, or automatic_unit_ns (base/time_unit.hpp): a
  /// missing time is cut to it.
  std::int64_t unit_ns = 1;
  /// The request named its unit in a way that InfluxDB 1 does not know and reads as nanoseconds: a
  /// time that is impossible in the unit and plausible in nanoseconds was meant so.
  bool may_be_ns = false;
  /// Those that concern the database; may be nullptr. Must outlive the request.
  database_rules* rules = nullptr;
  /// Overrides the policy's retention where that is read from the server; nullopt: no limit.
  std::optional<nanoseconds> upstream_retention{};
  /// What types, duplicates and series are checked against; nullptr: they are not.
  gate_memory* memory = nullptr;
  /// Where the points go. Must outlive the request.
  std::string_view database = {};
  std::string_view retention_policy = {};
};

}  // namespace weir
