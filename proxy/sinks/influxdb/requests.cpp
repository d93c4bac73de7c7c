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

}  // namespace

transfer_request influxdb_request(const sink_settings& sink, std::string_view path) {
  transfer_request request;
  request.url = sink.url;
  while (request.url.ends_with('/')) {
    request.url.pop_back();
  }
  request.url += path;
  if (!sink.token.empty()) {
    request.headers.push_back("Authorization: Token " + sink.token);
  }
  request.headers.emplace_back(user_agent);
  request.headers.emplace_back(no_expect);
  if (sink.version == 1) {
    request.username = sink.username;
    request.password = sink.password;
  }
  request.timeout = sink.timeout;
  return request;
}

std::string influxdb_write_path(const sink_settings& sink, const lane_key& lane) {
  std::string path;
  if (sink.version == 2) {
    path = "/api/v2/write?org=" + percent_escape(sink.organization) +
           "&bucket=" + percent_escape(bucket_of(sink.bucket, lane));
  } else {
    path = "/write?db=" + percent_escape(lane.database);
    if (!lane.retention_policy.empty()) {
      path += "&rp=" + percent_escape(lane.retention_policy);
    }
  }
  return path + "&precision=ns";
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
