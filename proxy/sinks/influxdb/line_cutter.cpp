// SPDX-License-Identifier: Apache-2.0
//
// Line boundaries by the parser. Pure.
#include "sinks/influxdb/line_cutter.hpp"

#include "base/assert.hpp"
#include "sinks/filters/canonical_lines.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

line_cut cut_lines(std::string_view text, std::uint64_t bytes_max) {
  WEIR_ASSERT(!text.empty());
  line_reader reader(options_of_canonical_lines());
  reader.feed(text);
  reader.finish();
  std::size_t end = 0;
  std::uint32_t points = 0;
  while (reader.next() == line_event::point) {
    // Canonical lines lie without gaps, so lengths add up to offsets.
    const std::size_t line_end = end + reader.point().text.size() + 1;
    if (line_end > text.size() || text[line_end - 1] != '\n') {
      break;
    }
    if (points > 0 && line_end > bytes_max) {
      return {text.substr(0, end), points};
    }
    end = line_end;
    ++points;
  }
  if (points == 0) {
    return {text, 1};
  }
  return {text.substr(0, end), points};
}

}  // namespace weir
