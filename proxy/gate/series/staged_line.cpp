// SPDX-License-Identifier: Apache-2.0
#include "gate/series/staged_line.hpp"

namespace weir {

void write_series(const point_view& point, staged_line& line) {
  line.text.end_at(line.begin);
  char* const begin = line.text.room(canonical_room(point));
  line.series_bytes = static_cast<std::size_t>(write_canonical_series(point, begin) - begin);
  line.text.end_at(line.begin + line.series_bytes);
}

void write_fields(const point_view& point, staged_line& line) {
  line_buffer& text = line.text;
  text.end_at(line.begin + line.series_bytes);
  char* const end = write_canonical_fields(point, text.room(canonical_room(point)));
  text.end_at(static_cast<std::size_t>(end - text.view().data()));
}

}  // namespace weir
