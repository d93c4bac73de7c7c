// SPDX-License-Identifier: Apache-2.0
//
// Compares a line's fields with the types that they have in their measurement, one by one, and
// repairs those that differ as the policy says (`types`, `flink_gauges`). A line with one field
// twice is settled first. Lines come here when their shape is not known to be right. Pure but for
// the shared memory; one for each gate, on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gate/check.hpp"
#include "gate/series/series_line.hpp"

namespace weir {

class type_check {
 public:
  void begin(const series_request& request) noexcept { request_ = request; }

  /// Fields of which the line holds several values, then their types; the line is restaged where
  /// that changes it. Types that no field had before are registered by `register_new` alone, which
  /// follows unless the line is refused. Requires: the line's measurement was named.
  [[nodiscard]] gate_answer check(series_line& line);
  [[nodiscard]] bool has_new_types() const noexcept { return !new_fields_.empty(); }
  /// Registers them: the first use of a field makes its type. Refuses the line where another thread
  /// was faster with another type. Notes fields for which limits.types has no room.
  [[nodiscard]] gate_answer register_new(series_line& line);
  /// Whether every field of the line has a type now, and the line is of it.
  [[nodiscard]] bool all_registered() const noexcept { return all_registered_; }

  /// Whether the types of this shape (of lines of this measurement) were seen to be right.
  [[nodiscard]] bool knows(std::uint64_t measurement, std::uint64_t shape) noexcept;
  void remember(std::uint64_t measurement, std::uint64_t shape) noexcept;
  /// Of all lines since `forget_claims`: types that other weirs have to agree to.
  [[nodiscard]] const claim_range& claims() const noexcept { return claims_; }
  void forget_claims() noexcept { claims_ = {}; }
  /// For a line of such a shape, in the place of `check`.
  void skip() noexcept {
    new_fields_.clear();
    all_registered_ = true;
    rests_on_claim_ = false;
  }

 private:
  struct new_field {
    std::string name;
    field_type type = field_type::float64;
  };
  [[nodiscard]] gate_answer settle_repeated(series_line& line);
  [[nodiscard]] std::string_view keep_last_of_repeated(series_line& line);
  [[nodiscard]] gate_answer settle_types(series_line& line);
  [[nodiscard]] field_types::answer register_field(const series_line& line, const new_field& field);
  /// The field's type as it stands now, and notes where it is claimed.
  [[nodiscard]] field_types::answer type_of(const series_line& line, std::string_view field);
  [[nodiscard]] field_types::answer type_of_claimed(const series_line& line, const wide_hash& key,
                                                    std::string_view field,
                                                    field_types::answer known);
  [[nodiscard]] gate_answer settle_field(series_line& line, std::size_t index, field_type wanted);
  /// Numbers and booleans are alike to a Prometheus.
  [[nodiscard]] bool is_conflict(field_type one, field_type other) const noexcept;
  [[nodiscard]] bool rename(const series_line& line, field_view& field, field_edit& edit);
  [[nodiscard]] static gate_answer conflict(series_line& line, std::string_view field,
                                            field_type type, field_type wanted);
  [[nodiscard]] std::uint64_t& slot_of(std::uint64_t mark) noexcept {
    return right_shapes_[mark % right_shapes_.size()];
  }

  series_request request_;
  std::vector<new_field> new_fields_;
  bool all_registered_ = true;
  claim_range claims_;
  /// The line rests on a claim.
  bool rests_on_claim_ = false;
  /// Of settle_repeated.
  std::vector<const field_view*> by_key_;
  /// Without escapes: of the field that is looked at.
  std::string field_name_;
  /// Hashes of shapes, with their measurements, whose types this gate has seen to be right.
  std::array<std::uint64_t, 256> right_shapes_{};
};

}  // namespace weir
