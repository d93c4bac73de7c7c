// SPDX-License-Identifier: Apache-2.0
//
// What the gate let through although somebody may want to know: one example of each kind in the
// journal, at most once a minute. Any thread.
#pragma once

#include <cstdint>

#include "gate/gate_memory.hpp"

namespace weir {

void tell_samples(gate_memory& memory, std::int64_t now_ns);

}  // namespace weir
