// SPDX-License-Identifier: Apache-2.0
//
// First check: every point gets a time. Precision and overflow are the parser's part already.
#pragma once

#include <cstdint>
#include <optional>

#include "gate/check.hpp"

namespace weir {

class time_check {
 public:
  /// The time that lines without one get: the time of receipt, cut towards the past to the
  /// request's precision, as InfluxDB does (one reading serves the whole request).
  [[nodiscard]] static std::int64_t assigned_time(const gate_request& request) noexcept {
    const std::int64_t remainder = request.now_ns % request.unit_ns;
    return request.now_ns - (remainder < 0 ? remainder + request.unit_ns : remainder);
  }

  void begin(const gate_request& request) noexcept { assigned_ = assigned_time(request); }

  /// Writes the point's time to `time`.
  [[nodiscard]] gate_answer check(const std::optional<std::int64_t>& written,
                                  std::int64_t& time) const noexcept {
    if (written.has_value()) {
      time = *written;
      return {};
    }
    time = assigned_;
    return {gate_action::mend, gate_code::time_assigned};
  }

 private:
  std::int64_t assigned_ = 0;
};

}  // namespace weir
