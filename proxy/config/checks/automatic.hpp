// SPDX-License-Identifier: Apache-2.0
//
// What "auto" becomes: some settings of a database depend on the kinds of servers that its points
// are delivered to, all of its sinks together. Decided from the configuration alone, never by
// asking a server. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace weir {

/// The kinds of sinks that take a database.
struct takers {
  bool influxdb_1 = false;
  bool influxdb_2 = false;
  bool remote_write = false;
  bool file = false;  // or nothing at all (null)
  bool influxdb_3 = false;

  [[nodiscard]] bool none() const noexcept {
    return !influxdb_1 && !influxdb_2 && !remote_write && !file && !influxdb_3;
  }
};

[[nodiscard]] takers takers_of(const std::vector<sink_settings>& sinks, std::string_view database);

/// `given` with every "auto" replaced by what it means in front of `by`. What is not "auto" stays.
[[nodiscard]] database_settings settled(database_settings given, const takers& by);

/// What the value of `key` became in front of `by`, as the configuration spells it; nothing where
/// it is not "auto" or the key knows no such value.
[[nodiscard]] std::optional<std::string> settled_word(const database_settings& given,
                                                      std::string_view key, const takers& by);

/// The settings of every database, settled. Made at start; any thread may ask.
class settled_policies {
 public:
  explicit settled_policies(const settings& configured);

  /// Those of the most particular table: "database/policy", "database" or "*". Valid as long as
  /// this object.
  [[nodiscard]] const database_settings& find(const std::string& database,
                                              const std::string& retention_policy) const;
  [[nodiscard]] takers takers_of(std::string_view database) const;

 private:
  static constexpr std::size_t takers_count = 32;

  const std::vector<sink_settings> sinks_;
  std::map<std::string, database_settings> named_;
  /// Of "*": by who takes the database.
  std::array<database_settings, takers_count> any_;
};

}  // namespace weir
