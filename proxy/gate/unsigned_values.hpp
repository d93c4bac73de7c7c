// SPDX-License-Identifier: Apache-2.0
//
// Unsigned values (`5u`): stock InfluxDB 1.x refuses them, so in front of one they go on as
// integers while they fit. This check decides; gate.cpp writes the line. Of `native` the types of
// fields decide, which is series_check's part.
#pragma once

#include <span>

#include "gate/check.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class unsigned_check {
 public:
  void begin(const gate_request& request) noexcept { mode_ = request.policy->unsigned_values; }

  [[nodiscard]] gate_answer check(std::span<const field_view> fields) const noexcept;

 private:
  unsigned_mode mode_ = unsigned_mode::integer;
};

}  // namespace weir
