// SPDX-License-Identifier: Apache-2.0
#include "facts/explain/series_of_line.hpp"

#include <algorithm>
#include <utility>

#include "base/glob.hpp"

namespace weir {
namespace {

bool is_name(std::string_view text, name_kind kind) {
  return underscored_name(text, kind) == text;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

std::string measurement_of(const point_view& point) {
  std::string measurement;
  unescape_measurement(point.measurement, measurement);
  return measurement;
}

}  // namespace

std::string series_text(std::string_view name, std::span<const label_view> labels) {
  const bool plain = is_name(name, name_kind::of_series);
  std::string inner = plain ? std::string{} : in_quotes(name);
  for (const label_view& each : labels) {
    inner += inner.empty() ? "" : ", ";
    inner +=
        is_name(each.name, name_kind::of_label) ? std::string(each.name) : in_quotes(each.name);
    inner += '=' + in_quotes(each.value);
  }
  return (plain ? std::string(name) : std::string{}) + '{' + inner + '}';
}

series_of_line::series_of_line(const std::vector<sink_settings>& sinks,
                               const std::shared_ptr<name_book>& names, std::string database,
                               std::string retention_policy)
    : database_(std::move(database)), retention_policy_(std::move(retention_policy)), all_(sinks) {
  for (const sink_settings& each : all_) {
    if (const auto* own = each.as<remote_write_settings>()) {
      mapped_.push_back({each, std::make_unique<series_mapper>(own->mapping, names)});
      mapped_.back().mapper->begin(database_, retention_policy_);
    }
  }
}

bool series_of_line::takes(const sink_settings& sink, std::string_view measurement) const {
  return matches_patterns(sink.databases, database_) &&
         matches_patterns(sink.retention_policies, retention_policy_) &&
         matches_patterns(sink.measurements, measurement);
}

std::vector<std::string> series_of_line::not_taken_by(const point_view& canonical) const {
  const std::string measurement = measurement_of(canonical);
  std::vector<std::string> out;
  for (const sink_settings& each : all_) {
    if (!takes(each, measurement)) {
      out.push_back(each.name);
    }
  }
  return out;
}

std::vector<sink_series> series_of_line::series(const point_view& canonical) {
  const std::string measurement = measurement_of(canonical);
  std::vector<sink_series> out;
  for (mapped_sink& each : mapped_) {
    sink_series& made = out.emplace_back();
    made.sink = each.settings.name;
    made.takes = takes(each.settings, measurement);
    if (!made.takes) {
      continue;
    }
    each.mapper->take(canonical);
    for (std::size_t i = 0; i < canonical.fields.size(); ++i) {
      made.fields.push_back(series_of_field(*each.mapper, canonical, i));
    }
  }
  return out;
}

field_series series_of_line::series_of_field(series_mapper& mapper, const point_view& point,
                                             std::size_t index) {
  field_series made;
  made.field = point.fields[index].key;
  made.value = mapper.value_of(point.fields[index], made.exact);
  if (!made.value) {
    return made;
  }
  const mapped_field& mapped = mapper.field(index);
  made.form = mapped.form;
  std::vector<label_view> labels(mapper.labels().begin(), mapper.labels().end());
  if (!mapped.quantile.empty()) {
    labels.push_back({series_mapper::quantile_label, mapped.quantile});
    std::sort(labels.begin(), labels.end(),
              [](const label_view& one, const label_view& other) { return one.name < other.name; });
  }
  made.series = series_text(mapped.name, labels);
  return made;
}

}  // namespace weir
