// SPDX-License-Identifier: Apache-2.0
#include "server/lines/line_target.hpp"

namespace weir {

api::write_target line_target(const std::string& database, std::int64_t unit_ns) {
  const std::size_t slash = database.find('/');
  api::write_target target;
  target.database = database.substr(0, slash);
  if (slash != std::string::npos) {
    target.retention_policy = database.substr(slash + 1);
  }
  target.unit_ns = unit_ns;
  return target;
}

}  // namespace weir
