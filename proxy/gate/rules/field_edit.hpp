// SPDX-License-Identifier: Apache-2.0
//
// A line's fields while the gate changes them: converted values, new names, fields taken out. The
// texts that the changed fields refer to live in here until `begin`. One thread, reused.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {

class field_edit {
 public:
  /// Starts from these fields; forgets the texts of the line before.
  void begin(std::span<const field_view> fields) {
    fields_.assign(fields.begin(), fields.end());
    texts_.clear();
  }
  [[nodiscard]] std::vector<field_view>& fields() noexcept { return fields_; }
  [[nodiscard]] const std::vector<field_view>& fields() const noexcept { return fields_; }
  /// Keeps a text for a field to refer to.
  [[nodiscard]] std::string_view keep(std::string text) {
    return texts_.emplace_back(std::move(text));
  }
  /// The point with these fields.
  [[nodiscard]] point_view applied(const point_view& point) const {
    point_view changed = point;
    changed.fields = fields_;
    changed.canonical = changed.fields_canonical = false;
    return changed;
  }

 private:
  std::vector<field_view> fields_;
  std::deque<std::string> texts_;  // never moves its elements
};

/// Whether a key may come first: white space before the fields is not part of the first key.
[[nodiscard]] inline bool may_come_first(std::string_view key) noexcept {
  return !key.empty() && key.front() != '\t' && key.front() != '\0';
}

/// For fields of which some were taken out: puts one that may come first there. Where there is none
/// nothing is left that can be written, and all are removed.
void put_plain_key_first(std::vector<field_view>& fields);

/// Makes the field's value one of `wanted`, if that loses nothing: an integer a float that holds
/// it, a whole float an integer, anything a string. False, and nothing changed, when it cannot.
[[nodiscard]] bool convert_exactly(field_view& field, field_type wanted, field_edit& edit);

/// "_float", "_int", "_uint", "_bool", "_str": what a renamed field's name ends in.
[[nodiscard]] std::string_view rename_suffix(field_type type) noexcept;

}  // namespace weir
