// SPDX-License-Identifier: Apache-2.0
//
// Metrics: a module counts in relaxed atomics of its own (cheap on the hot path) and reports the
// values at each scrape. No global registry, no names on the data path.
// Docs: docs/operations.md, "Metrics".
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/durations.hpp"

namespace weir {

/// A count that one thread raises and any thread reads.
class counter {
 public:
  /// Requires: only one thread calls it (otherwise use `add_shared`).
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

/// Receives the values of a module's metrics. Names follow Prometheus: `weir_`, base units,
/// `_total` for counters. A name may be reported several times with other labels; values with equal
/// name and labels are added up. Called by the thread that serves the scrape.
class metric_collector {
 public:
  virtual ~metric_collector() = default;
  virtual void counter_value(std::string_view name, std::string_view help, double value,
                             std::initializer_list<label> labels = {}) = 0;
  virtual void gauge_value(std::string_view name, std::string_view help, double value,
                           std::initializer_list<label> labels = {}) = 0;
  /// Requires: the same bounds each time.
  virtual void histogram_value(std::string_view name, std::string_view help,
                               const histogram_counts& value,
                               std::initializer_list<label> labels = {}) = 0;
};

/// Reports many values in parts, each of which takes a fraction of a millisecond. Each call reports
/// the next part; false: that was the last. Values that must add up belong to one part.
using metric_parts = std::function<bool(metric_collector& out)>;

/// Collects into Prometheus' text format (version 0.0.4). One thread.
class metrics_text final : public metric_collector {
 public:
  /// Labels that one value may have.
  static constexpr std::size_t labels_max = 4;

  metrics_text();
  ~metrics_text() override;
  void counter_value(std::string_view name, std::string_view help, double value,
                     std::initializer_list<label> labels) override;
  void gauge_value(std::string_view name, std::string_view help, double value,
                   std::initializer_list<label> labels) override;
  void histogram_value(std::string_view name, std::string_view help, const histogram_counts& value,
                       std::initializer_list<label> labels) override;
  /// The whole text. No value may be added afterwards; valid as long as this object.
  [[nodiscard]] const std::string& text();
  static constexpr std::size_t piece_bytes = std::size_t{32} << 10;
  /// Appends the next piece of the text, about `piece_bytes` long, and frees its memory. False:
  /// that was the last.
  [[nodiscard]] bool write_some(std::string& out);
  /// Bytes of memory, for the memory budget.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
