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
#include <deque>
#include <string>
#include <string_view>

#include "gate/passage.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class names_check {
 public:
  void begin(const gate_request& request) noexcept;

  /// Takes out tags and fields, and renames fields, as the settings say. A point is refused where
  /// none would be left. New names are valid until the next call.
  [[nodiscard]] gate_answer check(passage& one) {
    return suspicious(one.point()) ? check_slowly(one) : gate_answer{};
  }
  [[nodiscard]] std::uint64_t settings_of_shape() const noexcept { return settings_; }

  /// InfluxDB's text for a refused point's first such name.
  [[nodiscard]] std::string detail(gate_code code, const point_view& point) const;

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
  [[nodiscard]] gate_answer check_slowly(passage& one);
  [[nodiscard]] gate_answer judge(const point_view& point) const noexcept;
  /// Takes out what `judge` said is to be dropped.
  void strip(point_draft& draft) const;
  /// Gives fields that are called as a tag a name that nothing of the point has. False: none is.
  [[nodiscard]] bool rename(point_draft& draft);
  [[nodiscard]] bool drops(const tag_view& tag) const noexcept;
  [[nodiscard]] bool drops(const field_view& field, const point_view& point) const noexcept;

  /// All of those below that depend on the policy, as one number.
  std::uint64_t settings_ = 0;
  bool counts_tags_ = true;
  name_mode time_tag_ = name_mode::reject;
  name_mode time_field_ = name_mode::reject;
  name_mode reserved_ = name_mode::pass;
  name_mode both_ = name_mode::pass;
  std::deque<std::string> new_names_;  // never moves its elements
};

}  // namespace weir
