// SPDX-License-Identifier: Apache-2.0
//
// Unsigned values (`5u`): stock InfluxDB 1.x refuses them, so in front of one they go on as
// integers while they fit. Of `native` the types of fields decide, which is type_check's part. One
// thread.
#pragma once

#include <cstdint>
#include <span>

#include "gate/passage.hpp"
#include "gate/rules/field_edit.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class unsigned_check {
 public:
  void begin(const gate_request& request) noexcept { mode_ = request.policy->unsigned_values; }

  /// May change the point: its unsigned values become integers.
  [[nodiscard]] gate_answer check(passage& one);
  [[nodiscard]] std::uint64_t settings_of_shape() const noexcept {
    return static_cast<std::uint64_t>(mode_);
  }

 private:
  [[nodiscard]] gate_answer judge(std::span<const field_view> fields) const noexcept;
  void make_integers(passage& one);

  unsigned_mode mode_ = unsigned_mode::integer;
  field_edit edit_;
  point_view changed_;
};

}  // namespace weir
