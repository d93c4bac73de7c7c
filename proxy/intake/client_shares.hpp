// SPDX-License-Identifier: Apache-2.0
//
// Who shares the memory for requests: all connections of one client address have one share. Pure;
// one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/memory_budget.hpp"
#include "intake/address.hpp"

namespace weir {

/// By what clients share: an IPv4 address, the /64 network of an IPv6 address, and all Unix sockets
/// together.
[[nodiscard]] std::string client_key(const peer_address& peer);

class client_shares {
 public:
  /// The share of an address that has connections.
  [[nodiscard]] std::shared_ptr<memory_share> of(const peer_address& peer);

 private:
  std::unordered_map<std::string, std::weak_ptr<memory_share>> shares_;
  std::size_t look_at_ = 0;
};

}  // namespace weir
