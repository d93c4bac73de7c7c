// SPDX-License-Identifier: Apache-2.0
//
// A canonical line while it is written, at the end of the buffer of a request: its series, its
// fields, their hashes and its time. What is written here becomes part of the request only by
// staged_lines::line_done. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gate/series/series_hash.hpp"
#include "gate/staging.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

struct staged_line {
  explicit staged_line(line_buffer& buffer) noexcept : text(buffer) {}

  line_buffer& text;
  /// Offset of the line in `text`.
  std::size_t begin = 0;
  /// Nanoseconds since the epoch; written behind the fields when the line is complete.
  std::int64_t time = 0;
  /// Length of the series, which stands at `begin`.
  std::size_t series_bytes = 0;
  /// Hash of the series, with its database in the seed.
  wide_hash key{};
  fields_hash fields{};
  /// End of the whole line, with its line feed, once it is complete.
  std::size_t end = 0;

  [[nodiscard]] std::string_view series() const noexcept {
    return text.view().substr(begin, series_bytes);
  }
};

/// Writes the point's series at the beginning of the line. What stood there is overwritten.
void write_series(const point_view& point, staged_line& line);
/// Writes the point's fields behind the series, in the place of fields written before.
void write_fields(const point_view& point, staged_line& line);

}  // namespace weir
