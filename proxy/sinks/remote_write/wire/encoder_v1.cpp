// SPDX-License-Identifier: Apache-2.0
//
// The body of a request of remote write 1. Pure.
#include "sinks/remote_write/wire/encoder.hpp"

namespace weir {

std::vector<std::string> encoder_v1::headers() const {
  return {"Content-Type: application/x-protobuf", "Content-Encoding: snappy",
          "X-Prometheus-Remote-Write-Version: 0.1.0"};
}

void encoder_v1::add(const wire_series& one, std::span<const wire_sample> samples) {
  std::size_t bytes =
      one.before.size() + wire::label_bytes(wire::name_label, one.name) + one.after.size();
  for (const wire_sample& each : samples) {
    bytes += wire::sample_bytes(each);
  }
  wire::append_tag(wire::request_timeseries, message_);
  wire::append_varint(bytes, message_);
  message_.append(one.before);
  append_label(wire::name_label, one.name, message_);
  message_.append(one.after);
  for (const wire_sample& each : samples) {
    wire::append_sample(each, message_);
  }
}

std::string encoder_v1::body() {
  return compressed(message_);
}

}  // namespace weir
