// SPDX-License-Identifier: Apache-2.0
//
// What the write path asks of the upstream schemas, once a request. An interface.
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"

namespace weir {

/// The database and retention policy that a bucket of InfluxDB 2 is to weir.
struct bucket_target {
  std::string database;
  std::string retention_policy;
};

class retention_source {
 public:
  virtual ~retention_source() = default;
  /// How long the server keeps points of this database and policy; nullopt where that is for ever
  /// or not known. Any thread. Requires: policy.learn_retention.
  [[nodiscard]] virtual std::optional<nanoseconds> retention_of(
      const database_settings& policy, const std::string& database,
      const std::string& retention_policy) const = 0;
  /// The bucket with this id (16 hexadecimal digits), which InfluxDB 2 takes in the place of a
  /// name; nullopt where the id is not known. Any thread.
  [[nodiscard]] virtual std::optional<bucket_target> bucket_of_id(const std::string& /*id*/) const {
    return std::nullopt;
  }
};

}  // namespace weir
