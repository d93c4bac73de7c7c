// SPDX-License-Identifier: Apache-2.0
//
// A sink's mapping: what its settings say of names, labels, types and values of series
// (docs/prometheus_mapping.md). It says what a name should be; whether it is free is name_book's
// matter. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/settings.hpp"
#include "sinks/mapping/metric_type.hpp"
#include "sinks/mapping/name_text.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// What the fields of a point say together. Only Flink's mapping asks.
enum class point_form : std::uint8_t {
  plain,
  flink_value,      // of a gauge, or the count of a counter
  flink_meter,      // count and rate
  flink_histogram,  // quantiles and count
};
inline constexpr std::size_t point_forms = 4;

/// What a label is made of.
enum class label_source : std::uint8_t { tag, string_field };

/// What a field becomes, before its name is written.
struct field_meaning {
  /// The series' name as text: the measurement stands behind `before` and before `after`.
  std::string text;
  /// Tells apart what one field stands for in points of several forms; fields of which it is equal
  /// are one series, told apart by `quantile`.
  std::string owner;
  /// The value of the label "quantile"; empty: there is none.
  std::string_view quantile;
  metric_type type = metric_type::unknown;
};

class mapping_rules {
 public:
  explicit mapping_rules(const mapping_settings& settings);

  /// Names of mappings that write names alike are equal: see name_owner::space.
  [[nodiscard]] const std::string& space() const noexcept { return space_; }
  /// Each database has its names for itself: its label (or name) tells series of two databases
  /// apart.
  [[nodiscard]] bool parts_databases() const noexcept { return parts_databases_; }
  [[nodiscard]] const mapping_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] name_letters letters() const noexcept { return letters_; }

  [[nodiscard]] point_form form_of(const point_view& point) const;
  /// Names without escapes.
  /// What the field `value` of an exact database becomes: the series that the measurement names.
  [[nodiscard]] static field_meaning exact_meaning(std::string_view measurement);
  [[nodiscard]] bool is_exact(std::string_view database) const;
  [[nodiscard]] field_meaning meaning_of(std::string_view database, std::string_view measurement,
                                         std::string_view field, point_form form) const;
  /// The type that `metadata` gives a series of this name, else `otherwise`.
  [[nodiscard]] metric_type type_of(std::string_view name, metric_type otherwise) const;

  /// Whether nothing of a line may have this label: Prometheus' own, and those of the mapping. The
  /// points of an exact database have neither the label of their database nor one of a quantile.
  [[nodiscard]] bool is_reserved(std::string_view label, label_source source, bool exact) const;
  [[nodiscard]] bool drops(std::string_view tag_key) const;
  /// Values of tags are written as `underscored_name` writes the names of series; those of an exact
  /// database only where the operator says so.
  [[nodiscard]] bool filters_values(bool exact) const noexcept {
    return settings_.label_values == value_style::filter ||
           (settings_.label_values == value_style::automatic && !exact &&
            settings_.mode == mapping_mode::flink);
  }
  [[nodiscard]] bool has_string_labels() const noexcept { return !settings_.string_labels.empty(); }
  [[nodiscard]] bool makes_label(std::string_view string_field) const;
  /// The tag may be called as the database's label: it keeps that name, and the database stands in
  /// `other_database_label` (what vmagent's users have).
  [[nodiscard]] bool tag_keeps_database_label() const noexcept {
    return settings_.mode == mapping_mode::vmagent;
  }
  static constexpr std::string_view other_database_label = "weir_database";
  /// Of histograms that are summaries.
  static constexpr std::string_view quantile_label = "quantile";
  /// Stands for the labels that are beyond the limit.
  static constexpr std::string_view cut_label = "weir_labels_cut";
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& external() const noexcept {
    return external_;
  }

  /// The field's value as a sample has it; nothing where it has none (a string). `exact` becomes
  /// false when a double does not hold the integer.
  [[nodiscard]] std::optional<double> value_of(const field_view& field, bool& exact) const noexcept;

 private:
  const mapping_settings settings_;
  name_letters letters_;
  bool parts_databases_;
  std::string space_;
  std::vector<std::pair<std::string, std::string>> external_;
  std::vector<std::pair<std::string, metric_type>> types_;
};

}  // namespace weir
