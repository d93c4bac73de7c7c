// SPDX-License-Identifier: Apache-2.0
//
// Strings that are longer than InfluxDB 2 keeps: it drops their points, after the 204. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "gate/passage.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class long_strings_check {
 public:
  /// Of one string value, without its quotes and escapes.
  static constexpr std::size_t string_bytes_max = 1'048'576;

  void begin(const gate_request& request) noexcept {
    rejects_ = request.policy->long_strings == shield_mode::reject;
  }

  [[nodiscard]] gate_answer check(const passage& one) const {
    return suspicious(one.point()) ? judge(one.point()) : gate_answer{};
  }
  [[nodiscard]] bool passes(const point_view& point, std::int64_t& /*time*/) const noexcept {
    return !suspicious(point);
  }

  /// InfluxDB's text for the first such string of a point.
  [[nodiscard]] std::string detail(gate_code code, const point_view& point) const;

 private:
  /// Few lines are so long at all.
  [[nodiscard]] bool suspicious(const point_view& point) const noexcept {
    return rejects_ && point.text.size() > string_bytes_max;
  }
  [[nodiscard]] static gate_answer judge(const point_view& point);

  bool rejects_ = false;
};

}  // namespace weir
