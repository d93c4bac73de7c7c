// SPDX-License-Identifier: Apache-2.0
//
// The last of the gate's checks, which asks what is remembered of a line's series: whether the
// series may be new (series_admission), whether its fields have their types (type_check), whether
// another point has its time (duplicate_check). A line of a known series, shaped as a line before
// it, costs a few hashes and one look-up in the shared table. Pure but for the shared memory; one
// for each gate, on its thread.
#pragma once

#include <cstdint>
#include <string>

#include "gate/check.hpp"
#include "gate/series/duplicate_check.hpp"
#include "gate/series/series_admission.hpp"
#include "gate/series/series_line.hpp"
#include "gate/series/staged_line.hpp"
#include "gate/types/type_check.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class series_check {
 public:
  /// `settings_of_shape`: a number for those settings of other checks on which it depends whether a
  /// line of a known series and shape passes them.
  void begin(const gate_request& request, std::uint64_t settings_of_shape);

  /// Whether anything is remembered, so that lines can be asked for by `keep_known`.
  [[nodiscard]] bool remembers() const noexcept { return request_.memory != nullptr; }

  /// Writes the point's series to `line` and hashes it; `stage` follows.
  void begin_line(const point_view& point, staged_line& line) const;
  /// Writes the point's fields behind it, changed where a repair is due. Adds to `repaired` and
  /// `noted`. Of a line that is refused nothing is added, and the caller cuts the buffer back.
  [[nodiscard]] gate_answer stage(const point_view& point, staged_line& line, gate_tally& repaired,
                                  gate_tally& noted);

  /// Hashes a line that is written, and has what is remembered of its series fetched: for
  /// `keep_known`, some lines later.
  void hash(const point_view& point, staged_line& line);
  /// Whether a point whose line is written and hashed passes as it is: its series and shape passed
  /// all checks before, also those of names and unsigned values, and it contradicts no other point.
  /// Then it is taken. Else nothing was done.
  [[nodiscard]] bool keep_known(const point_view& point, const staged_line& line,
                                gate_tally& noted);

  /// Why the last line was refused: InfluxDB's text where it has one.
  [[nodiscard]] const std::string& detail() const noexcept { return line_.detail; }

  /// The lines staged since the last of these calls are in the log.
  void commit() { duplicates_.commit(); }
  /// They are not: forgets their points.
  void rollback() { duplicates_.rollback(); }

  /// What other weirs have to agree to before anything that was said of lines holds, since
  /// `forget_claims`.
  [[nodiscard]] const claim_range& claims() const noexcept { return types_.claims(); }
  void forget_claims() noexcept { types_.forget_claims(); }

 private:
  /// What an entry remembers of a shape whose lines passed under these settings. Never 0.
  [[nodiscard]] std::uint64_t passed_shape(std::uint64_t shape) const noexcept {
    return (shape + settings_salt_) | 1;
  }
  [[nodiscard]] bool has_gauges(const point_view& point) const noexcept;
  [[nodiscard]] gate_answer read_gauges();
  [[nodiscard]] gate_answer check_new_series_or_shape();
  [[nodiscard]] gate_answer enter();

  series_request request_;
  std::uint64_t settings_salt_ = 0;
  /// As it was when the database was looked up: a change of it counts as a drop.
  std::uint64_t shapes_salt_ = 0;
  fields_hasher hasher_;
  series_line line_;
  series_admission admission_;
  type_check types_;
  duplicate_check duplicates_;
};

}  // namespace weir
