// SPDX-License-Identifier: Apache-2.0
//
// The inside of server_catalogues, for its own files: server_keepers_posix.cpp says which servers
// there are and what is kept of them, server_catalogues_posix.cpp answers.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/glob.hpp"
#include "base/published.hpp"
#include "upstream/catalogue/catalogue_keeper.hpp"
#include "upstream/catalogue/recent_answers.hpp"
#include "upstream/catalogue/server_catalogues_posix.hpp"

namespace weir {

[[nodiscard]] inline api::statement create_statement(const std::string& database) {
  return {.kind = api::statement_kind::create_database, .database = database};
}

/// A sink's server.
struct server_catalogues::server {
  const sink_settings settings;
  published<catalogue_view> view;
  std::unique_ptr<catalogue_keeper_thread> keeper;

  explicit server(const sink_settings& of)
      : settings(of), view(std::make_shared<const catalogue_view>()) {}

  [[nodiscard]] bool takes(std::string_view database) const {
    return matches_patterns(settings.databases, database);
  }
  [[nodiscard]] const influxdb_settings& influxdb() const {
    return *settings.as<influxdb_settings>();
  }
};

struct server_catalogues::state {
  using servers = std::vector<std::shared_ptr<server>>;

  explicit state(server_catalogues_parts of) : parts(std::move(of)) {}

  server_catalogues_parts parts;
  mutable std::shared_mutex lock;
  std::shared_ptr<const settings> configured;
  servers all;
  bool begun = false;
  recent_answers recent;
  /// Databases that are created without anybody waiting for it, with how often.
  mutable std::mutex coming_lock;
  std::map<std::string, int, std::less<>> coming;
  /// What is created for writes at the moment: a sink's name, a database, a policy.
  std::set<std::array<std::string, 3>> for_writes;

  void expect(const std::string& database) {
    const std::lock_guard hold(coming_lock);
    ++coming[database];
  }
  void expect_no_more(const std::string& database) {
    const std::lock_guard hold(coming_lock);
    if (const auto one = coming.find(database); one != coming.end() && --one->second == 0) {
      coming.erase(one);
    }
  }
  /// False: it is being created already, for another write.
  [[nodiscard]] bool begin_for_writes(const std::array<std::string, 3>& what) {
    const std::lock_guard hold(coming_lock);
    return for_writes.insert(what).second;
  }
  void end_for_writes(const std::array<std::string, 3>& what) {
    const std::lock_guard hold(coming_lock);
    for_writes.erase(what);
  }
  [[nodiscard]] bool expects(std::string_view database) const {
    const std::lock_guard hold(coming_lock);
    return coming.contains(database);
  }
  [[nodiscard]] servers current() const {
    const std::shared_lock hold(lock);
    return all;
  }
  [[nodiscard]] servers of(std::string_view database) const {
    servers out;
    const std::shared_lock hold(lock);
    std::copy_if(all.begin(), all.end(), std::back_inserter(out),
                 [&](const auto& one) { return one->takes(database); });
    return out;
  }
  [[nodiscard]] std::string path_of(std::string_view what, const std::string& sink) const {
    return parts.directory.empty() ? std::string{}
                                   : fmt::format("{}/{}-{}", parts.directory, what, sink);
  }
  [[nodiscard]] std::shared_ptr<server> make(const sink_settings& sink);
  [[nodiscard]] api::statement create_policy_statement(const std::string& database,
                                                       const std::string& policy) const;
  void create_on_write(const server& on, const std::string& database, const std::string& policy,
                       presence missing);
};

}  // namespace weir
