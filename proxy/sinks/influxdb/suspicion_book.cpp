// SPDX-License-Identifier: Apache-2.0
#include "sinks/influxdb/suspicion_book.hpp"

namespace weir {

suspicion_book::finding suspicion_book::failed(const lane_key& lane, const lane_position& first) {
  const auto [found, is_new] = failing_.try_emplace(lane);
  record& now = found->second;
  if (is_new || !(now.first == first)) {
    began_to_fail_ += is_new ? 1 : 0;
    now = {first, 1, 0, stored_, began_to_fail_};
    return finding::nothing;
  }
  // A lane that was well and fails now: perhaps the server is not well.
  const bool others_passed = now.stored != stored_ && now.began_to_fail == began_to_fail_;
  now.stored = stored_;
  now.began_to_fail = began_to_fail_;
  ++now.tries;
  now.tries_between_others = others_passed ? now.tries_between_others + 1 : 0;
  if (now.tries_between_others + 1 >= tries_max) {
    now.tries = 0;
    now.tries_between_others = 0;
    return finding::suspect_alone;
  }
  if (now.tries >= tries_max && (others_passed || failing_.size() == 1)) {
    now.tries = 0;
    return finding::suspect;
  }
  return finding::nothing;
}

}  // namespace weir
