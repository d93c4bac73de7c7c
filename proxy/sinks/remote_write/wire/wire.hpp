// SPDX-License-Identifier: Apache-2.0
//
// The messages of remote write 1 (prometheus.WriteRequest): field numbers and the smallest pieces,
// of which version 2 has some too. Pure.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
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

/// Some tags and numbers.
class short_text {
 public:
  static constexpr std::size_t bytes_max = 4 * varint_bytes_max;

  void tag(std::uint32_t field) noexcept { bytes_[count_++] = tag_of(field); }
  void varint(std::uint64_t number) noexcept {
    char* const begin = bytes_.data();
    count_ = static_cast<std::size_t>(write_varint(number, begin + count_) - begin);
  }
  [[nodiscard]] std::string_view text() const noexcept { return {bytes_.data(), count_}; }

 private:
  std::array<char, bytes_max> bytes_;
  std::size_t count_ = 0;
};

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

/// Of a sample in a TimeSeries, in both versions.
[[nodiscard]] std::size_t sample_bytes(const wire_sample& one) noexcept;
/// Of one as it is written: where its value ends, and its time begins.
inline constexpr std::size_t sample_value_end = 11;
/// Writes a sample to `out`, which has room for sample_bytes_max. How many bytes that are.
std::size_t write_sample(const wire_sample& one, char* out) noexcept;
/// Takes the first of encoded labels off, as append_label wrote it. Requires: there is one.
[[nodiscard]] std::string_view take_label(std::string_view& labels) noexcept;
/// Name and value of such a label.
[[nodiscard]] std::pair<std::string_view, std::string_view> parts_of_label(
    std::string_view label) noexcept;
/// What append_label appends.
[[nodiscard]] std::size_t label_bytes(std::string_view name, std::string_view value) noexcept;

}  // namespace wire
}  // namespace weir
