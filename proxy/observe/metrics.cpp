// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <vector>

namespace weir {
namespace {

using label_set = std::vector<std::pair<std::string, std::string>>;

struct family {
  std::string help;
  prometheus::MetricType type = prometheus::MetricType::Untyped;
  std::map<label_set, double> values;
};

}  // namespace

struct metrics_text::state {
  std::map<std::string, family, std::less<>> families;

  void add(std::string_view name, std::string_view help, prometheus::MetricType type, double value,
           std::initializer_list<label> labels) {
    auto found = families.find(name);
    if (found == families.end()) {
      found = families.emplace(std::string(name), family{std::string(help), type, {}}).first;
    }
    label_set key;
    for (const auto& [key_name, key_value] : labels) {
      key.emplace_back(std::string(key_name), std::string(key_value));
    }
    std::sort(key.begin(), key.end());
    found->second.values[key] += value;
  }
};

metrics_text::metrics_text() : state_(std::make_unique<state>()) {}
metrics_text::~metrics_text() = default;

void metrics_text::counter_value(std::string_view name, std::string_view help, double value,
                                 std::initializer_list<label> labels) {
  state_->add(name, help, prometheus::MetricType::Counter, value, labels);
}

void metrics_text::gauge_value(std::string_view name, std::string_view help, double value,
                               std::initializer_list<label> labels) {
  state_->add(name, help, prometheus::MetricType::Gauge, value, labels);
}

std::string metrics_text::text() const {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(state_->families.size());
  for (const auto& [name, source] : state_->families) {
    prometheus::MetricFamily made;
    made.name = name;
    made.help = source.help;
    made.type = source.type;
    for (const auto& [labels, value] : source.values) {
      prometheus::ClientMetric metric;
      for (const auto& [label_name, label_value] : labels) {
        metric.label.push_back({label_name, label_value});
      }
      metric.counter.value = value;
      metric.gauge.value = value;
      made.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(made));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace weir
