// SPDX-License-Identifier: Apache-2.0
#include "ingest/write_turn.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.hpp"
#include "gate/series/gate_memory.hpp"
#include "ingest/ingest_journal.hpp"

namespace weir {

write_turn::write_turn(const write_services& services)
    : services_(services), cutter_(services.log.capabilities().shards), held_(services.claims) {}

void write_turn::attach(std::function<void()> wake) {
  WEIR_ASSERT(!watcher_);
  held_.attach(wake);
  watcher_ = services_.log.watch(std::move(wake));
}

void write_turn::detach() {
  held_.detach();
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
      held_.take_out(request);
      break;
    case write_stage::waiting:
      request.abandon();
      return false;
    case write_stage::abandoned:
      WEIR_ASSERT(false);
  }
  return true;
}

void write_turn::relieve(write_request& request) {
  staged_lines& staged = request.points().staged();
  if (staged.runs().size() >= 2) {
    const std::size_t full = staged.runs().size() - 1;
    const admission& points = request.points();
    frame_cutter::frames filled;
    cutter_.add(points.target(), staged, full, points.now_ns(), filled);
    cutter_.seal(points.now_ns(), filled);
    for (std::shared_ptr<frame>& each : filled) {
      request.add_frame(std::move(each));
    }
    staged.drop_runs(full);
  }
  held_.relieve();
  if (services_.remembered != nullptr && services_.remembered->should_write()) {
    // So many new types do not wait for the body's end. Should it fail, the append fails too.
    static_cast<void>(keep_types());
  }
}

void write_turn::gather(const write_request& request) {
  const admission& points = request.points();
  if (!request.frames().empty()) {
    cutter_.seal(points.now_ns(), frames_);  // lines of requests before it stay before its own
    frames_.insert(frames_.end(), request.frames().begin(), request.frames().end());
  }
  const staged_lines& staged = points.staged();
  cutter_.add(points.target(), staged, staged.runs().size(), points.now_ns(), frames_);
}

void write_turn::end() {
  conclude_settled();
  hold_for_types();
  if (!complete_.empty()) {
    // Those that a conclusion brings up are the next turn's.
    ending_.swap(complete_);
    append_complete(ending_);
    ending_.clear();
  }
}

void write_turn::hold_for_types() {
  for (const held_requests::refused& each : held_.sift(complete_)) {
    each.request->misjudge();
    each.request->conclude(each.status, each.why);
  }
}

bool write_turn::any_settled() const noexcept {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const waiting_requests& each) { return each.ticket->settled(); });
}

void write_turn::conclude_settled() {
  if (!any_settled()) {
    return;  // of most turns, and nothing is moved
  }
  const auto first =
      std::stable_partition(waiting_.begin(), waiting_.end(),
                            [](const waiting_requests& each) { return !each.ticket->settled(); });
  // What is concluded may lead to another request.
  std::vector<waiting_requests> settled(std::make_move_iterator(first),
                                        std::make_move_iterator(waiting_.end()));
  waiting_.erase(first, waiting_.end());
  for (const waiting_requests& each : settled) {
    for (write_request* request : each.requests) {
      request->conclude(each.ticket->status(), each.ticket->detail());
    }
  }
}

void write_turn::append_complete(const std::vector<write_request*>& requests) {
  std::int64_t now_ns = 0;
  for (const write_request* request : requests) {
    gather(*request);
    now_ns = std::max(now_ns, request->points().now_ns());
  }
  cutter_.seal(now_ns, frames_);
  for (const write_request* request : requests) {  // behind all lines of the turn
    if (!request->ended().empty()) {
      const admission& points = request->points();
      cutter_.add_ended(points.target(), request->ended(), points.now_ns(), frames_);
    }
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
