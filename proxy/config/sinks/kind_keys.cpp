// SPDX-License-Identifier: Apache-2.0
//
// What kinds of sinks with a server share. Pure.
#include "config/sinks/kind_keys.hpp"

#include <fmt/format.h>

#include "config/secrets.hpp"

namespace weir {

outcome read_server_version(server_settings& server, const config_value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) {
    return wrong_type("the number 1 or 2", value);
  }
  if (*number == 3) {
    return failure{
        "InfluxDB 3 is not supported by this version; use 1 or 2 (it has the write paths of both)"};
  }
  if (*number != 1 && *number != 2) {
    return failure{
        fmt::format("{} is no version of InfluxDB or remote write; use 1 or 2", *number)};
  }
  server.version = static_cast<std::uint32_t>(*number);
  return nothing{};
}

void check_server(const config_node& node, const sink_settings& sink, const server_settings& server,
                  std::string_view example, config_issues& issues) {
  if (node.find("url") == nullptr) {
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
  return {.where = url_without_secret(server.url),
          .url = server.url,
          .secrets = {server.password, server.token},
          .headers = {},
          .plain = {server.username},
          .username = server.username,
          .password = server.password};
}

}  // namespace weir
