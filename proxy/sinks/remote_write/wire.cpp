// SPDX-License-Identifier: Apache-2.0
//
// Encoding of remote write 1. Pure.
#include "sinks/remote_write/wire.hpp"

#include <snappy.h>

#include <protozero/pbf_writer.hpp>

namespace weir {

void append_label(std::string_view name, std::string_view value, std::string& out) {
  std::string inner;
  protozero::pbf_writer label{inner};
  label.add_string(wire::label_name, name.data(), name.size());
  label.add_string(wire::label_value, value.data(), value.size());
  protozero::pbf_writer{out}.add_message(wire::timeseries_labels, inner);
}

void request_writer::add(const wire_series& one) {
  sample_.clear();
  protozero::pbf_writer sample{sample_};
  sample.add_double(wire::sample_value, one.value);
  sample.add_int64(wire::sample_timestamp, one.time_ms);
  series_.assign(one.before);
  append_label(wire::name_label, one.name, series_);
  series_.append(one.after);
  protozero::pbf_writer{series_}.add_message(wire::timeseries_samples, sample_);
  protozero::pbf_writer{message_}.add_message(wire::request_timeseries, series_);
}

std::string request_writer::compressed() const {
  std::string out;
  snappy::Compress(message_.data(), message_.size(), &out);
  return out;
}

}  // namespace weir
