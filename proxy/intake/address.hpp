// SPDX-License-Identifier: Apache-2.0
//
// Where a listener listens, as an operator writes it. Pure: nothing is resolved or opened here.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

struct listen_address {
  enum class family : std::uint8_t { tcp, unix_socket };
  family kind = family::tcp;
  /// A host name, an IPv4 or an IPv6 address (without brackets); empty: all addresses.
  std::string host;
  /// 0: the system chooses.
  std::uint16_t port = 0;
  /// Path of a Unix socket.
  std::string path;
  /// Who may connect to it, as the mode of its file.
  std::uint32_t mode = 0660;
};

/// Reads "HOST:PORT", "[IPv6]:PORT", ":PORT" or "unix:PATH".
[[nodiscard]] result<listen_address> parse_listen_address(std::string_view text);

/// The same form again.
[[nodiscard]] std::string to_string(const listen_address& address);

/// Who sent something over a network, as cheap to copy as to ask for. An IPv4 address is one by way
/// of an IPv6 socket, too.
struct peer_address {
  enum class family : std::uint8_t { unknown, ipv4, ipv6 };
  family kind = family::unknown;
  /// In the order of the network; of IPv4 the first four.
  std::array<std::uint8_t, 16> bytes{};
  std::uint16_t port = 0;
};

/// "192.0.2.1:4711" or "[2001:db8::1]:4711"; empty if it is unknown.
[[nodiscard]] std::string to_string(const peer_address& address);

}  // namespace weir
