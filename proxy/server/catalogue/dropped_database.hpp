// SPDX-License-Identifier: Apache-2.0
//
// What is waited for when a database is dropped: the sinks' threads, for a few seconds. Called on
// threads that have nothing else to do.
#pragma once

#include <optional>
#include <string>

#include "sinks/sink_set.hpp"

namespace weir {

/// Whether `sinks.when_idle` called back within some seconds.
[[nodiscard]] bool wait_until_idle(sink_set& sinks, const std::string& sink,
                                   const std::string& database, std::optional<log_position> before);

}  // namespace weir
