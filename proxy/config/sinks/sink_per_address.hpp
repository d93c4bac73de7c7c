// SPDX-License-Identifier: Apache-2.0
//
// A [[sink]] whose addresses each get everything, or a share of the series, is as many sinks as it
// has addresses: each with its own cursor, thread and metrics, so that none waits for another.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config_node.hpp"
#include "config/sinks/sink_settings.hpp"

namespace weir {

/// `sink` itself, or one sink for each of its addresses, with its name and "@HOST:PORT" behind it.
/// The port of the scheme where the address has none.
[[nodiscard]] std::vector<sink_settings> sink_per_address(const sink_settings& sink);

/// The other way round, for sinks that share series: each group as its [[sink]] was written, at the
/// place of its first address. For what is shown to people.
[[nodiscard]] std::vector<sink_settings> sinks_as_written(const std::vector<sink_settings>& sinks);

/// A sink that delivers to `address`, of the group of `member`, what was assigned to it before it
/// was taken out. It never stops intake. Requires: `member` is of a group.
[[nodiscard]] sink_settings leaving_sink(const sink_settings& member,
                                         const shard_settings::address& address);

/// What is set of the group of `member`. Requires: it is of a group.
[[nodiscard]] removed_address_use removed_addresses_of(const sink_settings& member);

/// Tells of addresses of one sink that would have the same name. `node` is its table.
void check_replicas(const config_node& node, const sink_settings& sink, config_issues& issues);

}  // namespace weir
