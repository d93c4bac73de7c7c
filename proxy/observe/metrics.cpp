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
  std::map<label_set, durations> histograms;
};

label_set sorted(std::initializer_list<label> labels) {
  label_set key;
  for (const auto& [key_name, key_value] : labels) {
    key.emplace_back(std::string(key_name), std::string(key_value));
  }
  std::sort(key.begin(), key.end());
  return key;
}

prometheus::ClientMetric labelled(const label_set& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) {
    metric.label.push_back({name, value});
  }
  return metric;
}

// The library adds the bucket without a bound by itself.
prometheus::ClientMetric::Histogram histogram_of(const durations& value) {
  prometheus::ClientMetric::Histogram made;
  made.sample_count = value.count();
  made.sample_sum = static_cast<double>(value.sum_ns) / 1e9;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < durations::bounds_ns.size(); ++i) {
    below += value.counts[i];
    made.bucket.push_back({below, static_cast<double>(durations::bounds_ns[i]) / 1e9});
  }
  return made;
}

}  // namespace

struct metrics_text::state {
  std::map<std::string, family, std::less<>> families;

  family& find_or_add(std::string_view name, std::string_view help, prometheus::MetricType type) {
    auto found = families.find(name);
    if (found == families.end()) {
      found = families.emplace(std::string(name), family{std::string(help), type, {}, {}}).first;
    }
    return found->second;
  }
};

metrics_text::metrics_text() : state_(std::make_unique<state>()) {}
metrics_text::~metrics_text() = default;

void metrics_text::counter_value(std::string_view name, std::string_view help, double value,
                                 std::initializer_list<label> labels) {
  state_->find_or_add(name, help, prometheus::MetricType::Counter).values[sorted(labels)] += value;
}

void metrics_text::gauge_value(std::string_view name, std::string_view help, double value,
                               std::initializer_list<label> labels) {
  state_->find_or_add(name, help, prometheus::MetricType::Gauge).values[sorted(labels)] += value;
}

void metrics_text::histogram_value(std::string_view name, std::string_view help,
                                   const durations& value, std::initializer_list<label> labels) {
  state_->find_or_add(name, help, prometheus::MetricType::Histogram)
      .histograms[sorted(labels)]
      .add(value);
}

void metric_collector::histogram_value(std::string_view name, std::string_view help,
                                       const durations& value,
                                       std::initializer_list<label> labels) {
  counter_value(std::string(name) + "_count", help, static_cast<double>(value.count()), labels);
  counter_value(std::string(name) + "_sum", help, static_cast<double>(value.sum_ns) / 1e9, labels);
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
      prometheus::ClientMetric metric = labelled(labels);
      metric.counter.value = value;
      metric.gauge.value = value;
      made.metric.push_back(std::move(metric));
    }
    for (const auto& [labels, value] : source.histograms) {
      prometheus::ClientMetric metric = labelled(labels);
      metric.histogram = histogram_of(value);
      made.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(made));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace weir
