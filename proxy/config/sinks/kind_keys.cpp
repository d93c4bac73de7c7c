// SPDX-License-Identifier: Apache-2.0
//
// What kinds of sinks with a server share. Pure.
#include "config/sinks/kind_keys.hpp"

#include <fmt/format.h>

#include <utility>

#include "config/secrets.hpp"

namespace weir {

outcome read_url(server_settings& server, const std::string& url) {
  if (!server.urls.empty() && url != server.urls.front()) {
    return failure{"`sink.url` and `sink.urls` name different servers; give one of both"};
  }
  server.url = url;
  return nothing{};
}

outcome read_urls(server_settings& server, std::vector<std::string> urls) {
  if (urls.empty()) {
    server.urls.clear();
    return nothing{};
  }
  if (!server.url.empty() && server.urls.empty() && server.url != urls.front()) {
    return failure{"`sink.url` and `sink.urls` name different servers; give one of both"};
  }
  server.url = urls.front();
  server.urls = std::move(urls);
  return nothing{};
}

outcome read_server_version(server_settings& server, const config_value& value,
                            const spoken_versions& spoken) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) {
    return wrong_type(fmt::format("the number {}", spoken.known), value);
  }
  if (*number < 1 || *number > spoken.newest) {
    return failure{fmt::format("{} is no version of {}; use {}", *number, spoken.of, spoken.known)};
  }
  server.version = static_cast<std::uint32_t>(*number);
  return nothing{};
}

void check_server(const config_node& node, const sink_settings& sink, const server_settings& server,
                  std::string_view example, config_issues& issues) {
  if (server.url.empty() && node.find("url") == nullptr) {
    issues.push_back({node.place, fmt::format("sink \"{}\" has no url; write url = \"{}\", for "
                                              "example",
                                              sink.name, example)});
  }
  if (!server.token.empty() && !server.username.empty()) {
    issues.push_back({node.find("token")->place,
                      "`sink.token` and `sink.username` exclude each other; give one"});
  }
}

sink_texts server_texts(const server_settings& server) {
  std::string where = url_without_secret(server.url);
  for (std::size_t i = 1; i < server.urls.size(); ++i) {
    where += " or " + url_without_secret(server.urls[i]);
  }
  return {.where = std::move(where),
          .urls = server.urls.empty() ? std::vector{server.url} : server.urls,
          .secrets = {server.password, server.token},
          .headers = {},
          .plain = {server.username},
          .username = server.username,
          .password = server.password};
}

}  // namespace weir
