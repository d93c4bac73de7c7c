// SPDX-License-Identifier: Apache-2.0
#include "ingest/request_letters.hpp"

#include <utility>

#include "letters/letter_box.hpp"

namespace weir {

bool request_letters::wants(bool dropped) const noexcept {
  return box_ != nullptr && wanted_ && box_->enabled() && (!dropped || box_->keeps_dropped());
}

void request_letters::add(const letter_header& sender, letter_line line, std::string_view text) {
  const std::size_t text_bytes_max = box_->line_bytes_max();
  line.cut = text.size() > text_bytes_max;
  line.text = text.substr(0, text_bytes_max);
  const std::size_t bytes = line.bytes();
  if (bytes > letter_queue_bytes_max - bytes_) {
    ++lost_;
    return;
  }
  if (is_first_of_body_) {
    batches_.emplace_back().header = sender;
    is_first_of_body_ = false;
  }
  bytes_ += bytes;
  batches_.back().lines.push_back(std::move(line));
}

void request_letters::give_up() noexcept {
  for (const letter_batch& each : batches_) {
    lost_ += each.lines.size();
  }
  batches_.clear();
  bytes_ = 0;
  is_first_of_body_ = true;
}

void request_letters::commit() {
  if (lost_ > 0) {
    box_->lost(std::exchange(lost_, 0));
  }
  if (!batches_.empty()) {
    box_->put(std::exchange(batches_, {}), std::exchange(bytes_, 0));
  }
}

void request_letters::reset() noexcept {
  batches_.clear();
  bytes_ = 0;
  lost_ = 0;
  is_first_of_body_ = true;
}

}  // namespace weir
