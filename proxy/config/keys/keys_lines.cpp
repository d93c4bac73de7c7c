// SPDX-License-Identifier: Apache-2.0
//
// The rows of [[udp]] and [[tcp]]: the listeners of lines without requests.
#include "config/checks/checks.hpp"
#include "config/keys/key_builders.hpp"
#include "config/socket_mode.hpp"

namespace weir {
namespace {

using std::chrono::hours;

constexpr std::uint64_t kib = std::uint64_t{1} << 10;
constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t sockets_max = 64;

template <class S>
config_key<S> listen_key() {
  return text_key<S>("listen",
                     "\"HOST:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\"; port 0 takes a free one",
                     WEIR_MEMBER(listen), check_listen_address);
}

template <class S>
config_key<S> database_key() {
  return text_key<S>("database", "\"database\" or \"database/retention_policy\" of all its points",
                     WEIR_MEMBER(database), check_udp_database);
}

template <class S>
config_key<S> precision_key() {
  return choice_key<S, std::int64_t>("precision", precisions(), {},
                                     "unit of the timestamps, unless the database has one",
                                     WEIR_MEMBER(unit_ns));
}

template <class S>
config_key<S> socket_mode_key() {
  return text_key<S>("socket_mode", "of the file of a Unix socket: who may connect",
                     WEIR_MEMBER(socket_mode), check_socket_mode);
}

}  // namespace

const std::vector<config_key<udp_settings>>& udp_keys() {
  using S = udp_settings;
  static const std::vector<config_key<S>> keys{
      listen_key<S>(),
      database_key<S>(),
      precision_key<S>(),
      size_key<S>("receive_buffer", {64 * kib, gib},
                  "what the kernel holds while weir is busy; beyond it, it drops datagrams",
                  WEIR_MEMBER(receive_buffer)),
      size_key<S>("datagram_limit", {512, 64 * kib}, "of one datagram; a longer one is dropped",
                  WEIR_MEMBER(datagram_limit)),
      count_key<S>("sockets", {1, sockets_max}, "sockets",
                   "that share the port, each with a thread; a sender always reaches the same one",
                   WEIR_MEMBER(sockets)),
      socket_mode_key<S>(),
  };
  return keys;
}

namespace {

std::vector<config_key<tcp_settings>> make_tcp_keys() {
  using S = tcp_settings;
  std::vector<config_key<S>> keys{
      listen_key<S>(),
      database_key<S>(),
      precision_key<S>(),
      duration_key<S>("idle_timeout", milliseconds{10}, hours{24 * 365},
                      "without a byte, after which a connection is closed",
                      WEIR_MEMBER(idle_timeout)),
      size_key<S>("line_limit", {kib, 64 * mib},
                  "of one line, and no more than limits.line; a longer one is rejected",
                  WEIR_MEMBER(line_limit)),
      count_key<S>("connections", {1, 1'000'000}, "connections",
                   "open at a time; further ones are closed", WEIR_MEMBER(connections)),
      count_key<S>("connections_per_address", {0, 1'000'000}, "connections",
                   "of one client address; further ones are closed. 0: any number",
                   WEIR_MEMBER(connections_per_address)),
      socket_mode_key<S>(),
  };
  add_tls_keys(keys);
  return keys;
}

}  // namespace

const std::vector<config_key<tcp_settings>>& tcp_keys() {
  static const std::vector<config_key<tcp_settings>> keys = make_tcp_keys();
  return keys;
}

}  // namespace weir
