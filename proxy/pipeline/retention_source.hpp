// SPDX-License-Identifier: Apache-2.0
//
// The seam between what was learnt of retention and the write path, which asks once a request.
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"

namespace weir {

class retention_source {
 public:
  virtual ~retention_source() = default;
  /// How long points of this target are kept; nothing where that is for ever or not known. Any
  /// thread. Requires: policy.learn_retention.
  [[nodiscard]] virtual std::optional<nanoseconds> retention_of(
      const database_settings& policy, const std::string& database,
      const std::string& retention_policy) const = 0;
};

}  // namespace weir
