// SPDX-License-Identifier: Apache-2.0
#include "tools/watch/event_reader.hpp"

#include <utility>

namespace weir {

void piece_lines::feed(std::string_view piece) {
  waiting_.erase(0, read_);
  read_ = 0;
  waiting_.append(piece);
  if (waiting_.size() > line_bytes_max && waiting_.find('\n') == std::string::npos) {
    waiting_.clear();
    too_long_ = true;
  }
}

std::optional<std::string> piece_lines::next() {
  for (;;) {
    const std::size_t end = waiting_.find('\n', read_);
    if (end == std::string::npos) {
      return std::nullopt;
    }
    std::string line = waiting_.substr(read_, end - read_);
    read_ = end + 1;
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (!std::exchange(too_long_, false)) {
      return line;
    }
  }
}

void piece_lines::clear() {
  waiting_.clear();
  read_ = 0;
  too_long_ = false;
}

std::optional<server_event> event_reader::next() {
  while (auto line = lines_.next()) {
    if (line->empty()) {
      server_event event = std::exchange(gathered_, {});
      if (std::exchange(has_data_, false)) {
        return event;
      }
      continue;
    }
    const std::size_t colon = line->find(':');
    const std::string_view name = std::string_view(*line).substr(0, colon);
    std::string_view value =
        colon == std::string::npos ? std::string_view() : std::string_view(*line).substr(colon + 1);
    if (value.starts_with(' ')) {
      value.remove_prefix(1);
    }
    if (name == "event") {
      gathered_.name = value;
    } else if (name == "data") {
      gathered_.data.append(has_data_ ? "\n" : "").append(value);
      has_data_ = true;
    }
  }
  return std::nullopt;
}

void event_reader::clear() {
  lines_.clear();
  gathered_ = {};
  has_data_ = false;
}

}  // namespace weir
