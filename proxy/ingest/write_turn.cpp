// SPDX-License-Identifier: Apache-2.0
#include "ingest/write_turn.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "gate/series/gate_memory.hpp"
#include "ingest/ingest_journal.hpp"
#include "log/ended_series.hpp"

namespace weir {
namespace {

// Builders kept for the next requests.
constexpr std::size_t builders_max = 64;

}  // namespace

void write_turn::attach(std::function<void()> wake) {
  WEIR_ASSERT(!watcher_);
  watcher_ = services_.log.watch(std::move(wake));
}

void write_turn::detach() {
  if (watcher_) {
    services_.log.unwatch(*watcher_);
    watcher_.reset();
  }
}

void write_turn::add(write_request& request) {
  WEIR_ASSERT(request.stage() == write_stage::complete);
  complete_.push_back(&request);
}

bool write_turn::take_out(write_request& request) {
  switch (request.stage()) {
    case write_stage::reading:
      break;
    case write_stage::complete:
      std::erase(complete_, &request);
      break;
    case write_stage::waiting:
      request.abandon();
      return false;
    case write_stage::abandoned:
      WEIR_ASSERT(false);
  }
  return true;
}

frame_builder& write_turn::builder_for(const api::write_target& target) {
  builder_key_.assign(target.database);
  builder_key_.push_back('\0');  // in no database name
  builder_key_.append(target.retention_policy);
  const auto known = builders_.find(builder_key_);
  if (known != builders_.end()) {
    return known->second;
  }
  return builders_.emplace(builder_key_, frame_builder(target.database, target.retention_policy))
      .first->second;
}

std::shared_ptr<frame> write_turn::seal(frame_builder& builder, std::int64_t now_ns) {
  return builder.seal(compression_, compressor_, now_ns, /*origin=*/0);
}

void write_turn::relieve(write_request& request) {
  staged_lines& staged = request.points().staged();
  if (staged.runs().size() >= 2) {
    const std::size_t full = staged.runs().size() - 1;
    frame_builder& builder = builder_for(request.points().target());
    for (std::size_t i = 0; i < full; ++i) {
      const staged_run& run = staged.runs()[i];
      builder.append(staged.lines(run), run.points, run.time_least, run.time_greatest);
      request.add_frame(seal(builder, request.points().now_ns()));
    }
    staged.drop_runs(full);
  }
  if (services_.remembered != nullptr && services_.remembered->should_write()) {
    // So many new types do not wait for the body's end. Should it fail, the append fails too.
    static_cast<void>(keep_types());
  }
}

void write_turn::gather(write_request& request) {
  frames_.insert(frames_.end(), request.frames().begin(), request.frames().end());
  const staged_lines& staged = request.points().staged();
  if (staged.empty()) {
    return;
  }
  frame_builder& builder = builder_for(request.points().target());
  for (const staged_run& run : staged.runs()) {
    const std::string_view lines = staged.lines(run);
    if (!builder.empty() && builder.inflated_bytes() + lines.size() > frame_inflated_bytes_max) {
      frames_.push_back(seal(builder, request.points().now_ns()));
    }
    builder.append(lines, run.points, run.time_least, run.time_greatest);
  }
}

void write_turn::end() {
  conclude_settled();
  if (!complete_.empty()) {
    std::vector<write_request*> requests;
    requests.swap(complete_);
    append_complete(requests);
  }
}

void write_turn::conclude_settled() {
  while (!waiting_.empty() && waiting_.front().ticket->settled()) {
    const waiting_requests settled = std::move(waiting_.front());
    waiting_.pop_front();
    for (write_request* request : settled.requests) {
      request->conclude(settled.ticket->status(), settled.ticket->detail());
    }
  }
}

void write_turn::seal_builders(std::int64_t now_ns) {
  for (auto& [key, builder] : builders_) {
    if (!builder.empty()) {
      frames_.push_back(seal(builder, now_ns));
    }
  }
  if (builders_.size() > builders_max) {
    builders_.clear();
  }
}

void write_turn::seal_ended(const write_request& request) {
  const api::write_target& target = request.points().target();
  append_ended_series({target.database, target.retention_policy, request.points().now_ns()},
                      request.ended(), compressor_, frames_);
}

void write_turn::append_complete(const std::vector<write_request*>& requests) {
  std::int64_t now_ns = 0;
  for (write_request* request : requests) {
    gather(*request);
    now_ns = std::max(now_ns, request->points().now_ns());
  }
  seal_builders(now_ns);
  for (const write_request* request : requests) {
    seal_ended(*request);
  }
  const append_result appended = append_frames();
  if (services_.remembered != nullptr) {
    journal_samples(*services_.remembered, now_ns);
  }
  std::vector<write_request*> waiting;
  for (write_request* request : requests) {
    if (appended.status == append_status::pending && request->has_lines()) {
      request->enter(write_stage::waiting);
      waiting.push_back(request);
    }
  }
  if (!waiting.empty()) {
    waiting_.push_back({appended.ticket, waiting});
  }
  for (write_request* request : requests) {
    if (request->stage() == write_stage::complete) {
      request->conclude(appended.status, appended.detail);
    } else if (request->stage() == write_stage::waiting && request->answers_early()) {
      request->answer_early();
    }
  }
}

outcome write_turn::keep_types() const {
  return services_.keep_types ? services_.keep_types() : outcome(nothing{});
}

append_result write_turn::append_frames() {
  append_result appended;
  if (frames_.empty()) {
    return appended;
  }
  if (const outcome kept = keep_types(); kept) {
    appended = services_.log.append(frames_);
  } else {
    appended.status = append_status::failed;
    appended.detail = kept.error().message;
  }
  frames_.clear();
  return appended;
}

}  // namespace weir
