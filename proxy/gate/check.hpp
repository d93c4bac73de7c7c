// SPDX-License-Identifier: Apache-2.0
//
// The words that the gate's checks share: what a check is told, and what it may answer. Each check
// is a small class with one job, in a file of its own; gate.hpp runs them in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "config/settings.hpp"

namespace weir {

class gate_memory;

/// Why the gate refused, dropped or mended a point. One closed list.
enum class gate_code : std::uint8_t {
  none,
  time_assigned,        // mended: the line had no time and got the time of receipt
  precision_mistaken,   // another unit than the declared one makes the time plausible
  precision_mended,     // mended: the time was read in that other unit
  precision_ambiguous,  // precision auto: several units make the time plausible
  precision_unknown,    // precision auto: no unit does
  beyond_retention,     // older than the retention policy keeps
  beyond_future,        // further in the future than `future` allows
  retention_clamped,    // mended: moved to the oldest time that the retention policy keeps
  time_as_tag,          // a tag called `time`, with which InfluxDB drops the point
  time_as_field,        // a field called `time`, which InfluxDB drops in silence
  reserved_tag,         // a tag key that InfluxDB 2 refuses, with the whole batch
  tag_and_field,        // a tag and a field of one name
  name_dropped,         // mended: such tags or fields were taken out
  dropped_by_rule,      // a [[rule]] drops the point
  changed_by_rule,      // mended: a [[rule]] changed names, tags or fields
  rule_conflict,        // a [[rule]] would make a point that line protocol cannot hold
  unsigned_as_integer,  // mended: 5u became 5i
  unsigned_too_large,   // an unsigned value that no integer holds
  unsigned_refused,     // unsigned = "reject"
  string_too_long,      // a string of more bytes than InfluxDB 2 keeps
  field_type_conflict,  // a field's value has another type than the field
  type_coerced,         // mended: a value was converted, exactly, to its field's type
  field_renamed,        // mended: a field of another type got a name of its own
  field_dropped,        // mended: a field of another type was taken out of its line
  type_unchecked,       // noted: limits.types is used up, the field's type is not known
  gauge_converted,      // mended: a Flink gauge's text became the boolean that it was
  gauge_dropped,        // a Flink gauge without a value: mended while other fields are left
  duplicate_retry,      // noted: the same point with the same values came before
  duplicate_point,      // the same place, other values: noted, or refused
  duplicate_spread,     // mended: it was put some nanoseconds later
  duplicate_field,      // one field twice in a line: noted (the last value goes on), or refused
  series_limit,         // a new series beyond a limit
};

inline constexpr std::size_t gate_code_count =
    static_cast<std::size_t>(gate_code::series_limit) + 1;

[[nodiscard]] std::string_view name_of(gate_code code) noexcept;

enum class gate_action : std::uint8_t { keep, mend, reject, drop };

struct gate_answer {
  gate_action action = gate_action::keep;
  gate_code code = gate_code::none;
};

class database_rules;

/// What is true for a whole request.
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
  /// In the place of the policy's retention, where that is to be learnt; nothing: no limit.
  std::optional<nanoseconds> learnt_retention{};
  /// What types, duplicates and series are checked against; nullptr: they are not.
  gate_memory* memory = nullptr;
  /// Where the points go. Must outlive the request.
  std::string_view database = {};
  std::string_view retention_policy = {};
};

/// How often each code occurred.
using gate_tally = std::array<std::uint64_t, gate_code_count>;

}  // namespace weir
