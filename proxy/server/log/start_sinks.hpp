// SPDX-License-Identifier: Apache-2.0
//
// Which kind of sinks a log needs: those of a log that is read here, or members of groups where it
// is a topic of Kafka.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "sinks/sink_set.hpp"

namespace weir {

/// See kafka_sinks_options; none where the log is read here.
struct heard_drops {
  std::function<std::optional<std::map<std::int32_t, std::int64_t>>(std::string_view database,
                                                                    std::uint64_t since_ms)>
      ends_of = {};
  std::function<std::vector<std::pair<std::string, std::int64_t>>(std::string_view sink,
                                                                  std::int32_t partition)>
      before = {};
};

/// Starts `sinks` on `environment.log`. `frames` pays for what they read ahead of a topic, and must
/// outlive them.
[[nodiscard]] result<std::unique_ptr<sink_set>> start_configured_sinks(
    const settings& configured, const std::vector<sink_settings>& sinks,
    sink_environment environment, memory_budget& frames, heard_drops drops = {});

}  // namespace weir
