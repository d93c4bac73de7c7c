// SPDX-License-Identifier: Apache-2.0
//
// What a sink keeps on disk, opened for it: cursor, refused batches, parking place. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "sinks/assignments/assignment_history.hpp"
#include "sinks/sink_runner_uv.hpp"
#include "sinks/sink_set.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

/// A failure of one sink.
[[nodiscard]] failure in_sink(const sink_settings& settings, const std::string& message);

/// Where the cursors are.
[[nodiscard]] std::string cursors_of(const sink_environment& environment);

struct started_sink {
  cursor_state state;
  /// There is none: the sink begins where its settings say, or where its share of the series does.
  bool cursor_missing = false;
};
/// Opens the cursor into `parts`. `assignments`: null, or of the sink's group.
[[nodiscard]] result<started_sink> make_cursor(const sink_settings& settings,
                                               const sink_environment& environment,
                                               const assignment_history* assignments,
                                               sink_runner::parts& parts);
[[nodiscard]] outcome make_refused(const sink_settings& settings,
                                   const sink_environment& environment, sink_runner::parts& parts);
[[nodiscard]] outcome make_parking(const sink_settings& settings,
                                   const sink_environment& environment, sink_runner::parts& parts);

/// See subscription::settle. It goes by the file's name: the file itself is the sink's thread's.
[[nodiscard]] std::function<void()> settler_of(const sink_settings& settings,
                                               const sink_environment& environment);

/// A sink is not wanted any more: what it owed is told, and its cursor set aside.
void forget_sink(const sink_environment& environment, const std::string& name,
                 std::uint64_t pending);

}  // namespace weir
