// SPDX-License-Identifier: Apache-2.0
//
// What the checks of a line's series share: the request that the line belongs to, and the line on
// its way through them, with the repairs made to it so far. The checks themselves are
// series_admission, type_check and duplicate_check; series_check runs them. One thread, reused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gate/check.hpp"
#include "gate/rules/field_edit.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/series/staged_line.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// What is true for all lines of a request. All that is pointed to outlives it.
struct series_request {
  /// nullptr: nothing is remembered, so nothing is checked.
  gate_memory* memory = nullptr;
  database_memory* database = nullptr;
  /// Databases that were dropped before.
  std::uint64_t drops = 0;
  const database_settings* policy = nullptr;
  /// Of all hashes of this database.
  std::uint64_t seed = 0;
  /// Hash of the retention policy's name.
  std::uint32_t retention_policy = 0;
  /// Time of receipt since the epoch.
  std::uint32_t now_s = 0;
  std::int64_t now_ns = 0;
};

/// As much of a value or a name as a message quotes.
[[nodiscard]] inline std::string_view shortened(std::string_view text) noexcept {
  constexpr std::size_t shown_bytes_max = 256;
  return text.substr(0, shown_bytes_max);
}

class series_line {
 public:
  /// `point` and `staged` must outlive the checks. The point's fields are not hashed yet.
  void begin(const point_view& point, staged_line& staged) noexcept {
    point_ = &point;
    staged_ = &staged;
    fields_ = {};
    edited_ = false;
    repeats_field = false;
    repaired_ = noted_ = 0;
  }

  /// As it came, or with the fields of `edit` after `restage`.
  [[nodiscard]] const point_view& point() const noexcept { return *point_; }
  [[nodiscard]] staged_line& staged() const noexcept { return *staged_; }
  [[nodiscard]] const fields_hash& fields() const noexcept { return fields_; }
  void hash_point_fields(std::uint64_t seed) noexcept {
    fields_ = hash_fields(point_->fields, seed);
  }

  /// The fields, to be changed; the line follows by `restage`.
  [[nodiscard]] field_edit& edit();
  /// Writes the line anew with the fields of `edit`, and hashes them.
  void restage(std::uint64_t seed);

  /// Finds out the measurement's name and its hash, for the two below.
  void name_measurement(const database_memory& database);
  /// Without escapes.
  [[nodiscard]] const std::string& measurement() const noexcept { return measurement_; }
  [[nodiscard]] std::uint64_t measurement_key() const noexcept { return measurement_key_; }

  /// Codes that are counted when the line is kept: each at most once a line.
  void note_repair(gate_code code) noexcept { repaired_ |= bit(code); }
  void note(gate_code code) noexcept { noted_ |= bit(code); }
  /// Counts them. The answer for the line: the last of the repairs, or that it is as it came.
  gate_answer count(gate_tally& repaired, gate_tally& noted) const noexcept;

  /// One field stands in the line several times, with values of different types.
  bool repeats_field = false;
  /// Why the line was refused: InfluxDB's text where it has one. Of the last refusal.
  std::string detail;

 private:
  static_assert(gate_code_count <= 64);
  [[nodiscard]] static std::uint64_t bit(gate_code code) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(code);
  }

  const point_view* point_ = nullptr;
  staged_line* staged_ = nullptr;
  fields_hash fields_{};
  bool edited_ = false;
  /// A bit for each gate_code.
  std::uint64_t repaired_ = 0;
  std::uint64_t noted_ = 0;
  field_edit edit_;
  point_view edited_point_;
  std::string measurement_;
  std::uint64_t measurement_key_ = 0;
};

}  // namespace weir
