// SPDX-License-Identifier: Apache-2.0
//
// The body of a request of remote write 1. Pure.
#include <snappy.h>

#include <protozero/pbf_writer.hpp>

#include "sinks/remote_write/wire/encoder.hpp"

namespace weir {

std::vector<std::string> encoder_v1::headers() const {
  return {"Content-Type: application/x-protobuf", "Content-Encoding: snappy",
          "X-Prometheus-Remote-Write-Version: 0.1.0"};
}

void encoder_v1::add(const wire_series& one, std::span<const wire_sample> samples) {
  series_.assign(one.before);
  append_label(wire::name_label, one.name, series_);
  series_.append(one.after);
  for (const wire_sample& each : samples) {
    sample_.clear();
    protozero::pbf_writer sample{sample_};
    sample.add_fixed64(wire::sample_value, each.value_bits);
    sample.add_int64(wire::sample_timestamp, each.time_ms);
    protozero::pbf_writer{series_}.add_message(wire::timeseries_samples, sample_);
  }
  protozero::pbf_writer{message_}.add_message(wire::request_timeseries, series_);
}

std::string encoder_v1::body() const {
  std::string out;
  snappy::Compress(message_.data(), message_.size(), &out);
  return out;
}

}  // namespace weir
