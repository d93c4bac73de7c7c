// SPDX-License-Identifier: Apache-2.0
#include "sinks/addresses/address_choice.hpp"

#include <algorithm>
#include <utility>

namespace weir {

std::optional<std::size_t> address_choice::take_probe(std::int64_t now_ms) {
  for (std::size_t i = 0; i < current_; ++i) {
    address& one = addresses_[i];
    if (one.down && !one.asked && one.next_probe_ms <= now_ms) {
      one.asked = true;
      return i;
    }
  }
  return std::nullopt;
}

bool address_choice::answered(std::size_t which) {
  addresses_[which] = {};
  if (which < current_ || addresses_[current_].down) {
    return std::exchange(current_, which) != which;
  }
  return false;
}

bool address_choice::failed(std::size_t which, std::int64_t now_ms) {
  address& one = addresses_[which];
  one.asked = false;
  one.failures = std::min(one.failures + 1, failures_max);
  if (one.down) {
    one.probe_wait_ms = std::min(one.probe_wait_ms * 2, probe_most_ms);
  } else if (one.failures < failures_max) {
    return false;
  }
  one.down = true;
  one.next_probe_ms = now_ms + one.probe_wait_ms;
  return which == current_ && choose(which);
}

/// The first one that is not down, or else the next one.
bool address_choice::choose(std::size_t failed) {
  const auto up = std::find_if(addresses_.begin(), addresses_.end(),
                               [](const address& one) { return !one.down; });
  current_ = up != addresses_.end() ? static_cast<std::size_t>(up - addresses_.begin())
                                    : (failed + 1) % addresses_.size();
  return current_ != failed;
}

}  // namespace weir
