// SPDX-License-Identifier: Apache-2.0
//
// What the settings of a mapping mean.
#include "sinks/mapping/mapping_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/assert.hpp"
#include "base/glob.hpp"
#include "config/sinks/mapping_keys.hpp"

namespace weir {
namespace {

constexpr std::string_view own_prefix = "__";
constexpr std::string_view flink_prefix = "flink_";

struct quantile_field {
  std::string_view key;
  std::string_view quantile;
};
// Of Flink's histograms, and of those of versions before 1.2 or so.
constexpr std::array quantile_fields{
    quantile_field{"p50", "0.5"},
    quantile_field{"p75", "0.75"},
    quantile_field{"p95", "0.95"},
    quantile_field{"p98", "0.98"},
    quantile_field{"p99", "0.99"},
    quantile_field{"p999", "0.999"},
    quantile_field{"50-percentile", "0.5"},
    quantile_field{"75-percentile", "0.75"},
    quantile_field{"95-percentile", "0.95"},
    quantile_field{"98-percentile", "0.98"},
    quantile_field{"99-percentile", "0.99"},
    quantile_field{"999-percentile", "0.999"},
};

std::string_view quantile_of(std::string_view field) {
  const auto found = std::find_if(quantile_fields.begin(), quantile_fields.end(),
                                  [field](const auto& one) { return one.key == field; });
  return found == quantile_fields.end() ? std::string_view{} : found->quantile;
}

bool has_field(const point_view& point, std::string_view key) {
  return std::any_of(point.fields.begin(), point.fields.end(),
                     [key](const field_view& field) { return field.key == key; });
}

name_letters letters_for(const mapping_settings& settings) {
  const bool vmagent = settings.mode == mapping_mode::vmagent;
  if (settings.names == name_style::utf8 || (settings.names == name_style::automatic && vmagent)) {
    return name_letters::kept;
  }
  switch (settings.mode) {
    case mapping_mode::flink:
      return name_letters::underscored;
    case mapping_mode::telegraf:
      return name_letters::trimmed;
    case mapping_mode::standard:
    case mapping_mode::vmagent:
    case mapping_mode::pattern:
      break;
  }
  return name_letters::escaped;
}

std::string space_for(const mapping_settings& settings, name_letters letters) {
  std::string space;
  switch (settings.mode) {
    case mapping_mode::standard:
      space = "default";
      break;
    case mapping_mode::telegraf:
      space = "telegraf";
      break;
    case mapping_mode::flink:
      space = "flink";
      break;
    case mapping_mode::vmagent:
      space = "vmagent";
      break;
    case mapping_mode::pattern:
      space = "template " + settings.series_name;
      break;
  }
  return space + (letters == name_letters::kept ? " utf8" : "");
}

/// `pattern` with its placeholders filled.
std::string filled(std::string_view pattern, std::string_view database,
                   std::string_view measurement, std::string_view field) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    out += pattern.substr(0, open);
    if (open == std::string_view::npos) {
      break;
    }
    pattern.remove_prefix(open);
    const std::string_view name = pattern.substr(0, pattern.find('}') + 1);
    out += name == "{database}" ? database : name == "{field}" ? field : measurement;
    pattern.remove_prefix(name.size());
  }
  return out;
}

/// The names of Flink's PrometheusReporter: without the parts into which its InfluxdbReporter takes
/// a metric.
field_meaning flink_meaning(std::string_view measurement, std::string_view field, point_form form) {
  const std::string bare = std::string(flink_prefix) + std::string(measurement);
  const std::string with_field = bare + "_" + std::string(field);
  switch (form) {
    case point_form::flink_value:
      return {bare, std::string(field) + " alone", {}, metric_type::gauge};
    case point_form::flink_meter:
      return field == "rate"
                 ? field_meaning{bare, "rate of a meter", {}, metric_type::gauge}
                 : field_meaning{with_field, std::string(field), {}, metric_type::gauge};
    case point_form::flink_histogram:
      if (const std::string_view quantile = quantile_of(field); !quantile.empty()) {
        return {bare, "quantiles", quantile, metric_type::summary};
      }
      if (field == "count" || field == "run-count") {
        return {bare + "_count", "count", {}, metric_type::summary};
      }
      break;
    case point_form::plain:
      break;
  }
  return {with_field, std::string(field), {}, metric_type::gauge};
}

std::optional<double> boolean_in(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") {
    return 1.0;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return 0.0;
  }
  return std::nullopt;
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc{} && end == text.data() + text.size() && std::isfinite(value)
             ? std::optional(value)
             : std::nullopt;
}

}  // namespace

