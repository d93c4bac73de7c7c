// SPDX-License-Identifier: Apache-2.0
#include "http/outbox.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "base/assert.hpp"

namespace weir::http {
namespace {

// What one step of a source costs beside its bytes.
constexpr std::size_t step_work = 64;

}  // namespace

void outbox::put(response& answer, const answer_form& form, wall_time date) {
  WEIR_ASSERT(!streaming());
  if (answer.source == nullptr) {
    append_response(answer, date, form.keep_alive, form.head_only, bytes_);
    return;
  }
  if (form.head_only) {
    append_streamed_head(answer, date, form.keep_alive, !form.version_1_0, bytes_);
    return;
  }
  source_ = std::move(answer.source);
  used_ = true;
  head_ = std::move(answer);
  form_ = form;
  begun_ = false;
  broken_ = false;
}

void outbox::pump(turn_work& work, wall_time date) {
  while (wants_pump() && !work.done()) {
    const bool more = source_->next(piece_);
    work.spend(step_work);
    work.spend_bytes(piece_.size());
    const bool waits = more && source_->waits();
    if (!more) {
      broken_ = source_->broken();
      source_.reset();
    }
    if (!begun_ && !more && !broken_) {  // small enough to say how long it is
      head_.body = std::move(piece_);
      append_response(head_, date, form_.keep_alive, false, bytes_);
      stop_streaming();
      return;
    }
    if (more && (piece_.empty() || (piece_.size() < piece_bytes / 2 && !waits))) {
      continue;
    }
    if (!begun_) {
      append_streamed_head(head_, date, form_.keep_alive, !form_.version_1_0, bytes_);
      begun_ = true;
    }
    append_chunk();
  }
  if (source_ == nullptr) {
    stop_streaming();
  }
}

void outbox::append_chunk() {
  if (form_.version_1_0) {
    bytes_.append(piece_);
  } else {
    if (!piece_.empty()) {
      std::array<char, 16> size;
      const auto end = std::to_chars(size.data(), size.data() + size.size(), piece_.size(), 16).ptr;
      bytes_.append(size.data(), end).append("\r\n").append(piece_).append("\r\n");
    }
    if (source_ == nullptr && !broken_) {
      bytes_.append("0\r\n\r\n");
    }
  }
  piece_.clear();
}

void outbox::stop_streaming() noexcept {
  source_.reset();
  if (used_) {
    head_ = response{};
    std::string{}.swap(piece_);
    begun_ = false;
    used_ = false;
  }
}

std::size_t outbox::held_bytes() const noexcept {
  return bytes_.size() + unsent_ + piece_.capacity() +
         (source_ == nullptr ? 0 : source_->held_bytes());
}

}  // namespace weir::http
