// SPDX-License-Identifier: Apache-2.0
//
// The body of a request of remote write 1. Pure.
#include "sinks/remote_write/wire/encoder.hpp"

namespace weir {

std::vector<std::string> encoder_v1::headers() const {
  return {"Content-Type: application/x-protobuf", "Content-Encoding: snappy",
          "X-Prometheus-Remote-Write-Version: 0.1.0"};
}

void encoder_v1::clear() {
  message_.clear();
  before_.forget();
  after_.forget();
  labels_.forget();
  for (repeated_text& each : names_) {
    each.forget();
  }
  samples_.forget();
}

/// Of two places the one that has it, or the first that is free.
repeated_text& encoder_v1::kept_name(std::string_view name) {
  repeated_text& first = names_[place_of_name(name)];
  return first.is_free() || first.is(name) ? first : names_[place_of_name(name) ^ 1U];
}

void encoder_v1::add(const wire_series& one, std::span<const wire_sample> samples) {
  std::size_t bytes =
      one.before.size() + wire::label_bytes(wire::name_label, one.name) + one.after.size();
  for (const wire_sample& each : samples) {
    bytes += wire::sample_bytes(each);
  }
  wire::short_text head;
  head.tag(wire::request_timeseries);
  head.varint(bytes);
  snappy_writer to = message_.begin(bytes + head.size());
  head.append_to(to);
  if (!one.before.empty()) {
    before_.append(one.before, to, [&] { to = labels_.append(one.before, to); });
  }
  kept_name(one.name).append(one.name, to, [&] {
    name_.clear();
    append_label(wire::name_label, one.name, name_);
    to.literal(name_);
  });
  after_.append(one.after, to, [&] { to = labels_.append(one.after, to); });
  for (const wire_sample& each : samples) {
    samples_.append(each, to);
  }
  message_.end(to);
}

void encoder_v1::end(std::string& body) {
  const std::string_view elements = message_.elements();
  body.clear();
  body.reserve(elements.size() + wire::varint_bytes_max);
  wire::append_varint(message_.size(), body);
  body.append(elements);
}

}  // namespace weir
