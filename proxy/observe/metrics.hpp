// SPDX-License-Identifier: Apache-2.0
//
// How a module shows its numbers: it keeps them in relaxed atomics of its own (cheap on the hot
// path) and reports them when somebody looks. No global registry, no names on the data path.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// A number that one thread raises and any thread reads.
class counter {
 public:
  /// Requires: one thread only raises (otherwise use `add_shared`).
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void add_shared(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

using label = std::pair<std::string_view, std::string_view>;

/// A histogram's numbers at one moment: `counts[i]` values were at most `bounds[i]` (and above the
/// bound before); one count more than bounds, of those above all of them.
struct histogram_counts {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;
  double sum = 0;
};

/// How long something took, in seconds, from a millisecond to half a day. One thread observes, any
/// thread reads.
class seconds_histogram {
 public:
  static constexpr std::array<double, 16> bounds{
      0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3'600, 43'200};

  void observe(double seconds) noexcept;
  [[nodiscard]] histogram_counts now() const;

 private:
  std::array<counter, bounds.size() + 1> counts_;
  counter sum_us_;
};

/// Receives a module's numbers. Names follow Prometheus: `weir_`, base units, `_total` for
/// counters. The same name may be reported several times with other labels; equal names and labels
/// are added.
class metric_collector {
 public:
  virtual ~metric_collector() = default;
  virtual void counter_value(std::string_view name, std::string_view help, double value,
                             std::initializer_list<label> labels = {}) = 0;
  virtual void gauge_value(std::string_view name, std::string_view help, double value,
                           std::initializer_list<label> labels = {}) = 0;
  /// Equal names and labels are not added: the last one counts.
  virtual void histogram_value(std::string_view name, std::string_view help,
                               const histogram_counts& value,
                               std::initializer_list<label> labels = {}) = 0;
};

/// Collects into Prometheus' text format (version 0.0.4).
class metrics_text final : public metric_collector {
 public:
  metrics_text();
  ~metrics_text() override;
  void counter_value(std::string_view name, std::string_view help, double value,
                     std::initializer_list<label> labels) override;
  void gauge_value(std::string_view name, std::string_view help, double value,
                   std::initializer_list<label> labels) override;
  void histogram_value(std::string_view name, std::string_view help, const histogram_counts& value,
                       std::initializer_list<label> labels) override;
  [[nodiscard]] std::string text() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
