// SPDX-License-Identifier: Apache-2.0
//
// The body of a request of remote write 2 (io.prometheus.write.v2.Request). Pure.
#include <snappy.h>

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
  kept_ = {};
  names_ = {};
  symbol_bytes_.clear();
  series_.clear();
  for (label_refs* each : {&before_, &after_}) {
    each->clear();
  }
  samples_.forget();
  static_cast<void>(refer_to({}));  // the first one is empty, says the specification
  name_label_ = refer_to(wire::name_label);
}

std::uint32_t encoder_v2::refer_to(std::string_view text) {
  const auto [number, is_new] = symbols_.number_of(text);
  if (is_new) {
    wire::append_text(v2::request_symbols, text, symbol_bytes_);
  }
  return number;
}

/// `labels` are those of version 1. Fields of one point have the same, at the same place.
void encoder_v2::refer_to_labels(std::string_view labels, label_refs& to) {
  if (labels.data() == to.of.data() && labels.size() == to.of.size()) {
    return;
  }
  to.clear();
  to.of = labels;
  while (!labels.empty()) {
    to.append(refer_to_label(wire::take_label(labels)));
  }
}

const encoder_v2::label_ref& encoder_v2::refer_to_label(std::string_view label) {
  label_ref& kept = kept_[wire::place_of_label(label, labels_kept)];
  if (kept.label != label) {
    const auto [name, value] = wire::parts_of_label(label);
    kept.label = label;
    char* const begin = kept.refs.data();
    char* end = wire::write_varint(refer_to(name), begin);
    end = wire::write_varint(refer_to(value), end);
    kept.bytes = static_cast<std::size_t>(end - begin);
  }
  return kept;
}

std::uint32_t encoder_v2::refer_to_name(std::string_view name) {
  auto& [known, ref] = names_[place_of_name(name)];
  if (known.data() != name.data() || known.size() != name.size()) {
    known = name;
    ref = refer_to(name);
  }
  return ref;
}

// Lengths are known beforehand, so that nothing is written twice.
void encoder_v2::add(const wire_series& one, std::span<const wire_sample> samples) {
  refer_to_labels(one.before, before_);
  refer_to_labels(one.after, after_);
  wire::short_text name;
  name.varint(name_label_);
  name.varint(refer_to_name(one.name));
  const std::size_t refs = before_.bytes + name.size() + after_.bytes;
  const bool typed = one.type != metric_type::unknown;
  std::size_t bytes = 1 + wire::varint_bytes(refs) + refs + (typed ? metadata_bytes : 0);
  for (const wire_sample& each : samples) {
    bytes += wire::sample_bytes(each);
  }
  wire::short_text head;
  head.tag(v2::request_timeseries);
  head.varint(bytes);
  head.tag(v2::timeseries_labels);
  head.varint(refs);
  snappy_writer to = series_.begin(bytes + head.size());
  head.append_to(to);
  before_.written.append(one.before, to, [&] { to.literal(before_.text()); });
  name.append_to(to);
  after_.written.append(one.after, to, [&] { to.literal(after_.text()); });
  for (const wire_sample& each : samples) {
    samples_.append(each, to);
  }
  if (typed) {
    wire::short_text metadata;
    metadata.tag(v2::timeseries_metadata);
    metadata.varint(2);
    metadata.varint(v2::metadata_type << 3U);
    metadata.varint(static_cast<std::uint64_t>(one.type));
    metadata.append_to(to);
  }
  series_.end(to);
}

/// The elements of their block.
std::string_view encoder_v2::compressed_symbols() {
  const std::size_t most = snappy::MaxCompressedLength(symbol_bytes_.size());
  if (most > room_bytes_) {
    room_ = std::make_unique_for_overwrite<char[]>(most);
    room_bytes_ = most;
  }
  std::size_t bytes = 0;
  snappy::RawCompress(symbol_bytes_.data(), symbol_bytes_.size(), room_.get(), &bytes);
  const std::string_view block{room_.get(), bytes};
  return block.substr(wire::varint_bytes(symbol_bytes_.size()));
}

void encoder_v2::end(std::string& body) {
  const std::string_view symbols = compressed_symbols();
  const std::string_view series = series_.elements();
  body.clear();
  body.reserve(symbols.size() + series.size() + wire::varint_bytes_max);
  wire::append_varint(symbol_bytes_.size() + series_.size(), body);
  body.append(symbols).append(series);
}

}  // namespace weir
