// SPDX-License-Identifier: Apache-2.0
//
// The seam between what was learnt from servers and the write path, which asks once a request.
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"

namespace weir {

/// What weir calls a bucket of InfluxDB 2.
struct bucket_place {
  std::string database;
  std::string retention_policy;
};

class retention_source {
 public:
  virtual ~retention_source() = default;
  /// How long points of this target are kept; nothing where that is for ever or not known. Any
  /// thread. Requires: policy.learn_retention.
  [[nodiscard]] virtual std::optional<nanoseconds> retention_of(
      const database_settings& policy, const std::string& database,
      const std::string& retention_policy) const = 0;
  /// The bucket that a database's name is the 16 hexadecimal digits of, which InfluxDB 2 takes in
  /// the place of a name; nothing where it is not known. Any thread.
  [[nodiscard]] virtual std::optional<bucket_place> bucket_of_id(const std::string& /*id*/) const {
    return std::nullopt;
  }
};

}  // namespace weir
