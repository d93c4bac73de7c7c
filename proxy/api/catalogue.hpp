// SPDX-License-Identifier: Apache-2.0
//
// The databases that clients of the v1 dialect can see, as /query needs them. Who implements it
// decides where they are kept; implementations are safe to call from any intake loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace weir {

class catalogue {
 public:
  struct retention_policy {
    std::string name;
    /// 0: kept for ever.
    std::int64_t duration_ns = 0;
    bool is_default = false;
    /// 0: what InfluxDB chooses for the duration.
    std::int64_t shard_duration_ns = 0;
    std::uint32_t replicas = 1;
  };

  virtual ~catalogue() = default;
  /// In the order in which they are to be shown.
  [[nodiscard]] virtual std::vector<std::string> databases() const = 0;
  [[nodiscard]] virtual bool exists(std::string_view database) const = 0;
  /// Servers behind weir carry out what clients ask to be done about this database: it is neither
  /// created nor dropped here.
  [[nodiscard]] virtual bool administered(std::string_view /*database*/) const { return false; }
  /// What clients create and drop is told to other weirs, which takes a while.
  [[nodiscard]] virtual bool shared() const { return false; }
  /// Creating what exists is a success. Fails when it may not or cannot be created (a limit).
  [[nodiscard]] virtual outcome create(std::string_view database) = 0;
  /// Dropping what does not exist is a success.
  [[nodiscard]] virtual outcome drop(std::string_view database) = 0;
  /// Of a database that exists.
  [[nodiscard]] virtual std::vector<retention_policy> retention_policies(
      std::string_view database) const = 0;
};

}  // namespace weir
