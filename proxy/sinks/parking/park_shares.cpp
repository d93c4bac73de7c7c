// SPDX-License-Identifier: Apache-2.0
//
// Shares of the parking place. Pure.
#include "sinks/parking/park_shares.hpp"

namespace weir {

void park_shares::set(const lane_key& lane, std::uint64_t bytes) {
  auto found = bytes_.find(lane);
  if (found != bytes_.end()) {
    by_size_.erase({found->second, &found->first});
    total_ -= found->second;
    if (bytes == 0) {
      bytes_.erase(found);
      return;
    }
  } else if (bytes == 0) {
    return;
  } else {
    found = bytes_.emplace(lane, 0).first;
  }
  found->second = bytes;
  total_ += bytes;
  by_size_.emplace(bytes, &found->first);
}

std::uint64_t park_shares::of(const lane_key& lane) const {
  const auto found = bytes_.find(lane);
  return found == bytes_.end() ? 0 : found->second;
}

park_shares::decision park_shares::ask(const lane_key& lane, std::uint64_t more) const {
  if (total_ + more <= keep_) {
    return {};
  }
  const std::uint64_t own = of(lane);
  if (by_size_.empty() || by_size_.rbegin()->first < own + more) {
    return own == 0 ? decision{answer::too_large} : decision{answer::give_up, lane};
  }
  return {answer::give_up, *by_size_.rbegin()->second};
}

}  // namespace weir
