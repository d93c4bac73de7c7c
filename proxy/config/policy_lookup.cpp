// SPDX-License-Identifier: Apache-2.0
#include "config/policy_lookup.hpp"

#include "base/assert.hpp"

namespace weir {

const database_settings* find_named_policy(const std::map<std::string, database_settings>& policies,
                                           const std::string& database,
                                           const std::string& retention_policy) {
  if (!retention_policy.empty()) {
    if (const auto own = policies.find(database + "/" + retention_policy); own != policies.end()) {
      return &own->second;
    }
  }
  const auto own = policies.find(database);
  return own == policies.end() ? nullptr : &own->second;
}

const database_settings& policy_for(const std::map<std::string, database_settings>& policies,
                                    const std::string& database,
                                    const std::string& retention_policy) {
  if (const database_settings* const named =
          find_named_policy(policies, database, retention_policy)) {
    return *named;
  }
  const auto any = policies.find("*");
  WEIR_ASSERT(any != policies.end());
  return any->second;
}

}  // namespace weir
