// SPDX-License-Identifier: Apache-2.0
//
// Names that a database would refuse or, worse, drop in silence: `time` as a tag or field (InfluxDB
// 1 drops the point, or the field without a word; InfluxDB 2 refuses the batch), tags that InfluxDB
// 2 refuses together with the whole batch or that its queries fail on, and fields called as a tag
// of their point. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "gate/check.hpp"
#include "gate/point_draft.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class names_check {
 public:
  void begin(const gate_request& request) noexcept;

  /// mend: the point goes on after `strip`. A point is refused where nothing would be left of it.
  [[nodiscard]] gate_answer check(const point_view& point) const noexcept {
    return suspicious(point) ? judge(point) : gate_answer{};
  }

  /// Takes out what `check` said is to be dropped.
  void strip(point_draft& draft) const;

  /// InfluxDB's words for a refused point's first such name.
  [[nodiscard]] static std::string words(gate_code code, const point_view& point);

 private:
  /// Most points have no key that looks like one of the names.
  [[nodiscard]] bool suspicious(const point_view& point) const noexcept {
    for (const tag_view& tag : point.tags) {
      const char first = tag.key.front();
      if (is_time(tag.key) || first == '_' || first == '\0' || first == '\xff') {
        return true;
      }
    }
    for (const field_view& field : point.fields) {
      if (is_time(field.key)) {
        return true;
      }
    }
    return both_ != name_mode::pass;
  }
  [[nodiscard]] static bool is_time(std::string_view key) noexcept {
    return key.size() == 4 && std::memcmp(key.data(), "time", 4) == 0;
  }
  [[nodiscard]] gate_answer judge(const point_view& point) const noexcept;
  [[nodiscard]] bool drops(const tag_view& tag) const noexcept;
  [[nodiscard]] bool drops(const field_view& field, const point_view& point) const noexcept;

  bool counts_tags_ = true;
  name_mode time_tag_ = name_mode::reject;
  name_mode time_field_ = name_mode::reject;
  name_mode reserved_ = name_mode::pass;
  name_mode both_ = name_mode::pass;
};

}  // namespace weir
