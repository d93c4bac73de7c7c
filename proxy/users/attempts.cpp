// SPDX-License-Identifier: Apache-2.0
#include "users/attempts.hpp"

#include <algorithm>

namespace weir {
namespace {

double refilled(double count, std::int64_t passed_ns) {
  return std::min(attempts::at_once, count + static_cast<double>(passed_ns) /
                                                 static_cast<double>(attempts::refill_ns));
}

}  // namespace

bool attempts::take(std::string_view address, steady_time now) {
  const std::lock_guard hold(lock_);
  if (of_.size() >= addresses_max) {
    make_room(now);
  }
  left& mine = of_.try_emplace(std::string(address), left{.at = now}).first->second;
  mine.count = refilled(mine.count, now - mine.at);
  mine.at = now;
  if (mine.count < 1) {
    return false;
  }
  mine.count -= 1;
  return true;
}

void attempts::give_back(std::string_view address) {
  const std::lock_guard hold(lock_);
  if (const auto found = of_.find(std::string(address)); found != of_.end()) {
    found->second.count = std::min(at_once, found->second.count + 1);
  }
}

std::size_t attempts::addresses() const {
  const std::lock_guard hold(lock_);
  return of_.size();
}

void attempts::make_room(steady_time now) {
  // The worse an address has guessed, the longer it is remembered.
  for (const double enough : {at_once, 1.0, 0.0}) {
    std::erase_if(of_, [now, enough](const auto& each) {
      return refilled(each.second.count, now - each.second.at) >= enough;
    });
    if (of_.size() <= addresses_max / 2) {
      return;
    }
  }
}

std::string_view address_of_peer(std::string_view peer) noexcept {
  const std::string_view address = peer.substr(0, peer.rfind(':'));
  if (!address.starts_with('[')) {
    return address;
  }
  // Up to the fourth group, or to where groups of zeros are left out.
  std::size_t end = 1;
  for (int groups = 0; groups < 4 && end < address.size(); ++groups) {
    const std::size_t colon = address.find(':', end);
    if (colon == std::string_view::npos) {
      return address;
    }
    if (colon + 1 < address.size() && address[colon + 1] == ':') {
      return address.substr(0, colon);
    }
    end = colon + 1;
  }
  return address.substr(0, end);
}

}  // namespace weir
