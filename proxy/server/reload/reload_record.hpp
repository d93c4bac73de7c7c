// SPDX-License-Identifier: Apache-2.0
//
// What came of the reloads so far, for /metrics and /health. Written by the control loop, read by
// any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/times.hpp"
#include "observe/metrics.hpp"

namespace weir {

class reload_record {
 public:
  /// `start`: when the configuration of the start was read.
  explicit reload_record(wall_time start) : last_success_(start) {}

  void succeeded(wall_time now);
  void failed(const std::string& why);

  /// Why the last reload failed, one line; empty: it did not, or there was none.
  [[nodiscard]] std::string failure_words() const;
  void collect(metric_collector& out) const;

 private:
  mutable std::mutex lock_;
  std::string failure_;
  std::uint64_t successes_ = 0;
  std::uint64_t failures_ = 0;
  wall_time last_success_;
};

}  // namespace weir
