// SPDX-License-Identifier: Apache-2.0
//
// Which databases and retention policies one InfluxDB 1 has, and what a statement makes of them: as
// InfluxDB itself would, so that what is asked while it is down has an answer. With its text form,
// which is written to a small file. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/query/statement.hpp"

namespace weir {

struct known_policy {
  std::string name{};
  /// 0: for ever.
  std::int64_t duration_ns = 0;
  std::int64_t shard_duration_ns = 0;
  std::uint32_t replicas = 1;
  bool is_default = false;

  friend bool operator==(const known_policy&, const known_policy&) = default;
};

struct known_database {
  /// By it databases are shown: the server's own order.
  std::uint64_t order = 0;
  /// In the server's order; nullopt: not known, as where the sink's user may not ask.
  std::optional<std::vector<known_policy>> policies{};
  /// The name of the one that points without a policy go to; it stays when that is dropped.
  std::string default_policy{};

  [[nodiscard]] const known_policy* find(std::string_view policy) const;
  /// Whether it takes points of this policy (empty: of its default one); policies that are not
  /// known are taken to be there.
  [[nodiscard]] bool has(std::string_view policy) const;
};

class server_catalogue {
 public:
  /// Bound on the databases of one server; further ones are left out, and then `whole` is false.
  static constexpr std::size_t databases_max = 100'000;

  [[nodiscard]] const known_database* find(std::string_view database) const;
  [[nodiscard]] bool whole() const noexcept { return whole_; }
  /// In the server's order.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::size_t size() const noexcept { return databases_.size(); }

  /// These are all there are, in this order; what is known of those that stay is kept.
  void set_names(const std::vector<std::string>& names);
  /// Of a database that is there, or not yet (it is the last one then).
  void set_policies(const std::string& database, std::optional<std::vector<known_policy>> policies);
  void remove(std::string_view database);

  /// Carries out a statement that administers; empty, or why not, in InfluxDB's words.
  [[nodiscard]] std::string apply(const api::statement& what);

  [[nodiscard]] std::string text() const;
  /// The catalogue that `text()` wrote as this; nullopt if it is no such text.
  [[nodiscard]] static std::optional<server_catalogue> read(std::string_view text);

  friend bool operator==(const server_catalogue&, const server_catalogue&);

 private:
  [[nodiscard]] std::string create_database(const api::statement& what);
  [[nodiscard]] std::string create_policy(const api::statement& what);
  [[nodiscard]] std::string alter_policy(const api::statement& what);
  void drop_policy(const api::statement& what);

  std::map<std::string, known_database, std::less<>> databases_;
  std::uint64_t next_order_ = 1;
  bool whole_ = true;
};

}  // namespace weir
