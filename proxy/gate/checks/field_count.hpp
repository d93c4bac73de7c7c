// SPDX-License-Identifier: Apache-2.0
//
// Points with more fields than their database allows: a sender that puts an identifier into the
// names of fields makes every query of the measurement slow. How many fields a measurement has in
// all is not looked at. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "gate/passage.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class field_count_check {
 public:
  void begin(const gate_request& request) noexcept {
    most_ = static_cast<std::uint32_t>(request.policy->fields_per_point);
  }

  [[nodiscard]] gate_answer check(const passage& one) const noexcept {
    return most_ != 0 && one.point().fields.size() > most_
               ? gate_answer{gate_action::reject, gate_code::too_many_fields}
               : gate_answer{};
  }

  [[nodiscard]] std::uint64_t settings_of_shape() const noexcept { return most_; }

  /// How many fields the point has, and how many it may have.
  [[nodiscard]] std::string detail(gate_code code, const point_view& point) const;

 private:
  /// Fields of a point, as the key's range bounds it; 0: no limit.
  std::uint32_t most_ = 0;
};

}  // namespace weir
