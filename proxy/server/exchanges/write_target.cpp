// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/write_target.hpp"

namespace weir {

result<api::write_target, http::response> read_target(const api::write_dialect& dialect,
                                                      std::string_view query,
                                                      const api::write_target& unnamed,
                                                      catalogue& databases) {
  auto target = dialect.parse_target(query);
  if (!target || !dialect.may_name_none || !target.value().database.empty()) {
    return target;
  }
  target.value().database = unnamed.database;
  if (target.value().retention_policy.empty()) {
    target.value().retention_policy = unnamed.retention_policy;
  }
  if (!databases.exists(unnamed.database)) {
    if (const outcome created = databases.create(unnamed.database); !created) {
      return dialect.refused(created.error().message);
    }
  }
  return target;
}

}  // namespace weir
