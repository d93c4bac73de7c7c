// SPDX-License-Identifier: Apache-2.0
//
// Requests of InfluxDB 1.x and 2.x. Pure.
#include "sinks/influxdb/influxdb.hpp"

#include <memory>
#include <utility>

#include "base/influxql_identifier.hpp"
#include "base/percent_escape.hpp"
#include "sinks/influxdb/requests.hpp"

namespace weir {
influxdb_deliverer::influxdb_deliverer(const sink_settings& settings, compression_mode compression,
                                       transfer& http)
    : settings_(settings), compression_(compression), http_(http) {}

void influxdb_deliverer::deliver(const batch& what, done on_done) {
  transfer_request request = influxdb_request(settings_, influxdb_write_path(settings_, what.lane));
  auto body = std::make_shared<request_body>(build_body(what, compression_, compressor_));
  request.headers.emplace_back("Content-Type: text/plain; charset=utf-8");
  if (body->gzip) {
    request.headers.emplace_back("Content-Encoding: gzip");
  }
  request.body = body->pieces;
  http_.post(std::move(request), [body, then = std::move(on_done)](http_reply reply) {
    answer given(std::move(reply));
    given.sent_bytes = body->bytes;
    then(std::move(given));
  });
}

void influxdb_deliverer::create_database(const std::string& name, done on_done) {
  transfer_request request = influxdb_request(settings_, "/query");
  request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  const auto form = std::make_shared<std::string>(
      "q=" + percent_escape("CREATE DATABASE " + quoted_identifier(name)));
  request.body = {std::string_view(*form)};
  http_.post(std::move(request), [form, then = std::move(on_done)](http_reply reply) {
    then(answer(std::move(reply)));
  });
}

}  // namespace weir
