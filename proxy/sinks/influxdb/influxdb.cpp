// SPDX-License-Identifier: Apache-2.0
//
// Requests of InfluxDB 1.x and 2.x. Pure.
#include "sinks/influxdb/influxdb.hpp"

#include <memory>
#include <utility>

#include "sinks/escape.hpp"

namespace weir {
namespace {

constexpr std::string_view user_agent = "User-Agent: weir/" WEIR_VERSION;
/// An empty value keeps curl from adding the header: waiting for "100 Continue" costs a round trip.
constexpr std::string_view no_expect = "Expect:";

std::string without_end_slashes(std::string url) {
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

}  // namespace

std::string quoted_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char letter : name) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (letter == '\n') {
      out += "\\n";
    } else {
      out += letter;
    }
  }
  return out + '"';
}

std::string bucket_of(std::string_view wanted, const lane_key& lane) {
  if (wanted.empty()) {
    return lane.retention_policy.empty() ? lane.database
                                         : lane.database + "/" + lane.retention_policy;
  }
  constexpr std::string_view database = "{database}";
  constexpr std::string_view policy = "{retention_policy}";
  std::string out;
  while (!wanted.empty()) {
    if (wanted.starts_with(database)) {
      out += lane.database;
      wanted.remove_prefix(database.size());
    } else if (wanted.starts_with(policy)) {
      out += lane.retention_policy;
      wanted.remove_prefix(policy.size());
    } else {
      out += wanted.front();
      wanted.remove_prefix(1);
    }
  }
  return out;
}

influxdb_deliverer::influxdb_deliverer(const sink_settings& settings, compression_mode compression,
                                       transfer& http)
    : url_(without_end_slashes(settings.url)),
      version_(settings.version),
      username_(settings.username),
      password_(settings.password),
      token_(settings.token),
      organization_(settings.organization),
      bucket_(settings.bucket),
      timeout_(settings.timeout),
      compression_(compression),
      http_(http) {}

transfer_request influxdb_deliverer::request_to(std::string path) const {
  transfer_request request;
  request.url = url_ + std::move(path);
  request.headers = {std::string(user_agent), std::string(no_expect)};
  request.username = username_;
  request.password = password_;
  if (!token_.empty()) {
    request.headers.push_back("Authorization: Token " + token_);
  }
  request.timeout = timeout_;
  return request;
}

std::string influxdb_deliverer::write_path_for(const lane_key& lane) const {
  std::string path;
  if (version_ == 2) {
    path = "/api/v2/write?org=" + percent_escape(organization_) +
           "&bucket=" + percent_escape(bucket_of(bucket_, lane));
  } else {
    path = "/write?db=" + percent_escape(lane.database);
    if (!lane.retention_policy.empty()) {
      path += "&rp=" + percent_escape(lane.retention_policy);
    }
  }
  return path + "&precision=ns";
}

void influxdb_deliverer::deliver(const batch& what, done on_done) {
  transfer_request request = request_to(write_path_for(what.lane));
  auto body = std::make_shared<request_body>(build_body(what, compression_, compressor_));
  request.headers.emplace_back("Content-Type: text/plain; charset=utf-8");
  if (body->gzip) {
    request.headers.emplace_back("Content-Encoding: gzip");
  }
  request.body = body->pieces;
  http_.post(std::move(request), [body, then = std::move(on_done)](answer given) {
    given.sent_bytes = body->bytes;
    then(std::move(given));
  });
}

void influxdb_deliverer::create_database(const std::string& name, done on_done) {
  transfer_request request = request_to("/query");
  request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  const auto form = std::make_shared<std::string>(
      "q=" + percent_escape("CREATE DATABASE " + quoted_identifier(name)));
  request.body = {std::string_view(*form)};
  http_.post(std::move(request),
             [form, then = std::move(on_done)](answer given) { then(std::move(given)); });
}

}  // namespace weir
