// SPDX-License-Identifier: Apache-2.0
#include "server/open_files_posix.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace weir {
namespace {

// Of the process, of the log with its segments and of the dead letters; of a loop (its epoll,
// wake-ups and pipes); of a sink (its loop, a file, and the requests that it has under way).
constexpr std::uint64_t of_process = 32;
constexpr std::uint64_t of_loop = 6;
constexpr std::uint64_t of_sink = 16;

constexpr std::string_view remedy =
    "raise it with ulimit -n, or LimitNOFILE of the unit (systemctl edit weir)";

}  // namespace

std::uint64_t open_files_least(const settings& configured, std::uint32_t loops) {
  std::uint64_t sockets = configured.tcp.size();
  for (const udp_settings& each : configured.udp) {
    sockets += each.sockets;
  }
  const std::uint64_t listeners = configured.http.listen.size() +
                                  configured.http.quiet_listen.size() +
                                  configured.http.admin_listen.size() + sockets * of_loop;
  return of_process + loops * of_loop + configured.sinks.size() * of_sink + listeners;
}

std::string open_files_warning(const settings& configured, std::uint64_t limit,
                               std::uint64_t least) {
  std::uint64_t connections = configured.http.connections;
  std::string keys = fmt::format("http.connections = {}", connections);
  for (const tcp_settings& each : configured.tcp) {
    connections += each.connections;
    keys += fmt::format(" and tcp.connections = {} of {}", each.connections, each.listen);
  }
  if (limit >= least + connections) {
    return {};
  }
  return fmt::format(
      "the limit of open files is {}, which does not do for {}: "
      "beyond about {} connections further ones wait; {} to {}, or lower {}",
      limit, keys, limit - least, remedy, least + connections,
      configured.tcp.empty() ? "http.connections" : "these");
}

result<std::string> raise_open_files(const settings& configured) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return std::string{};
  }
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
      limit = raised;
    }
  }
  const std::uint32_t loops = configured.http.loops > 0
                                  ? configured.http.loops
                                  : std::max(1U, std::thread::hardware_concurrency());
  const std::uint64_t least = open_files_least(configured, loops);
  if (limit.rlim_cur < least) {
    return failure{
        fmt::format("the limit of open files is {}, and weir needs {} before its first "
                    "connection: {}",
                    limit.rlim_cur, least, remedy)};
  }
  return open_files_warning(configured, limit.rlim_cur, least);
}

}  // namespace weir
