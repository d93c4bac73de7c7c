// SPDX-License-Identifier: Apache-2.0
//
// The part of InfluxQL that clients send to the server that receives their writes: databases and
// retention policies. Other statements are recognised, so that their answer can say what weir is
// not. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace weir::api {

enum class statement_kind : std::uint8_t {
  create_database,
  drop_database,
  show_databases,
  show_retention_policies,
  show_users,
  show_data,         // measurements, series, tag and field keys: only the database knows them
  retention_policy,  // CREATE, ALTER or DROP RETENTION POLICY
  other,             // SELECT, DELETE, GRANT and the like
};

struct statement {
  statement_kind kind = statement_kind::other;
  /// The one created or dropped, or that after ON; empty if there is none.
  std::string database;
  /// Options after CREATE DATABASE ... WITH, spelled as InfluxDB spells them ("DURATION 7d").
  std::string options;
  /// The statement's first words, for messages: "SHOW TAG KEYS".
  std::string title;
};

/// `statements_max` bounds the work of one request.
inline constexpr std::size_t statements_max = 100;

/// The error is InfluxDB's: "error parsing query: found FOO, expected ... at line 1, char 1".
[[nodiscard]] result<std::vector<statement>> parse_query(std::string_view text);

/// An identifier as InfluxQL writes it: bare if it may be, else in double quotes with escapes.
[[nodiscard]] std::string quote_identifier(std::string_view name);

}  // namespace weir::api
