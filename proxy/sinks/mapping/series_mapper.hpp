// SPDX-License-Identifier: Apache-2.0
//
// From points to names, labels and types of series, under one sink's rules: what was written once
// is found again by position in a line like the one before, or by one look-up, so that a name is
// made once and not for each sample. It reads no times and sends nothing. Pure; lives on its sink's
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sinks/mapping/mapping_rules.hpp"
#include "sinks/mapping/name_book.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

struct label_view {
  std::string_view name;
  std::string_view value;
};

/// What a field of a measurement becomes.
struct mapped_field {
  std::string name;
  metric_type type = metric_type::unknown;
  /// The value of the label "quantile", beside those of the point; empty: there is none.
  std::string_view quantile;
  name_form form = name_form::plain;
};

class series_mapper {
 public:
  /// Bytes of names that are at hand; beyond it they are looked up in the book again.
  static constexpr std::size_t cache_bytes_max = std::size_t{32} << 20;
  static constexpr std::string_view quantile_label = mapping_rules::quantile_label;

  series_mapper(const mapping_settings& settings, std::shared_ptr<name_book> names)
      : rules_(settings), names_(std::move(names)) {}

  /// The lines that follow are of this database and retention policy.
  void begin(std::string_view database, std::string_view policy);
  /// A line of them; what was returned for the line before is gone.
  void take(const point_view& point);
  /// Of the line: sorted by name, no name twice, without `__name__`. Valid until the next `take`.
  [[nodiscard]] std::span<const label_view> labels();
  /// Of the line's field number `index`. Valid until the next `begin`.
  [[nodiscard]] const mapped_field& field(std::size_t index);
  /// What is made of a line depends on its series and on this, if its labels do not depend on
  /// values of fields as well.
  [[nodiscard]] point_form form_of(const point_view& point) const { return rules_.form_of(point); }
  [[nodiscard]] bool labels_depend_on_fields() const noexcept { return rules_.has_string_labels(); }
  [[nodiscard]] std::optional<double> value_of(const field_view& field,
                                               bool& exact) const noexcept {
    return rules_.value_of(field, exact);
  }
  /// To be called before names go out: what is new is remembered over a restart.
  void keep_names() { static_cast<void>(names_->flush()); }
  /// Labels that were cut, or stand in a hash, since it was made.
  [[nodiscard]] std::uint64_t cut_labels() const noexcept { return cut_labels_; }
  /// Bytes of names at hand, about.
  [[nodiscard]] std::size_t cached_bytes() const noexcept { return cache_bytes_; }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  template <class T>
  using by_text = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;

  struct tag_entry {
    /// As written in lines.
    std::string key;
    std::string name;
    bool dropped = false;
  };
  struct field_entry {
    std::string key;
    point_form form = point_form::plain;
    mapped_field mapped;
  };
  /// Of a measurement: what the fields and tags of its last line were, by position.
  struct measurement_entry {
    std::string raw;
    std::string name;
    by_text<field_entry> fields;
    std::vector<const field_entry*> last_fields;
    std::vector<const tag_entry*> last_tags;
    /// Places of tags and constant labels in `all_` in order of their names; of `last_tags`.
    std::vector<std::uint32_t> order;
    bool ordered = false;
    bool ordered_with_policy = false;
    bool has_database_tag = false;
  };
  struct database_entry {
    std::string name;
    by_text<measurement_entry> measurements;
    by_text<tag_entry> tags;
    /// Strings that make labels; `dropped` are those that make none.
    by_text<tag_entry> strings;
    /// The value of the database's label.
    std::string value;
    bool exact = false;
  };

  [[nodiscard]] measurement_entry& measurement_of(const point_view& point);
  [[nodiscard]] const tag_entry& tag_of(std::string_view key);
  [[nodiscard]] const tag_entry& string_of(std::string_view key);
  [[nodiscard]] const field_entry& make_field(std::string_view key);
  [[nodiscard]] std::string label_name(std::string_view key, label_source source);
  void match_tags();
  void gather_labels();
  void add_constant_labels();
  void add_string_labels();
  void sort_labels();
  void drop_repeated(std::vector<std::uint32_t>& order);
  void cut_surplus();
  [[nodiscard]] std::string_view kept(std::string text);
  [[nodiscard]] std::string_view value_text(std::string_view raw, bool utf8);
  [[nodiscard]] std::string_view in_limit(std::string_view value);

  const mapping_rules rules_;
  std::shared_ptr<name_book> names_;
  by_text<database_entry> databases_;
  std::size_t cache_bytes_ = 0;
  std::uint64_t cut_labels_ = 0;
  // Of the lines that follow.
  database_entry* database_ = nullptr;
  std::string policy_;
  // Of the line.
  const point_view* point_ = nullptr;
  measurement_entry* measurement_ = nullptr;
  point_form form_ = point_form::plain;
  bool labels_made_ = false;
  std::vector<label_view> all_;
  std::vector<label_view> labels_;
  /// Texts that are not in the line.
  std::deque<std::string> texts_;
  std::size_t texts_used_ = 0;
};

}  // namespace weir
