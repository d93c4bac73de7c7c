// SPDX-License-Identifier: Apache-2.0
#include "intake/client_shares.hpp"

#include <string_view>

namespace weir {
namespace {

constexpr std::size_t shares_kept_least = 64;

}  // namespace

std::string client_key(const peer_address& peer) {
  switch (peer.kind) {
    case peer_address::family::unknown:
      break;
    case peer_address::family::ipv4:
      return {reinterpret_cast<const char*>(peer.bytes.data()), 4};
    case peer_address::family::ipv6: {
      constexpr std::string_view mapped_ipv4{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
      const std::string all{reinterpret_cast<const char*>(peer.bytes.data()), 16};
      return all.starts_with(mapped_ipv4) ? all.substr(12) : all.substr(0, 8);
    }
  }
  return {};
}

std::shared_ptr<memory_share> client_shares::of(const peer_address& peer) {
  if (shares_.size() >= look_at_) {
    std::erase_if(shares_, [](const auto& each) { return each.second.expired(); });
    look_at_ = 2 * shares_.size() + shares_kept_least;
  }
  std::weak_ptr<memory_share>& known = shares_[client_key(peer)];
  std::shared_ptr<memory_share> share = known.lock();
  if (share == nullptr) {
    share = std::make_shared<memory_share>();
    known = share;
  }
  return share;
}

}  // namespace weir
