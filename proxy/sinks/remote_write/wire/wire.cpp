// SPDX-License-Identifier: Apache-2.0
//
// Encoding of remote write 1. Pure.
#include "sinks/remote_write/wire/wire.hpp"

#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>

namespace weir {
namespace {

/// Of a text as a field with a tag of one byte.
std::size_t field_bytes(std::string_view text) {
  return 1 + static_cast<std::size_t>(protozero::length_of_varint(text.size())) + text.size();
}

}  // namespace

// A message whose length is known beforehand is written in place.
void append_label(std::string_view name, std::string_view value, std::string& out) {
  protozero::pbf_writer outer{out};
  protozero::pbf_writer label{outer, wire::timeseries_labels,
                              field_bytes(name) + field_bytes(value)};
  label.add_string(wire::label_name, name.data(), name.size());
  label.add_string(wire::label_value, value.data(), value.size());
}

}  // namespace weir
