// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/write_target.hpp"

namespace weir {

result<api::write_target, http::response> read_target(const api::write_dialect& dialect,
                                                      std::string_view query,
                                                      catalogue& databases) {
  auto target = dialect.parse_target(query);
  if (!target || dialect.default_database.empty() || !target.value().database.empty()) {
    return target;
  }
  target.value().database = dialect.default_database;
  if (!databases.exists(dialect.default_database)) {
    if (const outcome created = databases.create(dialect.default_database); !created) {
      return dialect.refused(created.error().message);
    }
  }
  return target;
}

}  // namespace weir
