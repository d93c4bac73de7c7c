// SPDX-License-Identifier: Apache-2.0
#include "intake/socket_posix.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "intake/unix_socket_posix.hpp"

namespace weir {
namespace {

constexpr int listen_backlog = 1024;
constexpr std::uint16_t privileged_ports_end = 1024;
// include/net/tcp_states.h: LISTEN, and what an unconnected UDP socket has (CLOSE).
constexpr std::string_view tcp_state_listen = "0A";
constexpr std::string_view udp_state_bound = "07";

std::string error_message(int error) {
  return std::strerror(error);
}

/// The inode of the socket that listens on `port` in a table like /proc/net/tcp; "" if none does.
std::string listening_inode(const char* table, std::string_view wanted_state, std::uint16_t port) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // head
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >>
        inode;
    const std::size_t colon = local.rfind(':');
    if (state != wanted_state || colon == std::string::npos) {
      continue;
    }
    if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) == port) {
      return inode;
    }
  }
  return {};
}

bool holds_socket(const std::filesystem::path& process, const std::string& link) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(process / "fd", error)) {
    if (std::filesystem::read_symlink(entry.path(), error) == link) {
      return true;
    }
  }
  return false;
}

result<listening_socket> open_unix(const listen_address& wanted) {
  auto bound = bind_unix_socket(wanted, SOCK_STREAM);
  if (!bound) {
    return bound.error();
  }
  if (::listen(bound.value().get(), listen_backlog) != 0) {
    const int error = errno;
    ::unlink(wanted.path.c_str());
    return failure{"cannot listen on " + to_string(wanted) + ": " + error_message(error)};
  }
  return listening_socket{std::move(bound).value(), wanted};
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return 0;
  }
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&name)->sin6_port
                                          : reinterpret_cast<const sockaddr_in*>(&name)->sin_port);
}

failure bind_failure(const listen_address& wanted, int error) {
  return {"cannot listen on " + to_string(wanted) + ": " +
          bind_message(wanted, error, port_kind::tcp)};
}

result<listening_socket> open_tcp(const listen_address& wanted) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* resolved = nullptr;
  const std::string port = std::to_string(wanted.port);
  const int error = ::getaddrinfo(wanted.host.empty() ? nullptr : wanted.host.c_str(), port.c_str(),
                                  &hints, &resolved);
  if (error != 0) {
    return failure{"cannot listen on " + to_string(wanted) + ": " + lookup_words(error)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(resolved, &::freeaddrinfo);

  unique_fd socket(::socket(resolved->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                            resolved->ai_protocol));
  const int on = 1;
  if (socket.get() < 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), resolved->ai_addr, resolved->ai_addrlen) != 0 ||
      ::listen(socket.get(), listen_backlog) != 0) {
    return bind_failure(wanted, errno);
  }
  listen_address taken = wanted;
  taken.port = bound_port(socket.get());
  return listening_socket{std::move(socket), std::move(taken)};
}

}  // namespace

unique_fd& unique_fd::operator=(unique_fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = other.release();
  }
  return *this;
}

unique_fd::~unique_fd() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

int unique_fd::release() noexcept {
  return std::exchange(fd_, -1);
}

peer_address peer_address_of(const sockaddr_storage& name) noexcept {
  peer_address peer;
  if (name.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name);
    peer.kind = peer_address::family::ipv4;
    std::memcpy(peer.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    peer.port = ntohs(v4.sin_port);
  } else if (name.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name);
    const std::uint8_t* const bytes = v6.sin6_addr.s6_addr;
    peer.port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      peer.kind = peer_address::family::ipv4;
      std::copy(bytes + 12, bytes + 16, peer.bytes.begin());
    } else {
      peer.kind = peer_address::family::ipv6;
      std::copy(bytes, bytes + 16, peer.bytes.begin());
    }
  }
  return peer;
}

peer_address peer_of(int socket) noexcept {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  return ::getpeername(socket, reinterpret_cast<sockaddr*>(&name), &size) == 0
             ? peer_address_of(name)
             : peer_address{};
}

result<listening_socket> open_listener(const listen_address& wanted) {
  return wanted.kind == listen_address::family::unix_socket ? open_unix(wanted) : open_tcp(wanted);
}

std::string lookup_words(int error) {
  return std::string(::gai_strerror(error)) +
         "; write an address of this machine, such as 127.0.0.1 or 0.0.0.0 (all of them)";
}

std::string bind_message(const listen_address& wanted, int error, port_kind kind) {
  switch (error) {
    case EADDRINUSE: {
      const std::string holder = port_holder(wanted.port, kind);
      return "the port is in use by " + (holder.empty() ? "another process" : holder) +
             "; stop it, or set another address";
    }
    case EACCES:
      return error_message(error) + (wanted.port > 0 && wanted.port < privileged_ports_end
                                         ? "; ports below 1024 are for root: take a higher one, or "
                                           "give the unit AmbientCapabilities=CAP_NET_BIND_SERVICE"
                                         : "");
    case EADDRNOTAVAIL:
      return error_message(error) + ": this machine has no address " + wanted.host +
             "; `ip address` lists those that it has, and 0.0.0.0 or [::] stands for all of them";
    case EAFNOSUPPORT:
      return error_message(error) + ": this machine has no IPv6; take an IPv4 address";
    case EMFILE:
    case ENFILE:
      return error_message(error) +
             "; raise the limit of open files (ulimit -n, or LimitNOFILE of the unit)";
    default:
      return error_message(error);
  }
}

std::string port_holder(std::uint16_t port, port_kind kind) {
  const bool tcp = kind == port_kind::tcp;
  const std::string_view state = tcp ? tcp_state_listen : udp_state_bound;
  std::string inode = listening_inode(tcp ? "/proc/net/tcp" : "/proc/net/udp", state, port);
  if (inode.empty()) {
    inode = listening_inode(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", state, port);
  }
  if (inode.empty()) {
    return {};
  }
  const std::string link = "socket:[" + inode + "]";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos ||
        !holds_socket(entry.path(), link)) {
      continue;
    }
    std::ifstream file(entry.path() / "comm");
    std::string name;
    std::getline(file, name);
    std::string text = "process ";
    text.append(pid).append(" (").append(name).append(")");
    return text;
  }
  return "another process";
}

}  // namespace weir
