// SPDX-License-Identifier: Apache-2.0
//
// One statement of InfluxQL, as far as weir understands it, and its spelling. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::api {

enum class statement_kind : std::uint8_t {
  create_database,
  drop_database,
  create_policy,
  alter_policy,
  drop_policy,
  show_databases,
  show_retention_policies,
  show_users,
  show_data,  // measurements, series, tag and field keys: only the database knows them
  other,      // SELECT, DELETE, GRANT and the like
};

/// What a statement says of a retention policy. What it does not say is not there.
struct policy_terms {
  /// Nanoseconds; 0: for ever (INF).
  std::optional<std::int64_t> duration_ns{};
  std::optional<std::int64_t> shard_duration_ns{};
  std::optional<std::uint32_t> replicas{};
  /// Of InfluxDB 1.12: how far from now points may be.
  std::optional<std::int64_t> future_ns{};
  std::optional<std::int64_t> past_ns{};
  bool make_default = false;

  [[nodiscard]] bool empty() const noexcept {
    return !duration_ns && !shard_duration_ns && !replicas && !future_ns && !past_ns &&
           !make_default;
  }
  friend bool operator==(const policy_terms&, const policy_terms&) = default;
};

struct statement {
  statement_kind kind = statement_kind::other;
  /// The one created or dropped, or that after ON; empty if there is none.
  std::string database{};
  /// The one created, altered or dropped; of CREATE DATABASE that of its NAME.
  std::string policy{};
  /// NAME was given.
  bool names_policy = false;
  policy_terms terms{};
  /// Of `show_data` and `other`: the first words, "SHOW TAG KEYS". Those of the rest follow from
  /// what they are.
  std::string words{};
  /// Of what asks for points: the databases that it names itself, in FROM, INTO or ON.
  std::vector<std::string> named{};
  /// It names one by a parameter, or in another way that cannot be told here.
  bool names_unknown = false;
  /// SELECT INTO.
  bool writes = false;

  /// The statement's first words, for messages. Valid as long as it.
  [[nodiscard]] std::string_view title() const noexcept;
  /// It changes which databases and retention policies there are.
  [[nodiscard]] bool administers() const noexcept { return kind <= statement_kind::drop_policy; }
  /// Of CREATE DATABASE: with a policy of its own (WITH).
  [[nodiscard]] bool has_terms() const noexcept { return names_policy || !terms.empty(); }
};

/// A statement that administers as a server is sent it: all names in quotes, one spelling for each
/// meaning. `parse_query` reads it back.
[[nodiscard]] std::string spell(const statement& what);
/// The same as InfluxDB repeats it in messages: quotes where they must be, its own durations.
[[nodiscard]] std::string shown(const statement& what);

/// An identifier as InfluxQL writes it: bare if it may be, else in double quotes with escapes.
[[nodiscard]] std::string quote_identifier(std::string_view name);

/// InfluxQL's "7d", "1h30m", "INF" in nanoseconds; nullopt if it is no duration, or too long.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);
/// As Go prints a time.Duration: "168h0m0s", "0s".
[[nodiscard]] std::string go_duration(std::int64_t duration_ns);
/// InfluxDB's shard duration of a policy that states none (or 0), and the least that it allows.
[[nodiscard]] std::int64_t shard_duration_of(std::int64_t stated_ns, std::int64_t duration_ns);

}  // namespace weir::api
