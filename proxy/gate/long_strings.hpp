// SPDX-License-Identifier: Apache-2.0
//
// Strings that are longer than InfluxDB 2 keeps: it drops their points, after the 204. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "gate/check.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class long_strings_check {
 public:
  /// Of one string value, without its quotes and escapes.
  static constexpr std::size_t string_bytes_max = 1'048'576;

  void begin(const gate_request& request) noexcept {
    rejects_ = request.policy->long_strings == shield_mode::reject;
  }

  /// Whether a line needs a look: few are so long at all.
  [[nodiscard]] bool suspicious(const point_view& point) const noexcept {
    return rejects_ && point.text.size() > string_bytes_max;
  }
  [[nodiscard]] gate_answer check(const point_view& point) const {
    return suspicious(point) ? judge(point) : gate_answer{};
  }

  /// InfluxDB's words for the first such string of a point.
  [[nodiscard]] static std::string words(const point_view& point);

 private:
  [[nodiscard]] static gate_answer judge(const point_view& point);

  bool rejects_ = false;
};

}  // namespace weir
