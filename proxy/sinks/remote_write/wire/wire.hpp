// SPDX-License-Identifier: Apache-2.0
//
// The messages of remote write 1 (prometheus.WriteRequest): field numbers and the smallest pieces,
// of which version 2 has some too. Pure.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

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

[[nodiscard]] constexpr std::size_t varint_bytes(std::uint64_t number) noexcept {
  return (static_cast<std::size_t>(std::bit_width(number | 1U)) + 6) / 7;
}
inline constexpr std::size_t varint_bytes_max = 10;
/// Writes to `out`, which has room for varint_bytes_max. Where it ends.
inline char* write_varint(std::uint64_t number, char* out) noexcept {
  for (; number >= 0x80U; number >>= 7U) {
    *out++ = static_cast<char>(number | 0x80U);
  }
  *out++ = static_cast<char>(number);
  return out;
}
inline void append_varint(std::uint64_t number, std::string& out) {
  std::array<char, varint_bytes_max> bytes;
  out.append(bytes.data(), write_varint(number, bytes.data()));
}
/// Of a field that is a message, a text or packed.
[[nodiscard]] constexpr char tag_of(std::uint32_t field) noexcept {
  return static_cast<char>((field << 3U) | 2U);
}
/// A field with a tag of one byte.
inline void append_text(std::uint32_t field, std::string_view text, std::string& out) {
  out += tag_of(field);
  append_varint(text.size(), out);
  out.append(text);
}

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

namespace wire {

/// A sample's value: tag and eight bytes.
inline constexpr std::size_t sample_value_bytes = 9;
/// Of a sample in a TimeSeries, in both versions.
[[nodiscard]] constexpr std::size_t sample_bytes(const wire_sample& one) noexcept {
  return 2 + sample_value_bytes + 1 + varint_bytes(static_cast<std::uint64_t>(one.time_ms));
}
/// Of one as it is written: where its value ends, and its time begins.
inline constexpr std::size_t sample_value_end = 11;
/// Writes what stands before a sample's value, three bytes.
inline char* write_sample_head(const wire_sample& one, char* out) noexcept {
  *out++ = tag_of(timeseries_samples);
  *out++ = static_cast<char>(sample_bytes(one) - 2);
  *out++ = static_cast<char>((sample_value << 3U) | 1U);
  return out;
}
/// Writes a sample to `out`, which has room for sample_bytes_max. How many bytes that are.
std::size_t write_sample(const wire_sample& one, char* out) noexcept;
/// Of the first of encoded labels, whose length has more than one byte.
[[nodiscard]] std::size_t long_label_bytes(std::string_view labels) noexcept;
/// Takes the first of encoded labels off, as append_label wrote it. Requires: there is one.
[[nodiscard]] inline std::string_view take_label(std::string_view& labels) noexcept {
  const auto within = static_cast<unsigned char>(labels[1]);
  const std::string_view label =
      labels.substr(0, within < 0x80U ? std::size_t{2} + within : long_label_bytes(labels));
  labels.remove_prefix(label.size());
  return label;
}
/// A place among so many (a power of two) for a label: of its ends, so that it is no hash to rely
/// on.
[[nodiscard]] inline std::size_t place_of_label(std::string_view label,
                                                std::size_t places) noexcept {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (label.size() >= sizeof last) {
    std::memcpy(&first, label.data(), sizeof first);
    std::memcpy(&last, label.data() + label.size() - sizeof last, sizeof last);
  } else {
    std::memcpy(&last, label.data(), label.size());
  }
  const std::uint64_t mixed = (first ^ std::rotl(last, 29)) * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::size_t>(mixed >> 32U) & (places - 1);
}
/// Name and value of such a label.
[[nodiscard]] std::pair<std::string_view, std::string_view> parts_of_label(
    std::string_view label) noexcept;
/// Of a text as a field with a tag of one byte.
[[nodiscard]] constexpr std::size_t text_bytes(std::string_view text) noexcept {
  return 1 + varint_bytes(text.size()) + text.size();
}
/// What append_label appends.
[[nodiscard]] constexpr std::size_t label_bytes(std::string_view name,
                                                std::string_view value) noexcept {
  const std::size_t within = text_bytes(name) + text_bytes(value);
  return 1 + varint_bytes(within) + within;
}

}  // namespace wire
}  // namespace weir
