// SPDX-License-Identifier: Apache-2.0
//
// A socket for datagrams, UDP's or a Unix one, that reads many of them a call and knows what the
// kernel dropped: recvmmsg with ancillary data, which libuv does not show. Used by one thread at a
// time; knows no loop.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "intake/address.hpp"
#include "intake/socket_posix.hpp"

namespace weir {

struct udp_socket_options {
  listen_address listen;
  /// Bytes wanted for the kernel's queue.
  std::size_t receive_buffer = std::size_t{4} << 20;
  /// Longer datagrams are cut off.
  std::size_t datagram_bytes_max = std::size_t{64} << 10;
  /// Other sockets of this process have the same port: the kernel gives each sender one of them.
  bool shares_port = false;
};

struct datagram {
  std::string_view bytes;
  /// It was longer than the buffer: its end is missing.
  bool truncated = false;
  peer_address from{};
};

class udp_socket {
 public:
  /// Datagrams read by one call.
  static constexpr std::size_t batch_max = 64;

  [[nodiscard]] static result<udp_socket> open(const udp_socket_options& options);

  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  /// With the port that was taken, if 0 was asked for.
  [[nodiscard]] const listen_address& address() const noexcept { return address_; }
  /// What the kernel grants, as it counts: the datagrams' own bytes take about half of it.
  [[nodiscard]] std::size_t receive_buffer() const noexcept { return receive_buffer_; }

  /// Up to `batch_max` datagrams that are there already; valid until the next call. Fewer than
  /// that: the queue is empty.
  [[nodiscard]] const std::vector<datagram>& receive();
  /// Datagrams that the kernel dropped because the queue was full, as far as is known.
  [[nodiscard]] std::uint64_t kernel_drops() const noexcept { return kernel_drops_; }
  /// Closes the socket: from here on senders get ICMP "port unreachable". The file of a Unix socket
  /// is removed; the destructor leaves it.
  void close();

 private:
  [[nodiscard]] static result<unique_fd> bind_udp(const udp_socket_options& options);
  udp_socket(unique_fd socket, listen_address address, const udp_socket_options& options);
  void note_drops(msghdr& head);
  void note_drops(std::uint32_t seen) noexcept;
  void ask_for_drops();

  unique_fd socket_;
  listen_address address_;
  std::size_t receive_buffer_ = 0;
  std::size_t datagram_bytes_max_ = 0;
  std::vector<char> buffer_;
  std::array<mmsghdr, batch_max> heads_{};
  std::array<iovec, batch_max> pieces_{};
  std::array<sockaddr_storage, batch_max> names_{};
  std::vector<char> control_;
  std::vector<datagram> datagrams_;
  std::uint64_t kernel_drops_ = 0;
  /// The kernel counts in 32 bits.
  std::uint32_t last_drops_ = 0;
};

}  // namespace weir
