// SPDX-License-Identifier: Apache-2.0
//
// Encoding of remote write 1. Lengths are known beforehand, so that nothing is written twice. Pure.
#include "sinks/remote_write/wire/wire.hpp"

#include <bit>
#include <cstring>

namespace weir {
namespace {

/// Of the first field, whose tag has one byte.
std::string_view text_of_field(std::string_view fields) noexcept {
  std::size_t bytes = 0;
  std::size_t at = 1;
  for (unsigned shift = 0;; shift += 7U) {
    const auto byte = static_cast<unsigned char>(fields[at++]);
    bytes |= std::size_t{byte & 0x7FU} << shift;
    if (byte < 0x80U) {
      return fields.substr(at, bytes);
    }
  }
}

}  // namespace

void append_label(std::string_view name, std::string_view value, std::string& out) {
  out += wire::tag_of(wire::timeseries_labels);
  wire::append_varint(wire::text_bytes(name) + wire::text_bytes(value), out);
  wire::append_text(wire::label_name, name, out);
  wire::append_text(wire::label_value, value, out);
}

namespace wire {

std::size_t long_label_bytes(std::string_view labels) noexcept {
  const std::string_view within = text_of_field(labels);
  return static_cast<std::size_t>(within.data() - labels.data()) + within.size();
}

std::pair<std::string_view, std::string_view> parts_of_label(std::string_view label) noexcept {
  std::string_view within = text_of_field(label);
  const std::string_view name = text_of_field(within);
  within.remove_prefix(static_cast<std::size_t>(name.data() - within.data()) + name.size());
  return {name, text_of_field(within)};
}

std::size_t write_sample(const wire_sample& one, char* out) noexcept {
  static_assert(std::endian::native == std::endian::little, "as a fixed64 lies on the wire");
  char* at = write_sample_head(one, out);
  std::memcpy(at, &one.value_bits, sizeof one.value_bits);
  at += sizeof one.value_bits;
  *at++ = static_cast<char>(sample_timestamp << 3U);
  return static_cast<std::size_t>(write_varint(static_cast<std::uint64_t>(one.time_ms), at) - out);
}

}  // namespace wire
}  // namespace weir
