// SPDX-License-Identifier: Apache-2.0
#include "intake/client_shares.hpp"

namespace weir {
namespace {

constexpr std::size_t clients_kept_least = 64;

}  // namespace

std::string client_key(const peer_address& peer) {
  switch (peer.kind) {
    case peer_address::family::unknown:
      break;
    case peer_address::family::ipv4:
      return {reinterpret_cast<const char*>(peer.bytes.data()), 4};
    case peer_address::family::ipv6:
      return {reinterpret_cast<const char*>(peer.bytes.data()), 8};
  }
  return {};
}

client_shares::client& client_shares::find(const peer_address& peer) {
  if (clients_.size() >= look_at_) {
    std::erase_if(clients_, [](const auto& each) {
      return each.second.share.expired() && each.second.place.expired();
    });
    look_at_ = 2 * clients_.size() + clients_kept_least;
  }
  return clients_[client_key(peer)];
}

std::shared_ptr<memory_share> client_shares::of(const peer_address& peer) {
  std::weak_ptr<memory_share>& known = find(peer).share;
  std::shared_ptr<memory_share> share = known.lock();
  if (share == nullptr) {
    share = std::make_shared<memory_share>();
    known = share;
  }
  return share;
}

std::shared_ptr<const connection_place> client_shares::place_of(const peer_address& peer,
                                                                std::uint32_t most) {
  std::weak_ptr<const connection_place>& known = find(peer).place;
  const bool bounded = most > 0 && peer.kind != peer_address::family::unknown;
  if (bounded && static_cast<std::uint64_t>(known.use_count()) >= most) {
    return nullptr;
  }
  std::shared_ptr<const connection_place> place = known.lock();
  if (place == nullptr) {
    place = std::make_shared<const connection_place>();
    known = place;
  }
  return place;
}

}  // namespace weir
