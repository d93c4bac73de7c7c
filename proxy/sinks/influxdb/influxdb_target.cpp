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
namespace {

/// Where in the log the batch begins.
lane_position first_of(const batch& source) {
  if (!source.frames.empty()) {
    return {source.frames.front()->header.position, 0, 0};
  }
  // A part of a frame: parts of one frame differ in where they end.
  return {source.cut_position, source.after.skip_bytes, source.after.skip_points};
}

/// Clients were told that something is done to the database: it comes before points that they sent
/// after it. It says nothing of the server.
attempt_result waits_result() {
  constexpr int conflict = 409;
  attempt_result result;
  result.message = "what clients had done to this database comes first (weir_statements_pending)";
  result.code = conflict;
  return result;
}

}  // namespace

influxdb_target::influxdb_target(std::string sink_name, const influxdb_settings& settings,
                                 influxdb_parts parts)
    : sink_name_(std::move(sink_name)), settings_(settings), parts_(std::move(parts)) {}

struct influxdb_target::delivery_work {
  const batch& source;
  done on_done;
  request_body body{};
  /// Once the batch was refused, or is a suspect.
  std::unique_ptr<write_plan> plan{};
  std::uint64_t sent_bytes = 0;
  request_counts requests{};
};

void influxdb_target::deliver(const batch& source, done on_done) {
  if (waits(source.lane)) {
    on_done(waits_result());
    return;
  }
  auto work = std::make_shared<delivery_work>(delivery_work{source, std::move(on_done)});
  send(work, build_body(source, parts_.compression, compressor_));
}

void influxdb_target::send(const work_ptr& work, request_body body) {
  work->body = std::move(body);
  transfer_request request =
      influxdb_request(settings_, influxdb_write_path(settings_, work->source.lane));
  request.headers.emplace_back("Content-Type: text/plain; charset=utf-8");
  if (work->body.gzip) {
    request.headers.emplace_back("Content-Encoding: gzip");
  }
  request.body = work->body.pieces;
  work->sent_bytes += work->body.bytes;
  parts_.http.post(std::move(request),
                   [this, work](const http_reply& reply) { on_write_reply(work, reply); });
}

void influxdb_target::on_write_reply(const work_ptr& work, const http_reply& reply) {
  influxdb_write_answer answer = read_write_answer(reply, work->source.lane);
  work->requests.add(answer.result.requests);
  if (work->plan) {
    work->plan->take(answer);
    go_on(work);
  } else {
    on_first_answer(work, std::move(answer));
  }
}

void influxdb_target::on_first_answer(const work_ptr& work, influxdb_write_answer answer) {
  const lane_key& lane = work->source.lane;
  if (parts_.server_lacks &&
      (answer.missing_database() || answer.means == influxdb_meaning::missing_policy)) {
    parts_.server_lacks(lane);
  }
  if (answer.missing_database()) {
    if (may_create(lane) && creation_tried_.insert(lane).second) {
      create_database(work);
      return;
    }
    // The next attempt after the rest may create it again.
    creation_tried_.erase(lane);
  } else if (answer.result.verdict != attempt_verdict::retry &&
             answer.result.verdict != attempt_verdict::hold) {
    creation_tried_.erase(lane);
    creation_reported_.erase(lane);
  }
  if (answer.means == influxdb_meaning::partial_write ||
      answer.means == influxdb_meaning::refused) {
    look_into(work, write_plan::cause::refused, answer);
    return;
  }
  if (answer.means == influxdb_meaning::failed) {
    using finding = suspicion_book::finding;
    const finding found = suspicions_.failed(lane, first_of(work->source));
    if (found != finding::nothing) {
      const auto why =
          found == finding::suspect ? write_plan::cause::suspect : write_plan::cause::suspect_alone;
      look_into(work, why, answer);
      return;
    }
  }
  finish(work, std::move(answer.result));
}

void influxdb_target::look_into(const work_ptr& work, write_plan::cause why,
                                const influxdb_write_answer& answer) {
  std::string lines;
  if (!append_lines(work->source, lines)) {
    finish(work, attempt_result::unsendable("a frame of this batch cannot be inflated"));
    return;
  }
  work->plan = std::make_unique<write_plan>(std::move(lines), work->source.points, why, answer);
  go_on(work);
}

void influxdb_target::go_on(const work_ptr& work) {
  const auto pieces = work->plan->next();
  if (!pieces) {
    if (parts_.bisection_requests) {
      parts_.bisection_requests->add(work->plan->requests());
    }
    finish(work, work->plan->result());
    return;
  }
  send(work, build_body(*pieces, parts_.compression, compressor_));
}

void influxdb_target::finish(const work_ptr& work, attempt_result result) {
  if (result.verdict == attempt_verdict::delivered) {
    suspicions_.stored(work->source.lane);
  } else if (result.verdict != attempt_verdict::retry) {
    suspicions_.answered(work->source.lane);
  }
  result.sent_bytes = work->sent_bytes;
  result.requests = work->requests;
  work->on_done(std::move(result));
}

void influxdb_target::forget(const lane_key& lane) {
  suspicions_.answered(lane);
  creation_tried_.erase(lane);
  creation_reported_.erase(lane);
}

bool influxdb_target::may_create(const lane_key& lane) const {
  return settings_.version == 1 && settings_.create_databases && parts_.created_through_weir &&
         parts_.created_through_weir(lane.database);
}

void influxdb_target::create_database(const work_ptr& work) {
  const lane_key& lane = work->source.lane;
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
  parts_.http.post(std::move(request), [this, form, work](const http_reply& reply) {
    attempt_result result = read_creation_answer(reply);
    if (!result.at_once) {
      creation_tried_.erase(work->source.lane);
    }
    // It is the lane's own database that is missing.
    result.of_lane = true;
    work->requests.add(result.requests);
    finish(work, std::move(result));
  });
}

}  // namespace weir
