// SPDX-License-Identifier: Apache-2.0
//
// Where each line of a batch ends.
#include "sinks/influxdb/line_table.hpp"

#include <utility>

#include "base/assert.hpp"
#include "sinks/filters/canonical_lines.hpp"

namespace weir {
line_table::line_table(std::string lines) : text_(std::move(lines)) {
  if (!text_.empty() && text_.back() != '\n') {
    text_ += '\n';
  }
  line_reader& reader = reader_;
  reader.reset(options_of_canonical_lines());
  reader.feed(text_);
  std::size_t at = 0;
  for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
    const std::string_view text =
        event == line_event::point ? reader.point().text : reader.error().text;
    // Canonical lines lie without gaps, so lengths add up to offsets.
    const std::size_t end = at + text.size() + 1;
    if (end > text_.size() || text_[end - 1] != '\n') {
      break;
    }
    ends_.push_back(end);
    at = end;
  }
  while (at < text_.size()) {
    at = text_.find('\n', at) + 1;
    ends_.push_back(at);
  }
}

std::string_view line_table::line(std::size_t index) const noexcept {
  return lines(index, index + 1);
}

std::string_view line_table::lines(std::size_t begin, std::size_t end) const noexcept {
  WEIR_ASSERT(begin <= end && end <= ends_.size());
  const std::size_t from = begin == 0 ? 0 : ends_[begin - 1];
  const std::size_t until = end == 0 ? 0 : ends_[end - 1];
  return std::string_view(text_).substr(from, until - from);
}

void line_table::read(std::size_t index, const std::function<void(const point_view&)>& use) const {
  reader_.reset(options_of_canonical_lines());
  reader_.feed(line(index));
  if (reader_.next() == line_event::point) {
    use(reader_.point());
  }
}

}  // namespace weir
