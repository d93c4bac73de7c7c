// SPDX-License-Identifier: Apache-2.0
//
// A [[sink]] whose addresses each get everything is as many sinks as it has addresses: each with
// its own cursor, thread and metrics, so that none waits for another. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config_node.hpp"
#include "config/sinks/sink_settings.hpp"

namespace weir {

/// `sink` itself, or one sink for each of its addresses, with its name and "@HOST:PORT" behind it.
/// The port of the scheme where the address has none.
[[nodiscard]] std::vector<sink_settings> sink_per_address(const sink_settings& sink);

/// Tells of addresses of one sink that would have the same name. `node` is its table.
void check_replicas(const config_node& node, const sink_settings& sink, config_issues& issues);

}  // namespace weir
