// SPDX-License-Identifier: Apache-2.0
//
// What the gate let through although somebody may want to know: one example of each kind in the
// journal, at most once a minute. Any thread.
#pragma once

#include <cstdint>

#include "gate/series/gate_memory.hpp"
#include "ingest/refusal_summary.hpp"

namespace weir {

/// And of rejected lines, the summary that is due. `now_ns`: wall clock.
void tell_refusals(refusal_summary& refusals, std::int64_t now_ns);
void tell_samples(gate_memory& memory, std::int64_t now_ns);

}  // namespace weir
