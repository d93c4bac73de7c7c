// SPDX-License-Identifier: Apache-2.0
//
// What connections of one client address have in common: their share of the memory for requests,
// and how many they are. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/memory_budget.hpp"
#include "intake/address.hpp"

namespace weir {

/// By what clients share: an IPv4 address, the /64 network of an IPv6 address, and all Unix sockets
/// together.
[[nodiscard]] std::string client_key(const peer_address& peer);

/// Shared by the connections of one address, and by nobody else.
struct connection_place {};

class client_shares {
 public:
  /// The share of an address that has connections.
  [[nodiscard]] std::shared_ptr<memory_share> of(const peer_address& peer);
  /// A place among the connections of an address, held as long as the connection is open; nullptr:
  /// `most` are open. Any number where that is 0, and over Unix sockets.
  [[nodiscard]] std::shared_ptr<const connection_place> place_of(const peer_address& peer,
                                                                 std::uint32_t most);

 private:
  struct client {
    std::weak_ptr<memory_share> share;
    std::weak_ptr<const connection_place> place;
  };
  [[nodiscard]] client& find(const peer_address& peer);

  std::unordered_map<std::string, client> clients_;
  std::size_t look_at_ = 0;
};

}  // namespace weir
