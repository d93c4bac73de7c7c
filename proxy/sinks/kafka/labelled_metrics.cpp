// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/labelled_metrics.hpp"

#include <algorithm>
#include <array>

namespace weir {

/// The labels of a value are a list that only its call can write down. One that has as many as it
/// may goes without those that do not fit.
template <class Report>
void labelled_metrics::with_labels(std::initializer_list<label> labels,
                                   const Report& report) const {
  std::array<label, metrics_text::labels_max> all{};
  std::size_t count = 0;
  for (const label& one : labels) {
    if (count < all.size()) {
      all[count++] = one;
    }
  }
  for (const auto& [name, value] : labels_) {
    if (count < all.size()) {
      all[count++] = {name, value};
    }
  }
  switch (count) {
    case 0:
      return report({});
    case 1:
      return report({all[0]});
    case 2:
      return report({all[0], all[1]});
    case 3:
      return report({all[0], all[1], all[2]});
    default:
      static_assert(metrics_text::labels_max == 4);
      return report({all[0], all[1], all[2], all[3]});
  }
}

void labelled_metrics::counter_value(std::string_view name, std::string_view help, double value,
                                     std::initializer_list<label> labels) {
  with_labels(labels, [&](std::initializer_list<label> all) {
    out_.counter_value(name, help, value, all);
  });
}

void labelled_metrics::gauge_value(std::string_view name, std::string_view help, double value,
                                   std::initializer_list<label> labels) {
  with_labels(labels,
              [&](std::initializer_list<label> all) { out_.gauge_value(name, help, value, all); });
}

void labelled_metrics::histogram_value(std::string_view name, std::string_view help,
                                       const histogram_counts& value,
                                       std::initializer_list<label> labels) {
  with_labels(labels, [&](std::initializer_list<label> all) {
    out_.histogram_value(name, help, value, all);
  });
}

}  // namespace weir
