// SPDX-License-Identifier: Apache-2.0
//
// The body of a request of remote write 2 (io.prometheus.write.v2.Request). Pure.
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "sinks/remote_write/wire/encoder.hpp"

namespace weir {
namespace {

namespace v2 {
constexpr std::uint32_t request_symbols = 4;
constexpr std::uint32_t request_timeseries = 5;
constexpr std::uint32_t timeseries_labels = 1;
constexpr std::uint32_t timeseries_metadata = 5;
constexpr std::uint32_t metadata_type = 1;
}  // namespace v2

/// Of a TimeSeries with a type: tag, length, and a message of two bytes.
constexpr std::size_t metadata_bytes = 4;
}  // namespace

// Exactly so: with a blank before `proto` a Prometheus 3 reads version 1, and stores nothing.
std::vector<std::string> encoder_v2::headers() const {
  return {"Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request",
          "Content-Encoding: snappy", "X-Prometheus-Remote-Write-Version: 2.0.0"};
}

void encoder_v2::clear() {
  symbols_.clear();
  symbol_bytes_.clear();
  series_bytes_.clear();
  refs_before_.clear();
  refs_after_.clear();
  kept_before_ = {};
  kept_after_ = {};
  static_cast<void>(refer_to({}));  // the first one is empty, says the specification
  name_label_ = refer_to(wire::name_label);
}

std::uint32_t encoder_v2::refer_to(std::string_view text) {
  const auto [place, made] =
      symbols_.try_emplace(text, static_cast<std::uint32_t>(symbols_.size()));
  if (made) {
    protozero::pbf_writer{symbol_bytes_}.add_string(v2::request_symbols, text.data(), text.size());
  }
  return place->second;
}

/// `labels` are those of version 1.
void encoder_v2::refer_to_labels(std::string_view labels, std::string& out) {
  out.clear();
  protozero::pbf_reader all{labels.data(), labels.size()};
  while (all.next(wire::timeseries_labels)) {
    protozero::pbf_reader label = all.get_message();
    while (label.next()) {
      const protozero::data_view text = label.get_view();
      wire::append_varint(refer_to({text.data(), text.size()}), out);
    }
  }
}

// Lengths are known beforehand, so that nothing is written twice.
void encoder_v2::add(const wire_series& one, std::span<const wire_sample> samples) {
  // Fields of one point have the same labels, at the same place.
  if (one.before.data() != kept_before_.data() || one.before.size() != kept_before_.size()) {
    kept_before_ = one.before;
    refer_to_labels(one.before, refs_before_);
  }
  if (one.after.data() != kept_after_.data() || one.after.size() != kept_after_.size()) {
    kept_after_ = one.after;
    refer_to_labels(one.after, refs_after_);
  }
  refs_.assign(refs_before_);
  wire::append_varint(name_label_, refs_);
  wire::append_varint(refer_to(one.name), refs_);
  refs_.append(refs_after_);
  const bool typed = one.type != metric_type::unknown;
  std::size_t bytes =
      1 + wire::varint_bytes(refs_.size()) + refs_.size() + (typed ? metadata_bytes : 0);
  for (const wire_sample& each : samples) {
    bytes += wire::sample_bytes(each);
  }
  wire::append_tag(v2::request_timeseries, series_bytes_);
  wire::append_varint(bytes, series_bytes_);
  wire::append_tag(v2::timeseries_labels, series_bytes_);
  wire::append_varint(refs_.size(), series_bytes_);
  series_bytes_.append(refs_);
  for (const wire_sample& each : samples) {
    wire::append_sample(each, series_bytes_);
  }
  if (typed) {
    wire::append_tag(v2::timeseries_metadata, series_bytes_);
    wire::append_varint(2, series_bytes_);
    wire::append_varint(v2::metadata_type << 3U, series_bytes_);
    wire::append_varint(static_cast<std::uint64_t>(one.type), series_bytes_);
  }
}

std::string encoder_v2::body() {
  symbol_bytes_.append(series_bytes_);
  return compressed(symbol_bytes_);
}

}  // namespace weir
