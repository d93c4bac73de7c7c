// SPDX-License-Identifier: Apache-2.0
//
// The HTTP listeners as values, made of the configuration. What is particular to a listener
// stands in its value and is read from there; nothing counts listeners or compares their numbers.
// A listener's default database would be a member here. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/routes.hpp"
#include "api/write_dialect.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "intake/http_intake.hpp"
#include "server/passing/query_servers.hpp"
#include "users/user_book.hpp"

namespace weir {

struct listener {
  /// As the configuration writes it.
  std::string text{};
  listen_address address{};
  /// The configuration key that names the address.
  std::string_view key{};
  /// What is spoken between the socket and HTTP.
  transport_factory transports = make_plain_transport;
  /// Its clients can do nothing with a 400: a write whose lines were looked at is answered 204,
  /// whatever became of them.
  bool quiet = false;
  /// Serves what administers weir and tells of it, and nothing else.
  bool admin = false;
  /// Nanoseconds in one unit of timestamps where neither request nor database says, or
  /// automatic_unit_ns.
  std::int64_t unit_ns = 1;
};

/// By their numbers, by which connections know them (`http::connection_peer::listener`).
using listener_table = std::map<std::uint32_t, listener>;

/// What of the configuration the answers to requests depend on, beside what writes do
/// (ingest/write_terms.hpp). A reload publishes another one.
struct http_terms {
  /// Those that are open, and those that are closed but have connections.
  listener_table listeners;
  admin_access admin = admin_access::loopback;
  /// Listeners of their own serve what administers weir, and the others do not.
  bool admin_apart = false;
  /// Of a body that is decoded after it was received.
  std::size_t body_bytes_max = 25'000'000;
  /// The servers that are asked for points.
  std::vector<query_server> queried{};
  /// Where a write goes whose dialect may leave the database out, and whose request does.
  api::write_target unnamed = api::target_named("prometheus");
  /// Empty: everybody may do everything.
  std::shared_ptr<const user_book> users = nullptr;
};

/// Those of `http.listen`, of `http.quiet_listen` and of `http.admin_listen`. All but Unix sockets
/// speak by `transports`. Fails for an address that cannot be read.
[[nodiscard]] result<std::vector<listener>> make_listeners(
    const http_settings& http, const transport_factory& transports = make_plain_transport);

/// What becomes of listeners when the configuration changes.
struct listener_changes {
  /// All that are wanted. One that was there before, by its text, keeps its number.
  listener_table wanted;
  /// Of `wanted`, those to be opened.
  listener_table opened;
  /// Numbers of those that were there before and are not wanted.
  std::vector<std::uint32_t> removed;
};

/// `open` are those that are open now; new ones are numbered from `next_number` on.
[[nodiscard]] listener_changes change_listeners(const listener_table& open,
                                                std::vector<listener> wanted,
                                                std::uint32_t next_number);

/// Whether a route is served by a listener: where some are for administration, these serve it
/// alone.
[[nodiscard]] bool serves(const http_terms& terms, const listener& by, api::right needed) noexcept;

/// What of the configuration is in force with these listeners.
[[nodiscard]] std::shared_ptr<const http_terms> make_http_terms(const settings& configured,
                                                                listener_table listeners);

/// As the intake opens them.
[[nodiscard]] std::vector<http_listener> to_open(const listener_table& listeners);

/// The key of the listener that a failure of `http_intake::open` is about.
[[nodiscard]] std::string_view key_of_failed(const listener_table& listeners,
                                             std::string_view message);

}  // namespace weir
