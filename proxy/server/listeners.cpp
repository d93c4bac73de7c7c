// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.hpp"

#include <algorithm>

#include "config/socket_mode.hpp"

namespace weir {
namespace {

/// Adds a listener for each of `addresses`; all else is that of `model`.
outcome add_listeners(const std::vector<std::string>& addresses, const listener& model,
                      std::vector<listener>& to) {
  for (const std::string& text : addresses) {
    auto address = parse_listen_address(text);
    if (!address) {
      return address.error();
    }
    listener added = model;
    added.text = text;
    added.address = std::move(address).value();
    added.address.mode = model.address.mode;
    if (added.address.kind == listen_address::family::unix_socket) {
      added.transports = make_plain_transport;
    }
    to.push_back(std::move(added));
  }
  return nothing{};
}

}  // namespace

result<std::vector<listener>> make_listeners(const http_settings& http,
                                             const transport_factory& transports) {
  std::vector<listener> listeners;
  listener model;
  model.transports = transports;
  model.unit_ns = http.unit_ns;
  model.address.mode = socket_mode_of(http.socket_mode);
  model.key = "http.listen";
  model.quiet = http.quiet;
  if (auto added = add_listeners(http.listen, model, listeners); !added) {
    return added.error();
  }
  model.key = "http.quiet_listen";
  model.quiet = true;
  if (auto added = add_listeners(http.quiet_listen, model, listeners); !added) {
    return added.error();
  }
  model.key = "http.admin_listen";
  model.quiet = false;
  model.admin = true;
  if (auto added = add_listeners(http.admin_listen, model, listeners); !added) {
    return added.error();
  }
  return listeners;
}

bool serves(const http_terms& terms, const listener& by, api::right needed) noexcept {
  switch (needed) {
    case api::right::none:
      return true;
    case api::right::read_metrics:
    case api::right::inspect:
    case api::right::administer:
      return by.admin || !terms.admin_apart;
    case api::right::write:
    case api::right::query:
      break;
  }
  return !by.admin;
}

std::shared_ptr<const http_terms> make_http_terms(const settings& configured,
                                                  listener_table listeners) {
  const http_settings& http = configured.http;
  return std::make_shared<const http_terms>(
      http_terms{.listeners = std::move(listeners),
                 .admin = http.admin,
                 .admin_apart = !http.admin_listen.empty(),
                 .body_bytes_max = static_cast<std::size_t>(http.body_limit),
                 .queried = query_servers_of(configured),
                 .unnamed = api::target_named(http.remote_write_database),
                 .users = std::make_shared<const user_book>(configured)});
}

listener_changes change_listeners(const listener_table& open, std::vector<listener> wanted,
                                  std::uint32_t next_number) {
  listener_changes made;
  listener_table left = open;
  for (listener& each : wanted) {
    // A text with port 0 may be there several times: each takes one of those that are open.
    const auto same = std::find_if(left.begin(), left.end(),
                                   [&](const auto& one) { return one.second.text == each.text; });
    if (same != left.end()) {
      made.wanted.emplace(same->first, std::move(each));
      left.erase(same);
    } else {
      made.opened.emplace(next_number, each);
      made.wanted.emplace(next_number++, std::move(each));
    }
  }
  for (const auto& [number, gone] : left) {
    made.removed.push_back(number);
  }
  return made;
}

std::vector<http_listener> to_open(const listener_table& listeners) {
  std::vector<http_listener> out;
  out.reserve(listeners.size());
  for (const auto& [number, each] : listeners) {
    out.push_back({.address = each.address, .transports = each.transports, .number = number});
  }
  return out;
}

std::string_view key_of_failed(const listener_table& listeners, std::string_view message) {
  const auto failed = std::find_if(listeners.begin(), listeners.end(), [&](const auto& each) {
    return message.starts_with("cannot listen on " + to_string(each.second.address) + ":");
  });
  return failed == listeners.end() ? "http.listen" : failed->second.key;
}

}  // namespace weir
