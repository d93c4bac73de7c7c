// SPDX-License-Identifier: Apache-2.0
//
// Addresses and credentials of InfluxDB. Pure.
#include "sinks/influxdb/requests.hpp"

#include "base/percent_escape.hpp"

namespace weir {
namespace {

constexpr std::string_view user_agent = "User-Agent: weir/" WEIR_VERSION;
/// An empty value keeps curl from adding the header: waiting for "100 Continue" costs a round trip.
constexpr std::string_view no_expect = "Expect:";
/// InfluxDB 3 lists every line that it refuses, and older ones of it in full length.
constexpr std::size_t answer_bytes_of_3 = std::size_t{16} << 20;

}  // namespace

transfer_request influxdb_request(const influxdb_settings& server, std::string_view path) {
  transfer_request request;
  request.url = server.url;
  while (request.url.ends_with('/')) {
    request.url.pop_back();
  }
  request.url += path;
  if (!server.token.empty()) {
    request.headers.push_back(
        (server.version == 3 ? "Authorization: Bearer " : "Authorization: Token ") + server.token);
  }
  request.headers.emplace_back(user_agent);
  request.headers.emplace_back(no_expect);
  if (server.version == 1) {
    request.username = server.username;
    request.password = server.password;
  }
  request.timeout = server.timeout;
  if (server.version == 3) {
    request.answer_bytes_max = answer_bytes_of_3;
  }
  return request;
}

std::string influxdb_write_path(const influxdb_settings& server, const lane_key& lane) {
  if (server.version == 3) {
    return "/api/v3/write_lp?db=" + percent_escape(database_of(server.bucket, lane)) +
           "&precision=nanosecond&accept_partial=true";
  }
  std::string path;
  if (server.version == 2) {
    path = "/api/v2/write?org=" + percent_escape(server.organization) +
           "&bucket=" + percent_escape(bucket_of(server.bucket, lane));
  } else {
    path = "/write?db=" + percent_escape(lane.database);
    if (!lane.retention_policy.empty()) {
      path += "&rp=" + percent_escape(lane.retention_policy);
    }
  }
  return path + "&precision=ns";
}

std::string database_of(std::string_view pattern, const lane_key& lane) {
  const bool is_default = lane.retention_policy == "autogen" || lane.retention_policy == "default";
  return bucket_of(pattern, is_default ? lane_key{lane.database, {}} : lane);
}

std::string bucket_of(std::string_view pattern, const lane_key& lane) {
  if (pattern.empty()) {
    return lane.retention_policy.empty() ? lane.database
                                         : lane.database + "/" + lane.retention_policy;
  }
  constexpr std::string_view database = "{database}";
  constexpr std::string_view policy = "{retention_policy}";
  std::string out;
  while (!pattern.empty()) {
    if (pattern.starts_with(database)) {
      out += lane.database;
      pattern.remove_prefix(database.size());
    } else if (pattern.starts_with(policy)) {
      out += lane.retention_policy;
      pattern.remove_prefix(policy.size());
    } else {
      out += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace weir
