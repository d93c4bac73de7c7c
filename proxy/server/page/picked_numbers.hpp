// SPDX-License-Identifier: Apache-2.0
//
// Metrics as the status page needs some of them: summed over their labels, by name. One thread.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "observe/metrics.hpp"

namespace weir {

class picked_numbers final : public metric_collector {
 public:
  void counter_value(std::string_view name, std::string_view, double value,
                     std::initializer_list<label>) override {
    add(name, value);
  }
  void gauge_value(std::string_view name, std::string_view, double value,
                   std::initializer_list<label>) override {
    add(name, value);
  }
  void histogram_value(std::string_view, std::string_view, const histogram_counts&,
                       std::initializer_list<label>) override {}

  /// 0 where nothing was reported.
  [[nodiscard]] double of(std::string_view name) const {
    const auto found = sums_.find(name);
    return found == sums_.end() ? 0 : found->second;
  }

 private:
  void add(std::string_view name, double value) {
    const auto found = sums_.find(name);
    if (found == sums_.end()) {
      sums_.emplace(name, value);
    } else {
      found->second += value;
    }
  }

  std::map<std::string, double, std::less<>> sums_;
};

}  // namespace weir
