// SPDX-License-Identifier: Apache-2.0
//
// What sinks keep on disk, in the state directory. Control thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "sinks/assignments/assignment_history.hpp"
#include "sinks/sink_runner_uv.hpp"
#include "sinks/sink_set.hpp"
#include "sinks/state/cursor.hpp"
#include "sinks/state/sink_stores.hpp"

namespace weir {

/// A failure of one sink.
[[nodiscard]] failure in_sink(const sink_settings& settings, const std::string& message);

/// Where the cursors are.
[[nodiscard]] std::string cursors_of(const sink_environment& environment);

/// What of the environment says where its sinks' files are; its log must outlive them.
[[nodiscard]] std::shared_ptr<sink_stores> make_file_stores(const sink_environment& environment);
/// Where refused batches go: files of that name; null without a directory for them.
[[nodiscard]] result<std::unique_ptr<refused_store>> open_refused_file(
    const sink_settings& settings, const std::string& state_directory, const std::string& file_name,
    std::uint64_t keep, bool stable);

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

}  // namespace weir
