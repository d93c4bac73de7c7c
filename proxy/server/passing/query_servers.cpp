// SPDX-License-Identifier: Apache-2.0
#include "server/passing/query_servers.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "codec/base64.hpp"

namespace weir {
namespace {

constexpr std::chrono::milliseconds connect_timeout_max{10'000};

std::string without_slash(std::string url) {
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

std::string authorization_of(const influxdb_settings& sink) {
  if (!sink.token.empty()) {
    return (sink.version == 3 ? "Bearer " : "Token ") + sink.token;
  }
  std::string text;
  if (!sink.username.empty()) {
    text = "Basic ";
    append_base64(sink.username + ":" + sink.password, text);
  }
  return text;
}

const query_server* of_version(const std::vector<query_server>& servers, std::uint32_t version) {
  const auto found = std::find_if(servers.begin(), servers.end(), [&](const query_server& each) {
    return each.version == version;
  });
  return found == servers.end() ? nullptr : &*found;
}

}  // namespace

std::vector<query_server> query_servers_of(const settings& configured) {
  std::vector<query_server> out;
  for (const sink_settings& sink : configured.sinks) {
    const auto* const influxdb = sink.as<influxdb_settings>();
    if (influxdb == nullptr || !influxdb->query) {
      continue;
    }
    query_server one{.sink = sink.name,
                     .version = influxdb->version,
                     .databases = sink.databases,
                     .organization = influxdb->version == 2 ? influxdb->organization : "",
                     .connect_timeout = std::min(influxdb->timeout, connect_timeout_max),
                     .authorization = authorization_of(*influxdb)};
    for (const std::string& url :
         influxdb->urls.empty() ? std::vector<std::string>{influxdb->url} : influxdb->urls) {
      one.urls.push_back(without_slash(url));
    }
    out.push_back(std::move(one));
  }
  return out;
}

const query_server* server_with(const std::vector<query_server>& servers,
                                std::string_view database) {
  const auto found = std::find_if(servers.begin(), servers.end(), [&](const query_server& each) {
    return database.empty() || matches_patterns(each.databases, database);
  });
  return found == servers.end() ? nullptr : &*found;
}

bool has_version(const std::vector<query_server>& servers, std::uint32_t version) {
  return of_version(servers, version) != nullptr;
}

const query_server* server_for_path(const std::vector<query_server>& servers,
                                    std::string_view path) {
  if (path.starts_with("/api/v3/")) {
    return of_version(servers, 3);
  }
  if (!path.starts_with("/api/v2/")) {
    return of_version(servers, 1);
  }
  const query_server* const own = of_version(servers, 2);
  // InfluxDB 1.8 has a part of these, too.
  const bool shared = path == "/api/v2/query" || path == "/api/v2/delete";
  return own != nullptr || !shared ? own : of_version(servers, 1);
}

}  // namespace weir
