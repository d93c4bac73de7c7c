// SPDX-License-Identifier: Apache-2.0
//
// Encoding of remote write 1. Lengths are known beforehand, so that nothing is written twice. Pure.
#include "sinks/remote_write/wire/wire.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace weir {
namespace {

/// A sample's value: tag and eight bytes.
constexpr std::size_t value_bytes = 9;

/// Of a text as a field with a tag of one byte.
std::size_t field_bytes(std::string_view text) noexcept {
  return 1 + wire::varint_bytes(text.size()) + text.size();
}

void append_text(std::uint32_t field, std::string_view text, std::string& out) {
  wire::append_tag(field, out);
  wire::append_varint(text.size(), out);
  out.append(text);
}

std::size_t bytes_within(const wire_sample& one) noexcept {
  return value_bytes + 1 + wire::varint_bytes(static_cast<std::uint64_t>(one.time_ms));
}

}  // namespace

void append_label(std::string_view name, std::string_view value, std::string& out) {
  wire::append_tag(wire::timeseries_labels, out);
  wire::append_varint(field_bytes(name) + field_bytes(value), out);
  append_text(wire::label_name, name, out);
  append_text(wire::label_value, value, out);
}

namespace wire {

std::size_t label_bytes(std::string_view name, std::string_view value) noexcept {
  const std::size_t within = field_bytes(name) + field_bytes(value);
  return 1 + varint_bytes(within) + within;
}

std::size_t sample_bytes(const wire_sample& one) noexcept {
  return 2 + bytes_within(one);
}

void append_sample(const wire_sample& one, std::string& out) {
  static_assert(std::endian::native == std::endian::little, "as a fixed64 lies on the wire");
  std::array<char, value_bytes + 1> head{};
  head[0] = static_cast<char>((sample_value << 3U) | 1U);
  std::memcpy(&head[1], &one.value_bits, sizeof one.value_bits);
  head[value_bytes] = static_cast<char>(sample_timestamp << 3U);
  append_tag(timeseries_samples, out);
  append_varint(bytes_within(one), out);
  out.append(head.data(), head.size());
  append_varint(static_cast<std::uint64_t>(one.time_ms), out);
}

}  // namespace wire
}  // namespace weir
