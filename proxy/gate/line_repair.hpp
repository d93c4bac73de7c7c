// SPDX-License-Identifier: Apache-2.0
//
// Second chances for lines that the parser refused: a time that overflows in the unit of the
// request may be of another unit, and a value that Flink's reporter wrote for a gauge without one
// (NaN, null, infinite) may be taken out. Reads the line again and says what became of it; the gate
// decides on the point. Pure; one thread, reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class line_repair {
 public:
  enum class outcome : std::uint8_t {
    none,             // the parser's error stands
    overflowed_time,  // a point whose time is a number without its unit: for gate::pass_overflowed
    gauge_taken_out,  // a point without the fields that held no value (gate_code::gauge_dropped)
    nothing_left,     // the line had no other fields
  };

  /// Tries the repairs on the line of `error`, which was read with `options` in a request of unit
  /// `unit_ns` (or automatic_unit_ns).
  [[nodiscard]] outcome try_repair(const parse_error& error, const parse_options& options,
                                   std::int64_t unit_ns, const database_settings& policy);
  /// The point, where there is one, under the line number of the error. Valid until the next call.
  [[nodiscard]] const point_view& point() const noexcept { return point_; }

  /// Gives buffers larger than `buffer_bytes` back.
  void shrink(std::size_t buffer_bytes);

 private:
  /// Whether `text` is a point: `point_` then.
  [[nodiscard]] bool read(std::string_view text, parse_options options, std::uint64_t line);

  /// Made for the first line, because most requests have none.
  std::unique_ptr<line_reader> reader_;
  point_view point_;
  std::string repaired_;
};

}  // namespace weir
