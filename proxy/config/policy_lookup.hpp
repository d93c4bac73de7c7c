// SPDX-License-Identifier: Apache-2.0
//
// Which [database.*] table holds for a database and a retention policy. As configured: what "auto"
// means there is settled in checks/automatic.hpp. Pure.
#pragma once

#include <map>
#include <string>

#include "config/settings.hpp"

namespace weir {

/// The table "database/retention_policy", else "database"; nullptr where neither was written. Valid
/// as long as the entry of `policies`.
[[nodiscard]] const database_settings* find_named_policy(
    const std::map<std::string, database_settings>& policies, const std::string& database,
    const std::string& retention_policy);

/// The same, and else "*". Requires: "*" is in `policies`, as the settings reader guarantees.
[[nodiscard]] const database_settings& policy_for(
    const std::map<std::string, database_settings>& policies, const std::string& database,
    const std::string& retention_policy);

}  // namespace weir
