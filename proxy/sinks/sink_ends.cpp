// SPDX-License-Identifier: Apache-2.0
//
// What a sink does with frames that say which series ended (frames of kind `events`): they are no
// points and wait beside the lanes until all of their lane that was received before them is dealt
// with; then the target is told. A lane that is held does not hold them: what they are for is over
// by then.
#include <algorithm>
#include <iterator>
#include <string>

#include "sinks/sink_lane.hpp"

namespace weir {

/// Whether it is such a frame, so that it is no lane's.
bool sink::note_end(const frame_header& header) {
  if (header.kind != frame_kind::events) {
    return false;
  }
  if (parts_.target.marks_ends() && concerns(header)) {
    const auto whose = ends_.try_emplace({header.database, header.retention_policy}).first;
    whose->second.insert(header.position);
    ends_in_order_.emplace(header.position, whose);
    if (ends_in_order_.size() > ends_max) {
      give_up_oldest_end();
    }
  }
  return true;
}

void sink::give_up_oldest_end() {
  const auto [at, whose] = *ends_in_order_.begin();
  ends_in_order_.erase(at);
  whose->second.erase(at);
  if (whose->second.empty()) {
    ends_.erase(whose);
  }
}

void sink::tell_ends(std::int64_t now_ms) {
  for (auto whose = ends_.begin(); whose != ends_.end();) {
    // As long as its oldest one waits, so do the others.
    std::set<log_position>& of_lane = whose->second;
    while (!of_lane.empty() && is_over(whose->first, *of_lane.begin(), now_ms)) {
      ends_in_order_.erase(*of_lane.begin());
      of_lane.erase(of_lane.begin());
    }
    whose = of_lane.empty() ? ends_.erase(whose) : std::next(whose);
  }
}

/// The target was told, or is not to be told any more.
bool sink::is_over(const lane_key& of, log_position at, std::int64_t now_ms) {
  const auto found = lanes_.find(of);
  if (found != lanes_.end() && !found->second->pending.empty()) {
    const lane& on = *found->second;
    if (on.held || !on.pending.parked().empty()) {
      return true;
    }
    if (std::max(on.at.next, on.pending.logged().first()) < at) {
      return false;
    }
  }
  return tell_end(of, at, now_ms);
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
