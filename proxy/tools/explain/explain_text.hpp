// SPDX-License-Identifier: Apache-2.0
//
// What series a line becomes in the sinks of remote write, for people. Pure: names that were given
// are handed in. Rules and checks of the gate are not applied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "facts/explain/series_of_line.hpp"

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
  explainer(const std::vector<sink_settings>& sinks, const std::shared_ptr<name_book>& names,
            explain_options options);

  /// Of each line of `text`, in order. Names in it are as they are: the caller makes control bytes
  /// visible.
  [[nodiscard]] std::string explain(std::string_view text);
  /// Lines so far that could not be read.
  [[nodiscard]] std::size_t mistakes() const noexcept { return mistakes_; }
  /// Sinks that are explained.
  [[nodiscard]] std::size_t sinks() const noexcept { return series_.size(); }

 private:
  void explain_canonical(const std::string& line, std::string& out);
  void explain_point(const point_view& point, std::string& out);

  const explain_options options_;
  series_of_line series_;
  std::size_t mistakes_ = 0;
};

}  // namespace weir
