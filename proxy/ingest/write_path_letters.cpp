// SPDX-License-Identifier: Apache-2.0
//
// The part of write_path.hpp that gathers a request's letters until it is kept.
#include "ingest/write_path.hpp"

namespace weir {

const letter_header& write_job::sender() {
  if (!sender_) {
    sender_ = letter_header{.received_ns = now_ns_,
                            .database = target_.database,
                            .retention_policy = target_.retention_policy,
                            .unit_ns = target_.unit_ns};
    if (origin_.describe) {
      origin_.describe(*sender_);
    }
  }
  return *sender_;
}

bool write_job::keeps_letters() const noexcept {
  return owner_.services_.letters != nullptr && target_.wishes.letters;
}

void write_job::give_up_letters() noexcept {
  for (const letter_batch& each : letters_) {
    letters_lost_ += each.lines.size();
  }
  letters_.clear();
  letter_bytes_ = 0;
  letters_begin_ = true;
}

/// Requires: `keeps_letters()`. They are put in the box when the request is kept.
void write_job::keep_letter(letter_line line, std::string_view text) {
  const std::size_t bytes_max = owner_.services_.letters->options().line_bytes_max;
  line.cut = text.size() > bytes_max;
  line.text = text.substr(0, bytes_max);
  const std::size_t bytes = line.bytes();
  if (bytes > letter_queue_bytes_max - letter_bytes_) {
    ++letters_lost_;
    return;
  }
  if (letters_begin_) {
    letters_.emplace_back().header = sender();
    letters_begin_ = false;
  }
  letter_bytes_ += bytes;
  letters_.back().lines.push_back(std::move(line));
}

}  // namespace weir
