// SPDX-License-Identifier: Apache-2.0
#include "config/sinks/sink_per_address.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config/checks/checks.hpp"

namespace weir {
namespace {

/// What sinks with a server have; null for others.
server_settings* server_of(sink_settings& sink) {
  return std::visit(
      [](auto& kind) -> server_settings* {
        if constexpr (std::is_base_of_v<server_settings, std::decay_t<decltype(kind)>>) {
          return &kind;
        } else {
          return nullptr;
        }
      },
      sink.kind);
}

const server_settings* server_of(const sink_settings& sink) {
  return std::visit(
      [](const auto& kind) -> const server_settings* {
        if constexpr (std::is_base_of_v<server_settings, std::decay_t<decltype(kind)>>) {
          return &kind;
        } else {
          return nullptr;
        }
      },
      sink.kind);
}

/// "HOST:PORT" of an address that check_url has passed.
std::string host_and_port(std::string_view url) {
  const bool secure = url.starts_with("https://");
  url.remove_prefix(url.find("://") + 3);
  const std::string_view authority = url.substr(0, url.find('/'));
  const endpoint at = split_endpoint(authority);
  return at.has_port ? std::string(authority)
                     : fmt::format("{}:{}", authority, secure ? "443" : "80");
}

bool replicates(const server_settings* server) {
  return server != nullptr && server->addresses == address_use::replicate;
}

}  // namespace

std::vector<sink_settings> sink_per_address(const sink_settings& sink) {
  const server_settings* const server = server_of(sink);
  if (!replicates(server) || server->urls.empty()) {
    return {sink};
  }
  std::vector<sink_settings> all;
  for (const std::string& url : server->urls) {
    sink_settings one = sink;
    one.name += "@" + host_and_port(url);
    server_settings& own = *server_of(one);
    own.url = url;
    own.urls.clear();
    all.push_back(std::move(one));
  }
  return all;
}

void check_replicas(const config_node& node, const sink_settings& sink, config_issues& issues) {
  std::set<std::string> names;
  for (const sink_settings& one : sink_per_address(sink)) {
    if (!names.insert(one.name).second) {
      const config_node* const urls = node.find("urls");
      issues.push_back({urls != nullptr ? urls->place : node.place,
                        fmt::format("`sink.urls`: two addresses would both be \"{}\"; with "
                                    "addresses = \"replicate\" each needs a host and port of its "
                                    "own",
                                    one.name)});
    }
  }
}

}  // namespace weir
