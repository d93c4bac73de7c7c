// SPDX-License-Identifier: Apache-2.0
//
// What a sink does with frames that say which series ended (frames of kind `events`): they are no
// points and wait beside the lanes until all of their lane that was received before them is dealt
// with; then the target is told. A lane that is held does not hold them: what they are for is over
// by then.
#include <algorithm>
#include <string>

#include "sinks/sink_lane.hpp"

namespace weir {

/// Whether it is such a frame, so that it is no lane's.
bool sink::note_end(const frame_header& header) {
  if (header.kind != frame_kind::events) {
    return false;
  }
  if (parts_.target.marks_ends() && concerns(header)) {
    ends_.push_back({{header.database, header.retention_policy}, header.position});
    if (ends_.size() > ends_max) {
      ends_.pop_front();
    }
  }
  return true;
}

void sink::tell_ends(std::int64_t now_ms) {
  std::erase_if(ends_, [&](const end_frame& one) {
    const auto found = lanes_.find(one.of);
    if (found != lanes_.end() && !found->second->pending.empty()) {
      const lane& on = *found->second;
      if (on.held || !on.pending.parked().empty()) {
        return true;
      }
      if (std::max(on.at.next, on.pending.logged().first()) < one.at) {
        return false;
      }
    }
    return tell_end(one.of, one.at, now_ms);
  });
}

/// False: the disk refused, and it is to be tried again.
bool sink::tell_end(const lane_key& of, log_position at, std::int64_t now_ms) {
  const read_result read = reader_->next(at, of);
  if (read.status == read_status::failed) {
    look_again_ms_ = now_ms + refused_retry_ms;
    return false;
  }
  std::string lines;
  // Damaged, or gone with a full log: its series end when they have been silent.
  if (read.status == read_status::frame && read.found->header.position == at &&
      inflate_frame(*read.found, lines)) {
    std::string taken;
    if (filter_.append_taken(lines, at, taken) > 0) {
      parts_.target.end_series(of, taken);
    }
  }
  return true;
}

}  // namespace weir
