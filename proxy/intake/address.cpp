// SPDX-License-Identifier: Apache-2.0
#include "intake/address.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

namespace weir {
namespace {

// sockaddr_un::sun_path holds 108 bytes on Linux, its final NUL included.
constexpr std::size_t unix_path_bytes_max = 107;

failure wrong(std::string_view text, std::string_view why) {
  return {"listen address \"" + std::string(text) + "\": " + std::string(why) +
          R"( (write "HOST:PORT", "[IPv6]:PORT" or "unix:PATH", for example "127.0.0.1:8086"))"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

result<listen_address> parse_listen_address(std::string_view text) {
  listen_address address;
  if (text.starts_with("unix:")) {
    address.kind = listen_address::family::unix_socket;
    address.path = text.substr(5);
    if (address.path.empty() || address.path.size() > unix_path_bytes_max) {
      return wrong(text, "the path must have 1 to 107 bytes");
    }
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return wrong(text, "the port is missing");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong(text, "an IPv6 address stands in brackets");
  }
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) {
    return wrong(text, "the port is a number from 0 to 65535");
  }
  address.host = host;
  address.port = *port;
  return address;
}

std::string to_string(const listen_address& address) {
  if (address.kind == listen_address::family::unix_socket) {
    return "unix:" + address.path;
  }
  const bool brackets = address.host.find(':') != std::string::npos;
  return (brackets ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string to_string(const peer_address& address) {
  if (address.kind == peer_address::family::unknown) {
    return {};
  }
  const bool v6 = address.kind == peer_address::family::ipv6;
  char text[INET6_ADDRSTRLEN];
  if (::inet_ntop(v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text) == nullptr) {
    return {};
  }
  return (v6 ? "[" + std::string(text) + "]" : std::string(text)) + ":" +
         std::to_string(address.port);
}

}  // namespace weir
