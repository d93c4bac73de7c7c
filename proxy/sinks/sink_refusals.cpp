// SPDX-License-Identifier: Apache-2.0
//
// What a sink does with lines that its server refused: they are kept in the refused store, and only
// then counted as given up. As long as the store does not take them, the lane is held.
#include <fmt/format.h>

#include <utility>

#include "base/one_line.hpp"
#include "observe/journal.hpp"
#include "sinks/sink_lane.hpp"

namespace weir {
namespace {

constexpr std::size_t message_bytes_max = 300;

}  // namespace

/// The whole batch, of which so many points are not stored.
void sink::set_aside(lane& on, const attempt_result& result, std::uint64_t dropped,
                     discard_reason reason, std::int64_t now_ms) {
  refused_lines refused{.lines = {}, .message = result.message, .code = result.code};
  if (parts_.refused != nullptr && !append_lines(*on.current, refused.lines)) {
    journal_limited("sink refused inflate", journal_level::error,
                    "a refused batch could not be inflated; a part of it is not kept");
  }
  lane_settlement what;
  what.refused.push_back(std::move(refused));
  what.discarded[reason] = dropped;
  settle(on, std::move(what), now_ms);
}

/// The batch under way is dealt with, but for keeping what was refused of it.
void sink::settle(lane& on, lane_settlement what, std::int64_t now_ms) {
  on.settling = std::move(what);
  go_on_settling(on, now_ms);
}

void sink::go_on_settling(lane& on, std::int64_t now_ms) {
  lane_settlement& what = *on.settling;
  for (; what.kept < what.refused.size(); ++what.kept) {
    if (const outcome kept = keep_refused(on, what.refused[what.kept]); !kept.ok()) {
      wait_for_store(on, kept.error().message, now_ms);
      return;
    }
  }
  const discard_counts discarded = what.discarded;
  on.settling.reset();
  on.now = lane::stage::delivering;
  conclude(on, discarded, now_ms);
}

outcome sink::keep_refused(const lane& on, const refused_lines& refused) {
  if (parts_.refused != nullptr) {
    outcome kept = parts_.refused->put({on.key, refused.code, refused.message, refused.lines});
    if (!kept.ok()) {
      return kept;
    }
  }
  const std::string database = one_line(on.key.database, 200);
  const std::string message = one_line(refused.message, message_bytes_max);
  journal_limited("sink refused", journal_level::error,
                  refused.code == 0
                      ? fmt::format("sink {}: points of {} cannot be sent: {}", settings_.name,
                                    database, message)
                      : fmt::format("sink {}: the server refused points of {} for good ({}): {}",
                                    settings_.name, database, refused.code, message));
  return nothing{};
}

/// The batch stays as it is: its server is not asked again, or would have to refuse it twice.
void sink::wait_for_store(lane& on, const std::string& why, std::int64_t now_ms) {
  attempt_result full;
  full.verdict = attempt_verdict::hold;
  full.cause = hold_cause::refused_not_kept;
  full.said = "what the server refused cannot be kept: " + why;
  full.message = fmt::format(
      "what the server refused cannot be kept: {}; make room there (key: refused_directory)", why);
  const delivery_step step = on.steps.next(full, on.current->points);
  on.now = lane::stage::paused;
  on.own_due_ms = now_ms + step.wait.count();
  counters_.holds.add();
  note_reason(on, full);
  set_held(on, true);
  on.failing_since_ms = on.failing_since_ms.value_or(now_ms);
  trouble_.failed(on.key, {step, on.pending.points(), on.own_due_ms}, moment_at(now_ms));
  if (!draining()) {
    schedule(on, on.own_due_ms);
  }
}

}  // namespace weir
