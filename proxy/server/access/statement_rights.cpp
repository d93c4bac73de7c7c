// SPDX-License-Identifier: Apache-2.0
#include "server/access/statement_rights.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "users/access_answers.hpp"

namespace weir {
namespace {

using api::statement;
using api::statement_kind;

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& titles, const statement& each) {
  return std::find(titles.begin(), titles.end(), each.title()) != titles.end();
}

/// Of the server's users.
bool is_of_users(const statement& each) {
  static constexpr std::array<std::string_view, 7> titles{
      "CREATE USER", "DROP USER", "ALTER USER", "SET", "GRANT", "REVOKE", "SHOW GRANTS"};
  return each.kind == statement_kind::show_users || is_one_of(titles, each);
}

bool only_reads(const statement& each) {
  static constexpr std::array<std::string_view, 2> titles{"SELECT", "EXPLAIN"};
  return each.kind == statement_kind::show_data || is_one_of(titles, each);
}

/// It takes points away.
bool deletes(const statement& each) {
  static constexpr std::array<std::string_view, 3> titles{"DELETE", "DROP SERIES",
                                                          "DROP MEASUREMENT"};
  return is_one_of(titles, each);
}

/// A right, and what InfluxDB calls it.
struct needed {
  user_right right;
  std::string_view word;
};

constexpr needed to_read{user_right::query, "READ"};
constexpr needed to_write{user_right::write, "WRITE"};
constexpr needed to_administer{user_right::admin, "ALL PRIVILEGES"};

/// It must have the right on every database that the statement names, and on the usual one, which
/// it may be about, too.
std::optional<http::response> refuse(const user& by, const asked_statements& asked,
                                     const statement& each, const needed& what) {
  std::vector<std::string> databases = each.named;
  const std::string usual = each.database.empty() ? std::string(asked.database) : each.database;
  if (!usual.empty()) {
    databases.push_back(usual);
  }
  const bool unclear = each.names_unknown || databases.empty();
  if (unclear && !by.may_everywhere(what.right)) {
    return may_not_query(asked.path, by.name(), each.title(), what.word, "");
  }
  for (const std::string& database : databases) {
    if (!by.may(database, what.right)) {
      return may_not_query(asked.path, by.name(), each.title(), what.word, database);
    }
  }
  return std::nullopt;
}

std::optional<http::response> refuse_one(const user& by, const asked_statements& asked,
                                         const statement& each) {
  if (is_of_users(each)) {
    return users_are_configured(asked.path);
  }
  if (by.is_admin()) {
    return std::nullopt;
  }
  if (each.administers()) {
    return by.may(each.database, user_right::admin)
               ? std::nullopt
               : std::optional(may_not_administer(asked.path, by.name(), each));
  }
  if (each.kind == statement_kind::show_databases) {
    // weir shows those that the user knows, a server all.
    return !asked.passed_on || by.may_everywhere(user_right::query)
               ? std::nullopt
               : std::optional(may_not_query(asked.path, by.name(), each.title(), "READ", ""));
  }
  if (each.kind == statement_kind::show_retention_policies || only_reads(each)) {
    auto refused = refuse(by, asked, each, to_read);
    return !refused && each.writes ? refuse(by, asked, each, to_write) : std::move(refused);
  }
  return deletes(each) ? refuse(by, asked, each, to_administer)
                       : needs_administrator(asked.path, by.name());
}

}  // namespace

std::optional<http::response> refuse_statements(const user& by, const asked_statements& asked) {
  for (const statement& each : asked.all) {
    if (auto refused = refuse_one(by, asked, each)) {
      return refused;
    }
  }
  return std::nullopt;
}

}  // namespace weir
