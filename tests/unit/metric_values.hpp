// SPDX-License-Identifier: Apache-2.0
//
// Collects metrics for a test to look at: sums by name, followed by each label's value in braces.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "observe/metrics.hpp"

namespace weir {

class metric_values final : public metric_collector {
 public:
  void counter_value(std::string_view name, std::string_view, double value,
                     std::initializer_list<label> labels) override {
    put(name, value, labels);
  }
  void gauge_value(std::string_view name, std::string_view, double value,
                   std::initializer_list<label> labels) override {
    put(name, value, labels);
  }
  /// How many values it counts.
  void histogram_value(std::string_view name, std::string_view, const histogram_counts& value,
                       std::initializer_list<label> labels) override {
    for (const std::uint64_t count : value.counts) {
      put(std::string(name) + "_count", static_cast<double>(count), labels);
    }
  }
  std::map<std::string, double> values;

 private:
  void put(std::string_view name, double value, std::initializer_list<label> labels) {
    std::string key(name);
    for (const label& each : labels) {
      key += "{" + std::string(each.second) + "}";
    }
    values[key] += value;
  }
};

}  // namespace weir
