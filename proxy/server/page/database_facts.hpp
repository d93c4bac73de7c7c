// SPDX-License-Identifier: Apache-2.0
//
// What the status page and its API tell of one database. Any thread.
#pragma once

#include "accounts/database_registry.hpp"
#include "base/times.hpp"
#include "gate/series/gate_memory.hpp"
#include "page/facts.hpp"

namespace weir {

/// As `status.databases.shown` has it.
[[nodiscard]] page::database_facts facts_of_database(const database_entry& one,
                                                     const gate_memory& remembered, wall_time now);

}  // namespace weir
