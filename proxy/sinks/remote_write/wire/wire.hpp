// SPDX-License-Identifier: Apache-2.0
//
// The messages of remote write 1 (prometheus.WriteRequest), written with protozero: field numbers
// and the smallest pieces. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sinks/mapping/metric_type.hpp"

namespace weir {

namespace wire {

inline constexpr std::uint32_t request_timeseries = 1;
inline constexpr std::uint32_t timeseries_labels = 1;
inline constexpr std::uint32_t timeseries_samples = 2;
inline constexpr std::uint32_t label_name = 1;
inline constexpr std::uint32_t label_value = 2;
inline constexpr std::uint32_t sample_value = 1;
inline constexpr std::uint32_t sample_timestamp = 2;
/// The label that holds the metric's name.
inline constexpr std::string_view name_label = "__name__";
/// A sample in a TimeSeries, and what is around a series and its name, at most.
inline constexpr std::size_t sample_bytes_max = 24;
inline constexpr std::size_t series_bytes_max = 32;

}  // namespace wire

/// Appends one label of a TimeSeries.
void append_label(std::string_view name, std::string_view value, std::string& out);

/// One series. `before` and `after` are encoded labels.
struct wire_series {
  std::string_view before;
  std::string_view name;
  std::string_view after;
  metric_type type = metric_type::unknown;
};

struct wire_sample {
  /// The bits of a double: some NaN mean something, and arithmetic may change them.
  std::uint64_t value_bits = 0;
  std::int64_t time_ms = 0;
};

}  // namespace weir
