// SPDX-License-Identifier: Apache-2.0
//
// Writes and creations of databases. Pure.
#include "sinks/influxdb/influxdb_target.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/influxql_identifier.hpp"
#include "base/one_line.hpp"
#include "base/percent_escape.hpp"
#include "observe/journal.hpp"
#include "sinks/influxdb/answers.hpp"
#include "sinks/influxdb/requests.hpp"

namespace weir {

influxdb_target::influxdb_target(std::string sink_name, const influxdb_settings& settings,
                                 influxdb_parts parts)
    : sink_name_(std::move(sink_name)), settings_(settings), parts_(std::move(parts)) {}

void influxdb_target::deliver(const batch& source, done on_done) {
  transfer_request request =
      influxdb_request(settings_, influxdb_write_path(settings_, source.lane));
  auto body = std::make_shared<request_body>(build_body(source, parts_.compression, compressor_));
  request.headers.emplace_back("Content-Type: text/plain; charset=utf-8");
  if (body->gzip) {
    request.headers.emplace_back("Content-Encoding: gzip");
  }
  request.body = body->pieces;
  parts_.http.post(std::move(request), [this, body, lane = &source.lane,
                                        then = std::move(on_done)](const http_reply& reply) {
    on_write_reply(*lane, reply, body->bytes, then);
  });
}

void influxdb_target::on_write_reply(const lane_key& lane, const http_reply& reply,
                                     std::uint64_t bytes, const done& on_done) {
  influxdb_write_answer answer = read_write_answer(reply, lane);
  answer.result.sent_bytes = bytes;
  if (answer.missing_database) {
    if (may_create(lane) && creation_tried_.insert(lane).second) {
      create_database(lane, std::move(answer.result), on_done);
      return;
    }
    // The next attempt after the rest may create it again.
    creation_tried_.erase(lane);
  } else if (answer.result.verdict != attempt_verdict::retry &&
             answer.result.verdict != attempt_verdict::hold) {
    creation_tried_.erase(lane);
    creation_reported_.erase(lane);
  }
  on_done(std::move(answer.result));
}

bool influxdb_target::may_create(const lane_key& lane) const {
  return settings_.version == 1 && settings_.create_databases && parts_.created_through_weir &&
         parts_.created_through_weir(lane.database);
}

void influxdb_target::create_database(const lane_key& lane, attempt_result refused_write,
                                      done on_done) {
  if (creation_reported_.insert(lane).second) {  // once, also when it is tried again and again
    journal_limited("create " + sink_name_, journal_level::info,
                    fmt::format("sink {}: creating database {} upstream", sink_name_,
                                one_line(lane.database, 200)));
  }
  transfer_request request = influxdb_request(settings_, "/query");
  request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  const auto form = std::make_shared<std::string>(
      "q=" + percent_escape("CREATE DATABASE " + quoted_identifier(lane.database)));
  request.body = {std::string_view(*form)};
  parts_.http.post(std::move(request), [this, form, key = &lane, write = std::move(refused_write),
                                        then = std::move(on_done)](const http_reply& reply) {
    attempt_result result = read_creation_answer(reply);
    if (!result.at_once) {
      creation_tried_.erase(*key);
    }
    result.of_lane = write.of_lane;
    result.sent_bytes += write.sent_bytes;
    result.requests.add(write.requests);
    then(std::move(result));
  });
}

}  // namespace weir
