// SPDX-License-Identifier: Apache-2.0
//
// Encoding of remote write 1. Pure.
#include "sinks/remote_write/wire/wire.hpp"

#include <protozero/pbf_writer.hpp>

namespace weir {

void append_label(std::string_view name, std::string_view value, std::string& out) {
  std::string inner;
  protozero::pbf_writer label{inner};
  label.add_string(wire::label_name, name.data(), name.size());
  label.add_string(wire::label_value, value.data(), value.size());
  protozero::pbf_writer{out}.add_message(wire::timeseries_labels, inner);
}

}  // namespace weir
