// SPDX-License-Identifier: Apache-2.0
//
// Where each line of a batch ends.
#include "sinks/influxdb/line_table.hpp"

#include <limits>
#include <utility>

#include "base/assert.hpp"

namespace weir {
namespace {

/// These lines went through the gate; whatever it let pass is no matter here.
parse_options all_pass() {
  parse_options options;
  options.utf8 = utf8_policy::pass;
  options.tag_count = tag_count_policy::pass;
  options.take_byte_order_mark = false;
  options.line_bytes_max = std::numeric_limits<std::size_t>::max() / 2;
  return options;
}

}  // namespace

line_table::line_table(std::string lines) : text_(std::move(lines)) {
  if (!text_.empty() && text_.back() != '\n') {
    text_ += '\n';
  }
  line_reader& reader = reader_;
  reader.reset(all_pass());
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
  reader_.reset(all_pass());
  reader_.feed(line(index));
  if (reader_.next() == line_event::point) {
    use(reader_.point());
  }
}

}  // namespace weir
