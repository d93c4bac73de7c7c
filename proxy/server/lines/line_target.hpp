// SPDX-License-Identifier: Apache-2.0
//
// Where the lines of a listener without requests go: what a [[udp]] or [[tcp]] says of its database
// as the target of a write. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "api/write_dialect.hpp"

namespace weir {

/// `database` is "database" or "database/retention_policy".
[[nodiscard]] api::write_target line_target(const std::string& database, std::int64_t unit_ns);

}  // namespace weir
