// SPDX-License-Identifier: Apache-2.0
//
// What ingest writes to the journal: the summary of rejected lines, and one example of each kind of
// point that the gate let through although an operator may want to act on it. Each at most once a
// minute. Any thread.
#pragma once

#include <cstdint>

#include "gate/series/gate_memory.hpp"
#include "ingest/refusal_summary.hpp"

namespace weir {

/// Journals the summary, if one is due. `now_ns`: wall clock, nanoseconds since the epoch.
void journal_refusals(refusal_summary& refusals, std::int64_t now_ns);
/// Journals the examples that are due. `now_ns` as above.
void journal_samples(gate_memory& memory, std::int64_t now_ns);

}  // namespace weir
