// SPDX-License-Identifier: Apache-2.0
//
// What Flink's InfluxdbReporter makes of gauges that are no numbers: it writes booleans and null as
// strings, and NaN and the infinite as texts that no server reads. Here they become what they were,
// or cost their field and not the line. Pure.
#pragma once

#include <string>
#include <string_view>

#include "gate/rules/field_edit.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

struct gauges_read {
  /// Strings that became booleans.
  bool converted = false;
  /// Fields that held no value: "null", NaN, the infinite.
  bool dropped = false;
};

/// True when a field is a string that `read_flink_gauges` would look at twice.
[[nodiscard]] bool has_flink_gauges(std::span<const field_view> fields) noexcept;

/// Reads the fields of `edit`. They may all be gone afterwards.
[[nodiscard]] gauges_read read_flink_gauges(field_edit& edit);

/// A string as the type that its field has: a number in quotes, or the boolean that was one. False,
/// and nothing changed, when it is neither.
[[nodiscard]] bool fit_flink_gauge(field_view& field, field_type wanted, field_edit& edit);

/// A line that was refused because of a value that is no number: the same line without such fields,
/// in `out`. False when that is not what is wrong with it, `out` empty when no field is left.
[[nodiscard]] bool take_out_flink_gauges(std::string_view line, std::string& out);

}  // namespace weir
