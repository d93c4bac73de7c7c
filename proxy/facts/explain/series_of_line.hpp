// SPDX-License-Identifier: Apache-2.0
//
// What series a line becomes in the sinks of remote_write, and which sinks do not take it. Names
// that were given are handed in, and what is explained is not kept: give a book that keeps nothing.
// Rules and checks of the gate are not applied. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "sinks/mapping/name_book.hpp"
#include "sinks/mapping/series_mapper.hpp"

namespace weir {

/// A series as PromQL writes it; a name that is no name before Prometheus 3 is quoted.
[[nodiscard]] std::string series_text(std::string_view name, std::span<const label_view> labels);

/// What a field becomes in a sink.
struct field_series {
  /// As written.
  std::string field;
  /// Both empty: a string makes no sample.
  std::string series;
  std::optional<double> value;
  /// The value is rounded: a sample holds integers up to 2^53.
  bool exact = true;
  name_form form = name_form::plain;
};

/// What a line becomes in a sink.
struct sink_series {
  std::string sink;
  bool takes = false;
  std::vector<field_series> fields;
};

class series_of_line {
 public:
  /// `names` are those that were given so far, and it gives more: see above.
  series_of_line(const std::vector<sink_settings>& sinks, const std::shared_ptr<name_book>& names,
                 std::string database, std::string retention_policy);

  /// Of a canonical line: its tags are sorted, and names that are new are given in that order. One
  /// for each sink of remote_write.
  [[nodiscard]] std::vector<sink_series> series(const point_view& canonical);
  /// Names of all sinks, of any type, whose filters leave the line out.
  [[nodiscard]] std::vector<std::string> not_taken_by(const point_view& canonical) const;
  /// Sinks of remote_write.
  [[nodiscard]] std::size_t size() const noexcept { return mapped_.size(); }

 private:
  struct mapped_sink {
    sink_settings settings;
    std::unique_ptr<series_mapper> mapper;
  };
  [[nodiscard]] bool takes(const sink_settings& sink, std::string_view measurement) const;
  [[nodiscard]] static field_series series_of_field(series_mapper& mapper, const point_view& point,
                                                    std::size_t index);

  const std::string database_;
  const std::string retention_policy_;
  const std::vector<sink_settings> all_;
  std::vector<mapped_sink> mapped_;
};

}  // namespace weir
