// SPDX-License-Identifier: Apache-2.0
//
// What names and addresses are on the real machine.
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "config/own_listener.hpp"

namespace weir {
namespace {

std::string numeric(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> text{};
  const int error =
      ::getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? text.data() : std::string{};
}

std::vector<std::string> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &first) != 0) {
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(first, &::freeaddrinfo);
  std::vector<std::string> out;
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    out.push_back(numeric(each->ai_addr, each->ai_addrlen));
  }
  return out;
}

std::vector<std::string> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    return {};
  }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
  std::vector<std::string> out;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) {
      continue;
    }
    if (each->ifa_addr->sa_family == AF_INET) {
      out.push_back(numeric(each->ifa_addr, sizeof(sockaddr_in)));
    } else if (each->ifa_addr->sa_family == AF_INET6) {
      out.push_back(numeric(each->ifa_addr, sizeof(sockaddr_in6)));
    }
  }
  return out;
}

}  // namespace

machine_names this_machine() {
  return {resolve, own_addresses};
}

}  // namespace weir
