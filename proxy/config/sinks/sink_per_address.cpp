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

/// The sink of one address of `sink`.
sink_settings at_address(const sink_settings& sink, const std::string& name,
                         const std::string& url) {
  sink_settings one = sink;
  one.name = fmt::format("{}@{}", sink.name, name);
  server_settings& own = *server_of(one);
  own.url = url;
  own.urls.clear();
  return one;
}

}  // namespace

std::vector<sink_settings> sink_per_address(const sink_settings& sink) {
  const server_settings* const server = server_of(sink);
  if (server == nullptr || server->addresses == address_use::failover || sink.shard) {
    return {sink};
  }
  const bool shards = server->addresses == address_use::shard;
  std::vector<std::string> urls = server->urls;
  if (urls.empty() && shards) {
    urls.push_back(server->url);  // so that a second one finds what the first has
  }
  if (urls.empty()) {
    return {sink};
  }
  shard_settings group{.group = sink.name, .own = {}, .all = {}};
  for (const std::string& url : urls) {
    group.all.push_back({host_and_port(url), url});
  }
  std::vector<sink_settings> all;
  for (const shard_settings::address& each : group.all) {
    all.push_back(at_address(sink, each.name, each.url));
    if (shards) {
      group.own = each.name;
      all.back().shard = group;
    }
  }
  return all;
}

std::vector<sink_settings> sinks_as_written(const std::vector<sink_settings>& sinks) {
  std::vector<sink_settings> all;
  for (const sink_settings& sink : sinks) {
    if (!sink.shard) {
      all.push_back(sink);
    } else if (sink.shard->own == sink.shard->all.front().name) {
      all.push_back(sink);
      sink_settings& whole = all.back();
      server_settings& server = *server_of(whole);
      for (const shard_settings::address& each : sink.shard->all) {
        server.urls.push_back(each.url);
      }
      server.url = server.urls.front();
      whole.name = sink.shard->group;
      whole.shard.reset();
    }
  }
  return all;
}

sink_settings leaving_sink(const sink_settings& member, const shard_settings::address& address) {
  sink_settings whole = member;
  whole.name = member.shard->group;
  sink_settings one = at_address(whole, address.name, address.url);
  one.shard->own = address.name;
  one.shard->leaves = true;
  one.required = false;
  return one;
}

removed_address_use removed_addresses_of(const sink_settings& member) {
  return server_of(member)->removed_addresses;
}

void check_replicas(const config_node& node, const sink_settings& sink, config_issues& issues) {
  std::set<std::string> names;
  for (const sink_settings& one : sink_per_address(sink)) {
    if (!names.insert(one.name).second) {
      const config_node* const urls = node.find("urls");
      issues.push_back({urls != nullptr ? urls->place : node.place,
                        fmt::format("`sink.urls`: two addresses would both be \"{}\"; with "
                                    "addresses = \"{}\" each needs a host and port of its own",
                                    one.name, one.shard ? "shard" : "replicate")});
    }
  }
}

}  // namespace weir
