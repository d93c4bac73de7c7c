// SPDX-License-Identifier: Apache-2.0
//
// From a point to names and labels of Prometheus series: `measurement_field`, tags as labels
// (docs/prometheus_mapping.md). It knows no values and no times. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {

/// `text` as a metric's name, `[a-zA-Z_:][a-zA-Z0-9_:]*`: one `_` for each character that may not
/// stand there, one before a digit at the beginning.
[[nodiscard]] std::string metric_name(std::string_view text);
/// The same for a label's name, where `:` may not stand either; names that begin with `__` are
/// Prometheus' own, so these get `tag_` before them.
[[nodiscard]] std::string label_name(std::string_view text);

using label_pair = std::pair<std::string, std::string>;

/// The tags as labels, sorted by name, no name twice.
[[nodiscard]] std::vector<label_pair> labels_of(const point_view& point);

/// Labels as they go over the wire (the `labels` of a TimeSeries), apart from the name: those that
/// sort before `__name__` and those after it.
struct wire_labels {
  std::string before;
  std::string after;
};
[[nodiscard]] wire_labels encode_labels(const std::vector<label_pair>& labels);

/// Appends `measurement_field` as a metric's name.
void append_metric_name(const point_view& point, const field_view& field, std::string& out);

/// Milliseconds from nanoseconds, rounded towards the past also before 1970.
[[nodiscard]] constexpr std::int64_t to_milliseconds(std::int64_t ns) noexcept {
  return ns / 1'000'000 - (ns % 1'000'000 < 0 ? 1 : 0);
}

/// The value as a sample has it. Requires: no string. `exact` becomes false when a double does not
/// hold the integer.
[[nodiscard]] double sample_value(const field_view& field, bool& exact) noexcept;

}  // namespace weir
