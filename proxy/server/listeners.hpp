// SPDX-License-Identifier: Apache-2.0
//
// The HTTP listeners as values, made of the configuration once. What is particular to a listener
// stands in its value and is read from there; nothing counts listeners or compares their numbers.
// A listener's users and default database would be members here, its TLS a transport. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "intake/http_intake.hpp"

namespace weir {

struct listener {
  listen_address address{};
  /// The configuration key that names the address.
  std::string_view key{};
  /// What is spoken between the socket and HTTP.
  transport_factory transports = make_plain_transport;
  /// Its clients can do nothing with a 400: a write whose lines were looked at is answered 204,
  /// whatever became of them.
  bool quiet = false;
  /// Nanoseconds in one unit of timestamps where neither request nor database says, or
  /// automatic_unit_ns.
  std::int64_t unit_ns = 1;
};

/// Those of `http.listen`, then those of `http.quiet_listen`. A connection knows its listener by
/// the index in this list (`http::connection_peer::listener`). Fails for an address that cannot be
/// read.
[[nodiscard]] result<std::vector<listener>> make_listeners(const http_settings& http);

/// As the intake opens them.
[[nodiscard]] std::vector<http_listener> to_open(const std::vector<listener>& listeners);

/// The key of the listener that a failure of `http_intake::start` is about.
[[nodiscard]] std::string_view key_of_failed(const std::vector<listener>& listeners,
                                             std::string_view message);

}  // namespace weir
