// SPDX-License-Identifier: Apache-2.0
//
// What the gate remembers, as numbers for /metrics.
#pragma once

#include "gate/gate_memory.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// Any thread.
void collect_gate(const gate_memory& memory, metric_collector& out);

}  // namespace weir
