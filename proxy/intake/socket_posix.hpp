// SPDX-License-Identifier: Apache-2.0
//
// Opens listening sockets, and says in words why that failed: also which process holds the port.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "intake/address.hpp"

struct sockaddr_storage;

namespace weir {

/// A file descriptor that closes itself.
class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
  unique_fd& operator=(unique_fd&& other) noexcept;
  unique_fd(const unique_fd&) = delete;
  unique_fd& operator=(const unique_fd&) = delete;
  ~unique_fd();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept;

 private:
  int fd_ = -1;
};

struct listening_socket {
  unique_fd socket;
  /// With the port that was taken, if 0 was asked for.
  listen_address address;
};

/// What the kernel calls a sender; unknown if it is of neither IPv4 nor IPv6.
[[nodiscard]] peer_address peer_address_of(const sockaddr_storage& name) noexcept;
/// The other side of a connection.
[[nodiscard]] peer_address peer_of(int socket) noexcept;

/// Binds and listens, non-blocking. The file of a Unix socket on which no process listens is
/// replaced.
[[nodiscard]] result<listening_socket> open_listener(const listen_address& wanted);

enum class port_kind : std::uint8_t { tcp, udp };

/// Why an address could not be taken, and what to do; names who has it.
[[nodiscard]] std::string bind_message(const listen_address& wanted, int error, port_kind kind);
/// Why a host's name could not be looked up (of getaddrinfo), and what to do.
[[nodiscard]] std::string lookup_words(int error);

/// "process 4711 (influxd)", "another process" when its owner is not visible, or "" when no process
/// listens on that port. Linux only: reads /proc.
[[nodiscard]] std::string port_holder(std::uint16_t port, port_kind kind = port_kind::tcp);

}  // namespace weir
