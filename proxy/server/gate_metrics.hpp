// SPDX-License-Identifier: Apache-2.0
//
// What the gate remembers, as numbers for /metrics.
#pragma once

#include "accounts/database_registry.hpp"
#include "gate/series/gate_memory.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// Any thread. Databases have the labels that `known` gives them.
void collect_gate(const gate_memory& memory, const database_registry& known, metric_collector& out);

}  // namespace weir
