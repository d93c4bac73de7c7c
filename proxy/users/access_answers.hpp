// SPDX-License-Identifier: Apache-2.0
//
// How each API says that a client is not known, or may not do what it asks for. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/query/statement.hpp"
#include "http/message.hpp"

namespace weir {

/// 401. `why` is InfluxDB 1's reason, which the others do not tell.
[[nodiscard]] http::response not_known(std::string_view path, std::string_view why);

/// Too many credentials of one address proved nobody: 503 in front of InfluxDB 1's clients, which
/// throw a batch away at a 429, and 429 to others.
[[nodiscard]] http::response too_many_attempts(std::string_view path);
/// The same where too many passwords wait to be held against their hashes: 503.
[[nodiscard]] http::response cannot_prove_now(std::string_view path);

/// 403 to a write.
[[nodiscard]] http::response may_not_write(std::string_view path, const std::string& user,
                                           const std::string& database);

/// 403 to a statement that administers.
[[nodiscard]] http::response may_not_administer(std::string_view path, const std::string& user,
                                                const api::statement& what);

/// 403 to a statement of this title that asks for what is in a database. `right` is InfluxDB's word
/// for what it needs: "READ", "WRITE", "ALL PRIVILEGES".
[[nodiscard]] http::response may_not_query(std::string_view path, const std::string& user,
                                           std::string_view title, std::string_view right,
                                           std::string_view database);

/// 403 to whatever else needs an administrator.
[[nodiscard]] http::response needs_administrator(std::string_view path, const std::string& user);

/// 403 to what would show or change the users of the server behind: those that count here are the
/// configuration's.
[[nodiscard]] http::response users_are_configured(std::string_view path);

}  // namespace weir
