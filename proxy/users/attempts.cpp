// SPDX-License-Identifier: Apache-2.0
#include "users/attempts.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>

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

std::string address_of_peer(std::string_view peer) {
  std::string address(peer.substr(0, peer.rfind(':')));
  in6_addr read{};
  if (!address.starts_with('[') || !address.ends_with(']') ||
      ::inet_pton(AF_INET6, address.substr(1, address.size() - 2).c_str(), &read) != 1) {
    return address;
  }
  const std::uint8_t* const byte = read.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&read)) {
    return fmt::format("{}.{}.{}.{}", byte[12], byte[13], byte[14], byte[15]);
  }
  const auto group = [byte](std::size_t at) { return byte[2 * at] << 8 | byte[2 * at + 1]; };
  return fmt::format("{:x}:{:x}:{:x}:{:x}::/64", group(0), group(1), group(2), group(3));
}

}  // namespace weir
