// SPDX-License-Identifier: Apache-2.0
//
// Asking about a lost request. Pure.
#include "sinks/remote_write/sending/lost_request.hpp"

namespace weir {

std::optional<std::size_t> lost_request::next() {
  if (verdict_ != verdict::open) {
    return std::nullopt;
  }
  if (candidates_.empty()) {
    verdict_ = verdict::none;
    return std::nullopt;
  }
  if (at_ == candidates_.size()) {
    // Where another writer is ahead of every series, what is sent again is refused one by one.
    verdict_ = !ahead_.empty() && hopeless_.empty() ? verdict::ahead : verdict::not_stored;
    return std::nullopt;
  }
  const candidate& one = candidates_[at_];
  return asks_newest_ ? *one.newest : one.first;
}

void lost_request::accepted() {
  if (asks_newest_) {
    verdict_ = verdict::stored;
    return;
  }
  verdict_ = verdict::not_stored;
  taken_ = candidates_[at_].first;
}

void lost_request::refused(discard_reason reason, bool rest_is_stored) {
  if (rest_is_stored) {
    verdict_ = verdict::send_again;
    return;
  }
  if (asks_newest_) {
    if (reason == discard_reason::duplicate) {
      verdict_ = verdict::stored;  // written twice meanwhile, and the first value is there
      return;
    }
    hopeless_.push_back(candidates_[at_].first);
    next_candidate();
    return;
  }
  const bool ahead = reason == discard_reason::out_of_order || reason == discard_reason::duplicate;
  if (ahead && candidates_[at_].newest) {
    asks_newest_ = true;
    return;
  }
  if (ahead) {
    ahead_.push_back(candidates_[at_].first);
  }
  next_candidate();
}

void lost_request::next_candidate() {
  asks_newest_ = false;
  ++at_;
}

}  // namespace weir
