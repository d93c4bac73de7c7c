// SPDX-License-Identifier: Apache-2.0
//
// What series a line becomes in the sinks of remote write, for people. Pure: names that were given
// are handed in. Rules and checks of the gate are not applied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "sinks/mapping/name_book.hpp"
#include "sinks/mapping/series_mapper.hpp"

namespace weir {

struct explain_options {
  std::string database = "mydb";
  /// Empty: the line names none.
  std::string retention_policy;
  /// Nanoseconds in a unit of the lines' times.
  std::int64_t unit_ns = 1;
};

/// All remote_write sinks of a configuration. `names` are those that were given so far; what is
/// explained is not kept.
class explainer {
 public:
  explainer(const std::vector<sink_settings>& sinks, std::shared_ptr<name_book> names,
            explain_options options);

  /// Of each line of `text`, in order. Names in it are as they are: the caller makes control bytes
  /// visible.
  [[nodiscard]] std::string explain(std::string_view text);
  /// Lines so far that could not be read.
  [[nodiscard]] std::size_t mistakes() const noexcept { return mistakes_; }
  /// Sinks that are explained.
  [[nodiscard]] std::size_t sinks() const noexcept { return sinks_.size(); }

 private:
  struct explained_sink {
    sink_settings settings;
    std::unique_ptr<series_mapper> mapper;
  };
  void explain_canonical(const std::string& line, std::string& out);
  void explain_point(const point_view& point, std::string& out);
  void explain_field(explained_sink& sink, const point_view& point, std::size_t index,
                     std::string& out);

  const explain_options options_;
  std::shared_ptr<name_book> names_;
  std::vector<explained_sink> sinks_;
  std::size_t mistakes_ = 0;
};

/// A series as PromQL writes it; a name that is no name before Prometheus 3 is quoted.
[[nodiscard]] std::string series_text(std::string_view name, std::span<const label_view> labels);

}  // namespace weir
