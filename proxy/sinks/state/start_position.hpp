// SPDX-License-Identifier: Apache-2.0
//
// Where in the log a sink begins that has no cursor yet. Pure but for the log that it is handed.
#pragma once

#include <cstdint>

#include "config/sinks/sink_settings.hpp"
#include "log/frame_log.hpp"

namespace weir {

/// The first frame that the sink takes. A time is looked for from the log's oldest frame on, by the
/// frames' times of receipt: the first one that is not older. It reads as much of the log's headers
/// as lies before that. Where the disk does not let it look further it is where that shows, so that
/// nothing is passed over unseen. `now_ns` is the wall clock.
[[nodiscard]] log_position start_position(const sink_start& start, frame_log& log,
                                          std::int64_t now_ns);

}  // namespace weir
