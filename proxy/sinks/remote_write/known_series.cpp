// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/known_series.hpp"

#include <xxhash.h>

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t cache_line_bytes = 64;
/// What an entry of a map costs beside its texts, about.
constexpr std::size_t node_bytes = 96;
/// Of a line, that are looked through for a field; others are made each time.
constexpr std::size_t fields_most = 64;
/// Batches for which nothing is remembered where that was of no use.
constexpr std::uint32_t rest_batches = 64;

}  // namespace

std::size_t known_series::text_hash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

void known_series::begin(std::string_view database, std::string_view policy) {
  if (bytes_ > bytes_max_ || !remembers_) {
    forget();
  }
  ++batch_;
  of_batch_.clear();
  std::string lane(database);
  lane.append(1, '\0').append(policy);
  bytes_ += lanes_.contains(lane) ? 0 : lane.size() + sizeof(lane_lines) + node_bytes;
  lane_ = &lanes_[std::move(lane)];
}

void known_series::forget() {
  if (remembers_) {
    remembers_ = found_ > made_;
    resting_ = 0;
  } else {
    remembers_ = ++resting_ == rest_batches;
  }
  found_ = made_ = 0;
  bytes_ = 0;
  all_.clear();
  by_key_.clear();
  labels_.clear();
  names_.clear();
  lanes_.clear();
}

wire_series known_series::wire(std::uint32_t number) const {
  const entry& one = at(number);
  return {one.labels->before, *one.name, one.labels->after, one.type};
}

void known_series::expect_labels(std::uint32_t number) const {
  const wire_labels& labels = *at(number).labels;
  if (number > 0 && at(number - 1).labels == &labels) {
    return;
  }
  for (std::size_t i = 0; i < labels.after.size(); i += cache_line_bytes) {
    __builtin_prefetch(labels.after.data() + i);
  }
}

std::optional<std::uint32_t> known_series::number_of(const series_key& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || all_[found->second].batch != batch_) {
    return std::nullopt;
  }
  return all_[found->second].number;
}

std::uint32_t known_series::number_in_batch(std::uint32_t series) {
  entry& one = all_[series];
  if (one.batch != batch_) {
    one.batch = batch_;
    one.number = static_cast<std::uint32_t>(of_batch_.size());
    of_batch_.push_back(series);
  }
  return one.number;
}

known_series::known_line* known_series::find(const point_view& point, point_form form) {
  by_text<known_line>& lines = lane_->of_form[static_cast<std::size_t>(form)];
  auto seen = lines.find(point.series);
  if (seen == lines.end()) {
    seen = lines.emplace(point.series, known_line{}).first;
    bytes_ += point.series.size() + sizeof(known_line) + node_bytes;
    ++made_;
  } else {
    ++found_;
  }
  return &seen->second;
}

/// The place in all_ of a series that the mapper was asked for. `kept` are the line's labels, once
/// there is a series that has them.
std::uint32_t known_series::add(const series_key& key, const mapped_field& field,
                                const wire_labels& labels, const wire_labels*& kept) {
  const auto [place, made] = by_key_.emplace(key, static_cast<std::uint32_t>(all_.size()));
  if (made) {
    if (kept == nullptr) {
      kept = &labels_.emplace_back(labels);
      bytes_ += labels.before.size() + labels.after.size() + sizeof(labels);
    }
    const auto [name, is_new] = names_.insert(field.name);
    bytes_ += sizeof(entry) + node_bytes + (is_new ? field.name.size() + node_bytes : 0);
    const std::size_t bytes = kept->before.size() + kept->after.size() + name->size();
    all_.push_back({.key = key,
                    .labels = kept,
                    .name = &*name,
                    .type = field.type,
                    .label_bytes = static_cast<std::uint32_t>(bytes + wire::series_bytes_max)});
  }
  return place->second;
}

std::uint32_t known_series::line::series_of(std::size_t index) {
  if (seen_ == nullptr) {
    return known_.number_in_batch(make(index));
  }
  std::vector<known_field>& fields = seen_->fields;
  const std::string_view key = point_.fields[index].key;
  if (index < fields.size() && fields[index].key == key) {
    return known_.number_in_batch(fields[index].series);
  }
  const auto known = std::find_if(fields.begin(), fields.end(),
                                  [key](const known_field& one) { return one.key == key; });
  if (known != fields.end()) {
    return known_.number_in_batch(known->series);
  }
  const std::uint32_t series = make(index);
  if (fields.size() < fields_most) {
    fields.push_back({std::string(key), series});
    known_.bytes_ += sizeof(known_field) + key.size();
  }
  return known_.number_in_batch(series);
}

std::uint32_t known_series::line::make(std::size_t index) {
  if (!taken_) {
    taken_ = true;
    mapper_.take(point_);
  }
  const mapped_field& field = mapper_.field(index);
  if (!encoded_ || quantile_ != field.quantile) {
    encode(field.quantile);
  }
  std::string& whole = known_.whole_;
  whole.assign(known_.line_labels_.before);
  append_label(wire::name_label, field.name, whole);
  whole.append(known_.line_labels_.after);
  return known_.add(series_key_of(whole), field, known_.line_labels_, kept_);
}

void known_series::line::encode(std::string_view quantile) {
  encoded_ = true;
  kept_ = nullptr;
  quantile_ = quantile;
  wire_labels& into = known_.line_labels_;
  into.before.clear();
  into.after.clear();
  const auto append = [&into](std::string_view name, std::string_view value) {
    append_label(name, value, name < wire::name_label ? into.before : into.after);
  };
  bool waits = !quantile.empty();
  for (const label_view& each : mapper_.labels()) {
    if (waits && series_mapper::quantile_label < each.name) {
      waits = false;
      append(series_mapper::quantile_label, quantile);
    }
    append(each.name, each.value);
  }
  if (waits) {
    append(series_mapper::quantile_label, quantile);
  }
}

std::uint64_t known_series::line::cut_labels() {
  const std::uint64_t cut = mapper_.cut_labels() - cut_before_;
  if (seen_ == nullptr) {
    return cut;
  }
  if (encoded_) {
    seen_->cut_labels = cut;
  }
  return seen_->cut_labels;
}

}  // namespace weir
