// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

namespace weir {
namespace {

using label_set = std::vector<std::pair<std::string, std::string>>;

struct family {
  std::string help;
  prometheus::MetricType type = prometheus::MetricType::Untyped;
  std::map<label_set, double> values;
  std::map<label_set, histogram_counts> histograms;
};

prometheus::ClientMetric::Histogram told(const histogram_counts& value) {
  prometheus::ClientMetric::Histogram made;
  made.sample_sum = value.sum;
  for (std::size_t i = 0; i < value.counts.size(); ++i) {
    made.sample_count += value.counts[i];
    const double bound =
        i < value.bounds.size() ? value.bounds[i] : std::numeric_limits<double>::infinity();
    made.bucket.push_back({made.sample_count, bound});
  }
  return made;
}

}  // namespace

struct metrics_text::state {
  std::map<std::string, family, std::less<>> families;

  family& of(std::string_view name, std::string_view help, prometheus::MetricType type) {
    auto found = families.find(name);
    if (found == families.end()) {
      found = families.emplace(std::string(name), family{std::string(help), type, {}, {}}).first;
    }
    return found->second;
  }
  static label_set sorted(std::initializer_list<label> labels) {
    label_set key;
    for (const auto& [key_name, key_value] : labels) {
      key.emplace_back(std::string(key_name), std::string(key_value));
    }
    std::sort(key.begin(), key.end());
    return key;
  }
  static prometheus::ClientMetric& append(prometheus::MetricFamily& made, const label_set& labels) {
    prometheus::ClientMetric metric;
    for (const auto& [label_name, label_value] : labels) {
      metric.label.push_back({label_name, label_value});
    }
    return made.metric.emplace_back(std::move(metric));
  }
};

metrics_text::metrics_text() : state_(std::make_unique<state>()) {}
metrics_text::~metrics_text() = default;

void metrics_text::counter_value(std::string_view name, std::string_view help, double value,
                                 std::initializer_list<label> labels) {
  state_->of(name, help, prometheus::MetricType::Counter).values[state::sorted(labels)] += value;
}

void metrics_text::gauge_value(std::string_view name, std::string_view help, double value,
                               std::initializer_list<label> labels) {
  state_->of(name, help, prometheus::MetricType::Gauge).values[state::sorted(labels)] += value;
}

void metrics_text::histogram_value(std::string_view name, std::string_view help,
                                   const histogram_counts& value,
                                   std::initializer_list<label> labels) {
  state_->of(name, help, prometheus::MetricType::Histogram).histograms[state::sorted(labels)] =
      value;
}

void seconds_histogram::observe(double seconds) noexcept {
  const auto* const at = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  counts_[static_cast<std::size_t>(at - bounds.begin())].add();
  sum_us_.add(static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 1e9) * 1e6));
}

histogram_counts seconds_histogram::now() const {
  histogram_counts out;
  out.bounds.assign(bounds.begin(), bounds.end());
  for (const counter& one : counts_) {
    out.counts.push_back(one.value());
  }
  out.sum = static_cast<double>(sum_us_.value()) / 1e6;
  return out;
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
      prometheus::ClientMetric& metric = state::append(made, labels);
      metric.counter.value = value;
      metric.gauge.value = value;
    }
    for (const auto& [labels, value] : source.histograms) {
      state::append(made, labels).histogram = told(value);
    }
    families.push_back(std::move(made));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace weir