mapping_rules::mapping_rules(const mapping_settings& settings)
    : settings_(settings),
      letters_(letters_for(settings)),
      parts_databases_(!settings.database_label.empty() ||
                       (settings.mode == mapping_mode::pattern &&
                        settings.series_name.find("{database}") != std::string::npos)),
      space_(space_for(settings, letters_)) {
  for (const std::string& text : settings_.external_labels) {
    const auto [name, value] = split_external(text);
    external_.emplace_back(name, value);
  }
  const std::vector<std::string>& words = metric_type_words();
  for (const std::string& text : settings_.metadata) {
    const auto [name, type] = split_metadata(text);
    const auto at = std::find(words.begin(), words.end(), type);
    WEIR_ASSERT(at != words.end());
    types_.emplace_back(name, static_cast<metric_type>(at - words.begin()));
  }
}

point_form mapping_rules::form_of(const point_view& point) const {
  if (settings_.mode != mapping_mode::flink) {
    return point_form::plain;
  }
  const auto is_quantile = [](const field_view& field) { return !quantile_of(field.key).empty(); };
  if (std::any_of(point.fields.begin(), point.fields.end(), is_quantile)) {
    return point_form::flink_histogram;
  }
  if (point.fields.size() == 1) {
    const std::string_view key = point.fields.front().key;
    return key == "value" || key == "count" ? point_form::flink_value : point_form::plain;
  }
  return point.fields.size() == 2 && has_field(point, "count") && has_field(point, "rate")
             ? point_form::flink_meter
             : point_form::plain;
}

field_meaning mapping_rules::exact_meaning(std::string_view measurement) {
  return {std::string(measurement), "exact", {}, {}};
}

bool mapping_rules::is_exact(std::string_view database) const {
  return matches_patterns(settings_.exact_names, database);
}

field_meaning mapping_rules::meaning_of(std::string_view database, std::string_view measurement,
                                        std::string_view field, point_form form) const {
  const std::string key(field);
  switch (settings_.mode) {
    case mapping_mode::flink:
      return flink_meaning(measurement, field, form);
    case mapping_mode::pattern:
      return {filled(settings_.series_name, database, measurement, field), key, {}, {}};
    case mapping_mode::telegraf:
      if (measurement == "prometheus") {
        return {key, key, {}, {}};
      }
      break;
    case mapping_mode::standard:
    case mapping_mode::vmagent:
      break;
  }
  return {std::string(measurement) + "_" + key, key, {}, {}};
}

metric_type mapping_rules::type_of(std::string_view name, metric_type otherwise) const {
  const auto found = std::find_if(types_.begin(), types_.end(), [name](const auto& one) {
    return matches_pattern(one.first, name);
  });
  return found == types_.end() ? otherwise : found->second;
}

bool mapping_rules::is_reserved(std::string_view label, label_source source, bool exact) const {
  const bool kept = source == label_source::tag && tag_keeps_database_label();
  const bool database = !exact && label == settings_.database_label && !kept;
  return label.starts_with(own_prefix) || label == cut_label || label == other_database_label ||
         database || (!label.empty() && label == settings_.policy_label) ||
         (!exact && settings_.mode == mapping_mode::flink && label == quantile_label) ||
         std::any_of(external_.begin(), external_.end(),
                     [label](const auto& one) { return one.first == label; });
}

bool mapping_rules::drops(std::string_view tag_key) const {
  return matches_patterns(settings_.drop_labels, tag_key);
}

bool mapping_rules::makes_label(std::string_view string_field) const {
  return matches_patterns(settings_.string_labels, string_field);
}

std::optional<double> mapping_rules::value_of(const field_view& field, bool& exact) const noexcept {
  constexpr std::uint64_t exact_most = std::uint64_t{1} << 53;
  switch (field.type) {
    case field_type::float64:
      return field.float_value;
    case field_type::int64: {
      const auto bits = static_cast<std::uint64_t>(field.int_value);
      exact = exact && (field.int_value < 0 ? 0 - bits : bits) <= exact_most;
      return static_cast<double>(field.int_value);
    }
    case field_type::uint64:
      exact = exact && field.uint_value <= exact_most;
      return static_cast<double>(field.uint_value);
    case field_type::boolean:
      return field.bool_value ? 1.0 : 0.0;
    case field_type::string:
      break;
  }
  const std::string_view text = field.string_text();
  const std::optional<double> flag = boolean_in(text);
  return flag || settings_.mode != mapping_mode::vmagent ? flag : number_in(text);
}

}  // namespace weir
