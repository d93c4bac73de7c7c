// SPDX-License-Identifier: Apache-2.0
//
// Which kind of sinks a log needs: those of a log that is read here, or members of groups where it
// is a topic of Kafka.
#pragma once

#include <memory>
#include <vector>

#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "sinks/sink_set.hpp"

namespace weir {

/// Starts `sinks` on `environment.log`. `frames` pays for what they read ahead of a topic, and must
/// outlive them.
[[nodiscard]] result<std::unique_ptr<sink_set>> start_configured_sinks(
    const settings& configured, const std::vector<sink_settings>& sinks,
    sink_environment environment, memory_budget& frames);

}  // namespace weir
