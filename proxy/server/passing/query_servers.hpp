// SPDX-License-Identifier: Apache-2.0
//
// Which servers behind weir answer what clients ask of points, and which of them a request goes to.
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace weir {

struct query_server {
  /// The sink's name.
  std::string sink{};
  std::uint32_t version = 1;
  /// At least one; without a slash at the end.
  std::vector<std::string> urls{};
  /// Patterns of the databases that the sink takes.
  std::vector<std::string> databases{};
  /// Of version 2: the sink's organization, by name or id.
  std::string organization{};
  std::chrono::milliseconds connect_timeout{10'000};
  /// What the sink shows of itself: the value of an Authorization header; empty: nothing.
  std::string authorization{};
};

/// Those of sinks with `query = true`, in the configuration's order.
[[nodiscard]] std::vector<query_server> query_servers_of(const settings& configured);

/// The first whose sink takes `database` (empty: any); nullptr if there is none.
[[nodiscard]] const query_server* server_with(const std::vector<query_server>& servers,
                                              std::string_view database);
[[nodiscard]] bool has_version(const std::vector<query_server>& servers, std::uint32_t version);
/// The first that speaks this path, by its version; nullptr if there is none.
[[nodiscard]] const query_server* server_for_path(const std::vector<query_server>& servers,
                                                  std::string_view path);

}  // namespace weir
