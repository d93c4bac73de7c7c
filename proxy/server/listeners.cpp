// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.hpp"

#include <algorithm>

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
    added.address = std::move(address).value();
    to.push_back(std::move(added));
  }
  return nothing{};
}

}  // namespace

result<std::vector<listener>> make_listeners(const http_settings& http) {
  std::vector<listener> listeners;
  listener model;
  model.unit_ns = http.unit_ns;
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
  return listeners;
}

std::vector<http_listener> to_open(const std::vector<listener>& listeners) {
  std::vector<http_listener> out;
  out.reserve(listeners.size());
  for (const listener& each : listeners) {
    out.push_back({.address = each.address, .transports = each.transports});
  }
  return out;
}

std::string_view key_of_failed(const std::vector<listener>& listeners, std::string_view message) {
  const auto failed = std::find_if(listeners.begin(), listeners.end(), [&](const listener& each) {
    return message.starts_with("cannot listen on " + to_string(each.address) + ":");
  });
  return failed == listeners.end() ? "http.listen" : failed->key;
}

}  // namespace weir
