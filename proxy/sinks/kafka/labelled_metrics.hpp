// SPDX-License-Identifier: Apache-2.0
//
// Metrics of one of several of a kind: each value gets labels beside those that it has. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/metrics.hpp"

namespace weir {

class labelled_metrics final : public metric_collector {
 public:
  /// `out` must outlive it.
  labelled_metrics(metric_collector& out, std::vector<std::pair<std::string, std::string>> labels)
      : out_(out), labels_(std::move(labels)) {}

  void counter_value(std::string_view name, std::string_view help, double value,
                     std::initializer_list<label> labels) override;
  void gauge_value(std::string_view name, std::string_view help, double value,
                   std::initializer_list<label> labels) override;
  void histogram_value(std::string_view name, std::string_view help, const histogram_counts& value,
                       std::initializer_list<label> labels) override;

 private:
  template <class Report>
  void with_labels(std::initializer_list<label> labels, const Report& report) const;

  metric_collector& out_;
  const std::vector<std::pair<std::string, std::string>> labels_;
};

}  // namespace weir
