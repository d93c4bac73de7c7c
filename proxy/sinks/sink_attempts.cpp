// SPDX-License-Identifier: Apache-2.0
//
// What a sink does after an attempt: settle the batch, wait, or give it up; and what its journal
// says of that.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "base/one_line.hpp"
#include "observe/journal.hpp"
#include "sinks/sink_lane.hpp"

namespace weir {
namespace {

/// After a 413 a lane's batches are small; so many successes later they may double.
constexpr std::uint32_t successes_before_growth = 16;
/// Of a server's words, as others are shown them.
constexpr std::size_t message_bytes_max = 500;

/// What an attempt tells of the server's address.
start_gate::outcome seen_of_address(const attempt_result& result) {
  switch (result.verdict) {
    case attempt_verdict::delivered:
    case attempt_verdict::delivered_in_part:
      return start_gate::outcome::passed;
    case attempt_verdict::refused:
    case attempt_verdict::too_large:
    case attempt_verdict::hold:
      return start_gate::outcome::answered;
    case attempt_verdict::retry:
      break;
  }
  const bool failed = !result.at_once && (result.code == 0 || result.code >= 500);
  return failed ? start_gate::outcome::failed : start_gate::outcome::unknown;
}

}  // namespace

void sink::finish_completed(std::int64_t now_ms) {
  std::vector<completion> completed;
  completed.swap(completed_);
  for (completion& one : completed) {
    lane& on = *one.on;
    --in_flight_;
    gate_.ended(on.number, on.started_as, seen_of_address(one.result), now_ms);
    counters_.note(one.result);
    counters_.request_seconds.observe(static_cast<double>(now_ms - on.started_ms) / 1000);
    delivery_step step = on.steps.next(one.result, on.current->points);
    if (step.kind != step_kind::delivered) {
      counters_.last_error_ms.set(static_cast<std::uint64_t>(std::max<std::int64_t>(1, now_ms)));
      counters_.set_last_error(one_line(one.result.message, message_bytes_max));
    }
    follow(on, one.result, step, now_ms);
  }
}

void sink::follow(lane& on, const attempt_result& result, const delivery_step& step,
                  std::int64_t now_ms) {
  switch (step.kind) {
    case step_kind::delivered:
      if (std::exchange(on.all_too_large, false)) {
        on.limit_bytes = std::max<std::uint64_t>(1, settings_.batch.bytes);
      }
      settle(on, {result.refused, 0, result.discarded}, now_ms);
      return;
    case step_kind::delivered_partly:
      set_aside(on, result, step.dropped, discard_reason::partial, now_ms);
      return;
    case step_kind::refused:
      if (result.verdict == attempt_verdict::too_large) {
        // The line that was too large is out of the way. Where the next one is too large as well,
        // perhaps everything is: what follows is sent line by line, at a growing pace.
        on.all_too_large = step.wait.count() > 0;
        on.limit_bytes = on.all_too_large ? 1 : std::max<std::uint64_t>(1, settings_.batch.bytes);
        on.not_before_ms = now_ms + step.wait.count();
        set_aside(on, result, on.current->points, discard_reason::too_large, now_ms);
      } else {
        set_aside(on, result, on.current->points, discard_reason::refused, now_ms);
      }
      return;
    case step_kind::halve:
      halve(on, result, now_ms);
      return;
    case step_kind::retry:
    case step_kind::hold:
      on.fault_of_lane = result.of_lane;
      if (step.kind == step_kind::hold) {
        note_reason(on, result);
      }
      pause(on, step, now_ms);
      return;
  }
}

/// Why a lane is held, for those who ask.
void sink::note_reason(lane& on, const attempt_result& result) {
  std::string said =
      one_line(result.said.empty() ? result.message : result.said, message_bytes_max);
  if (on.held_for.said != said || on.held_for.cause != result.cause) {
    on.held_for = {result.cause, std::move(said)};
    waiting_changed_ = true;
  }
}

void sink::pause(lane& on, const delivery_step& step, std::int64_t now_ms) {
  const bool hold = step.kind == step_kind::hold;
  on.now = lane::stage::paused;
  on.own_due_ms = now_ms + step.own_wait.count();
  on.last_held = hold;
  if (hold && !on.held) {
    on.held_since_ms = now_ms;
  }
  // The frames are read again then: a lane that waits must not sit on memory that others need.
  drop_attempt(on);
  if (hold || step.wait.count() > 0) {
    (hold ? counters_.holds : counters_.retries).add();
    set_held(on, on.held || hold);
    on.failing_since_ms = on.failing_since_ms.value_or(now_ms);
    paused_since_success_ = true;
    trouble_.failed(on.key, {step, on.pending.points(), now_ms + step.wait.count()},
                    moment_at(now_ms));
  }
  if (const auto due = parking_time(on)) {
    park_by(*due);
  }
  if (!draining()) {
    schedule(on, now_ms + step.wait.count());
    if (step.wait.count() == 0) {
      hurry(on);
    }
    return;
  }
  const bool asked_to_wait = step.wait > step.own_wait;
  if (step.wait.count() > 0 && ++on.drain_failures < drain_failures_max && !on.held &&
      !asked_to_wait) {
    schedule(on, now_ms + std::min<std::int64_t>(step.wait.count(), drain_retry_ms_max));
  } else if (step.wait.count() == 0) {
    schedule(on, now_ms);
  }
}

/// Of the lane's points some were delivered, or refused for good.
void sink::settled_by_server(lane& on, std::int64_t now_ms) {
  if (on.held) {
    hurry_neighbours(on);
  }
  set_held(on, false);
  on.hurried = false;
  on.failing_since_ms.reset();
  on.drain_failures = 0;
  trouble_.went_on(on.key, moment_at(now_ms));
  wake_others(now_ms);
}

/// Without an answer of the server: what was pending is gone, or damaged.
void sink::settled_without_server(lane& on, std::int64_t now_ms) {
  if (on.pending.empty()) {
    set_held(on, false);
    on.failing_since_ms.reset();
    parts_.target.forget(on.key);
    trouble_.gone(on.key, moment_at(now_ms));
  }
}

/// The server takes points: lanes that wait because it did not need wait no longer. The first
/// success since a lane began to fail lets it try at once. Further ones only end what the server
/// asked for, so that a lane with a trouble of its own keeps its pace.
void sink::wake_others(std::int64_t now_ms) {
  const std::int64_t before = std::exchange(last_success_ms_, now_ms);
  if (!std::exchange(paused_since_success_, false)) {
    return;
  }
  for (const auto& [key, on] : lanes_) {
    if (on->now != lane::stage::paused) {
      continue;
    }
    const bool first = on->failing_since_ms.value_or(now_ms) > before;
    if (on->scheduled) {
      schedule(*on, first ? now_ms : std::max(now_ms, on->own_due_ms));
    } else if (first && draining() && !on->held) {
      on->drain_failures = 0;
      schedule(*on, now_ms);
    }
  }
}

/// A held lane tries before the other held ones.
void sink::hurry(lane& on) {
  if (on.held && on.scheduled) {
    schedule(on, 0);
  }
}

/// What one lane was held for is repaired: perhaps it was its database, which others share.
void sink::hurry_neighbours(const lane& of) {
  for (auto it = lanes_.lower_bound({of.key.database, {}});
       it != lanes_.end() && it->first.database == of.key.database; ++it) {
    hurry(*it->second);
  }
}

void sink::may_go(const std::string& database) {
  for (auto it = lanes_.lower_bound({database, {}});
       it != lanes_.end() && it->first.database == database; ++it) {
    if (it->second->now == lane::stage::paused) {
      schedule(*it->second, 0);
    }
  }
}

trouble_book::moment sink::moment_at(std::int64_t now_ms) const {
  return {now_ms, cursor_.pending(), cursor_.delivered};
}

void sink::report_troubles(std::int64_t now_ms) {
  trouble_.tick(moment_at(now_ms));
  for (const trouble_book::line& one : trouble_.take_lines()) {
    journal(one.level, one.text);
    if (parts_.told) {
      parts_.told(one.text);
    }
  }
}

void sink::halve(lane& on, const attempt_result& result, std::int64_t now_ms) {
  if (on.limit_bytes <= 1) {
    // It does not divide although it says that it holds several points.
    set_aside(on, result, on.current->points, discard_reason::too_large, now_ms);
    return;
  }
  const std::uint64_t was = std::min(on.limit_bytes, on.current->inflated_bytes);
  on.limit_bytes = std::max<std::uint64_t>(1, was / 2);
  on.successes = 0;
  counters_.retries.add();
  drop_attempt(on);
  on.now = lane::stage::waiting;
  schedule(on, now_ms);
}

void sink::conclude(lane& on, std::uint64_t dropped, discard_reason reason, std::int64_t now_ms) {
  discard_counts counts;
  counts[reason] = dropped;
  conclude(on, counts, now_ms);
}

void sink::conclude(lane& on, const discard_counts& counts, std::int64_t now_ms) {
  const batch& settled = *on.current;
  const std::uint64_t dropped = counts.total();
  WEIR_ASSERT(dropped <= settled.points);
  cursor_.delivered += settled.points - dropped;
  for (std::size_t i = 0; i < discard_reason_count; ++i) {
    discard(static_cast<discard_reason>(i), counts.of[i]);
  }
  discard(discard_reason::filtered, settled.filtered);
  std::uint64_t lost = 0;
  const bool by_server = on.now == lane::stage::delivering;
  if (by_server) {
    const std::int64_t now_ns = parts_.now_ns ? parts_.now_ns() : 0;
    counters_.delivery_seconds.observe(
        static_cast<double>(std::max<std::int64_t>(0, now_ns - settled.received_ns)) / 1e9);
  }
  if (settled.frames.empty()) {
    lost += on.pending.take(settled.cut_position, settled.points + settled.filtered,
                            settled.inflated_bytes, settled.cut_ends_frame);
  }
  for (const frame_ptr& one : settled.frames) {
    lost +=
        on.pending.take(one->header.position, one->header.points, one->header.inflated_bytes, true);
  }
  discard(discard_reason::lost, lost);
  on.at = {.next = settled.after.next,
           .skip_bytes = settled.after.skip_bytes,
           .skip_points = settled.after.skip_points,
           .parked_end = on.at.parked_end};
  moved(on);
  if (by_server && dropped == 0 && ++on.successes >= successes_before_growth) {
    on.successes = 0;
    on.limit_bytes =
        std::min(on.limit_bytes * 2, std::max<std::uint64_t>(1, settings_.batch.bytes));
  }
  on.pending.nothing_before(settled.frames.empty() ? settled.received_ns
                                                   : settled.frames.back()->header.received_ns);
  drop_attempt(on);
  cursor_changed_ = true;
  waiting_changed_ = true;
  if (by_server) {
    settled_by_server(on, now_ms);
  } else {
    settled_without_server(on, now_ms);
  }
  arm(on, now_ms);
  forget_if_idle(on);
}

}  // namespace weir
