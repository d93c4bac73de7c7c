// SPDX-License-Identifier: Apache-2.0
#include "intake/udp_socket_posix.hpp"

#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "intake/unix_socket_posix.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

// Slots a power of two apart would share the same few sets of the caches.
constexpr std::size_t slot_skew_bytes = 192;
constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(std::uint32_t));

failure open_failure(const listen_address& wanted, int error) {
  return {"cannot listen on udp " + to_string(wanted) + ": " +
          bind_message(wanted, error, port_kind::udp)};
}

int set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value);
}

void raise_receive_buffer(int fd, std::size_t wanted) {
  const int bytes = static_cast<int>(wanted);
  // With CAP_NET_ADMIN the sysctl's limit does not apply.
  if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) != 0) {
    [[maybe_unused]] const int limited = set_option(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }
}

/// What the kernel grants of it, in its own way of counting.
std::size_t receive_buffer_of(int fd) {
  int granted = 0;
  socklen_t size = sizeof granted;
  if (::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size) != 0 || granted < 0) {
    return 0;
  }
  return static_cast<std::size_t>(granted);
}

void tell_small_buffer(const listen_address& where, std::size_t wanted, std::size_t granted) {
  // Linux doubles what is asked for, to have room for its own book-keeping.
  journal(journal_level::warning,
          "udp " + to_string(where) + ": the kernel grants " + std::to_string(granted / 2) +
              " bytes of receive_buffer instead of " + std::to_string(wanted) +
              " and will drop datagrams in bursts; raise its limit: sysctl -w net.core.rmem_max=" +
              std::to_string(wanted));
}

listen_address taken_address(int fd, listen_address wanted) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0) {
    wanted.port =
        ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&name)->sin6_port
                                         : reinterpret_cast<const sockaddr_in*>(&name)->sin_port);
  }
  return wanted;
}

}  // namespace

udp_socket::udp_socket(unique_fd socket, listen_address address, const udp_socket_options& options)
    : socket_(std::move(socket)),
      address_(std::move(address)),
      datagram_bytes_max_(options.datagram_bytes_max),
      buffer_(batch_max * (options.datagram_bytes_max + slot_skew_bytes)),
      control_(batch_max * control_bytes) {
  datagrams_.reserve(batch_max);
}

result<unique_fd> udp_socket::bind_udp(const udp_socket_options& options) {
  const listen_address& wanted = options.listen;
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* resolved = nullptr;
  const std::string port = std::to_string(wanted.port);
  const int error = ::getaddrinfo(wanted.host.empty() ? nullptr : wanted.host.c_str(), port.c_str(),
                                  &hints, &resolved);
  if (error != 0) {
    return failure{"cannot listen on udp " + to_string(wanted) + ": " + lookup_words(error)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(resolved, &::freeaddrinfo);
  unique_fd fd(::socket(resolved->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                        resolved->ai_protocol));
  if (fd.get() < 0 ||
      (options.shares_port && set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1) != 0)) {
    return open_failure(wanted, errno);
  }
  // Before the socket has an address, so that not even the first burst meets a small buffer.
  raise_receive_buffer(fd.get(), options.receive_buffer);
  // A kernel without the counter only leaves it at 0.
  [[maybe_unused]] const int counted = set_option(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (::bind(fd.get(), resolved->ai_addr, resolved->ai_addrlen) != 0) {
    return open_failure(wanted, errno);
  }
  return fd;
}

result<udp_socket> udp_socket::open(const udp_socket_options& options) {
  const bool is_unix = options.listen.kind == listen_address::family::unix_socket;
  auto bound = is_unix ? bind_unix_socket(options.listen, SOCK_DGRAM) : bind_udp(options);
  if (!bound) {
    return bound.error();
  }
  unique_fd fd = std::move(bound).value();
  const std::size_t granted = receive_buffer_of(fd.get());
  listen_address taken = is_unix ? options.listen : taken_address(fd.get(), options.listen);
  // Of a Unix socket nothing is dropped: its sender waits.
  if (!is_unix && granted / 2 < options.receive_buffer) {
    tell_small_buffer(taken, options.receive_buffer, granted);
  }
  udp_socket opened(std::move(fd), std::move(taken), options);
  opened.receive_buffer_ = granted;
  return opened;
}

void udp_socket::close() {
  if (fd() >= 0 && address_.kind == listen_address::family::unix_socket) {
    ::unlink(address_.path.c_str());
  }
  socket_ = unique_fd{};
}

const std::vector<datagram>& udp_socket::receive() {
  const std::size_t slot_bytes = datagram_bytes_max_ + slot_skew_bytes;
  for (std::size_t i = 0; i < batch_max; ++i) {
    pieces_[i] = {.iov_base = buffer_.data() + i * slot_bytes, .iov_len = datagram_bytes_max_};
    msghdr& head = heads_[i].msg_hdr;
    head = {};
    head.msg_name = &names_[i];
    head.msg_namelen = sizeof names_[i];
    head.msg_iov = &pieces_[i];
    head.msg_iovlen = 1;
    head.msg_control = control_.data() + i * control_bytes;
    head.msg_controllen = control_bytes;
  }
  datagrams_.clear();
  int count = 0;
  do {
    count = ::recvmmsg(fd(), heads_.data(), batch_max, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    datagrams_.push_back({{static_cast<const char*>(pieces_[at].iov_base), heads_[at].msg_len},
                          (heads_[at].msg_hdr.msg_flags & MSG_TRUNC) != 0,
                          peer_address_of(names_[at])});
  }
  if (count > 0) {
    note_drops(heads_[static_cast<std::size_t>(count) - 1].msg_hdr);
  }
  if (datagrams_.size() < batch_max) {
    // What was dropped after the last datagram was queued is not written on any datagram.
    ask_for_drops();
  }
  return datagrams_;
}

void udp_socket::note_drops(msghdr& head) {
  for (cmsghdr* at = CMSG_FIRSTHDR(&head); at != nullptr; at = CMSG_NXTHDR(&head, at)) {
    if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SO_RXQ_OVFL) {
      std::uint32_t seen = 0;
      std::memcpy(&seen, CMSG_DATA(at), sizeof seen);
      note_drops(seen);
    }
  }
}

void udp_socket::ask_for_drops() {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0 && size == sizeof info) {
    note_drops(info[SK_MEMINFO_DROPS]);
  }
}

void udp_socket::note_drops(std::uint32_t seen) noexcept {
  const std::uint32_t more = seen - last_drops_;
  // A datagram's note may be older than what was asked for since: then the difference is
  // "negative".
  if (more <= std::uint32_t{1} << 31) {
    kernel_drops_ += more;
    last_drops_ = seen;
  }
}

}  // namespace weir
