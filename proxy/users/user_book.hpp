// SPDX-License-Identifier: Apache-2.0
//
// The users of the configuration: who a client is by its credentials, and what it may do.
// Immutable; a reload makes another one. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/credentials.hpp"
#include "config/settings.hpp"
#include "users/digests.hpp"

namespace weir {

/// One `[[user]]`.
class user {
 public:
  /// `ids_name_databases`: a server behind weir reads some names of databases as ids, which may be
  /// those of any: rights on such a name are no rights, but for those on all databases.
  explicit user(const user_settings& from, bool ids_name_databases = false);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool is_admin() const noexcept { return admin_; }
  [[nodiscard]] bool may_write(std::string_view database) const noexcept {
    return may(database, user_right::write);
  }
  [[nodiscard]] bool may_query(std::string_view database) const noexcept {
    return may(database, user_right::query);
  }
  /// Create it, drop it, change its retention policies.
  [[nodiscard]] bool may_administer(std::string_view database) const noexcept {
    return may(database, user_right::admin);
  }
  /// Nobody has a right on the database without a name, but for an administrator.
  [[nodiscard]] bool may(std::string_view database, user_right right) const noexcept;
  /// The same of all databases: by "*", or as an administrator.
  [[nodiscard]] bool may_everywhere(user_right right) const noexcept;
  /// It may do something with it.
  [[nodiscard]] bool knows(std::string_view database) const noexcept;
  /// Where the password is kept as it is.
  [[nodiscard]] bool has_password(std::string_view offered) const;
  /// Of argon2id; empty where there is none.
  [[nodiscard]] const std::string& password_hash() const noexcept { return password_hash_; }

 private:
  const std::string name_;
  const std::optional<sha256_digest> password_;
  const std::string password_hash_;
  /// A grant's pattern says something of a database.
  [[nodiscard]] bool covers(const user_grant& grant, std::string_view database) const noexcept;

  const std::vector<user_grant> grants_;
  const bool admin_;
  const bool ids_name_databases_;
};

class user_book {
 public:
  explicit user_book(const settings& from);

  /// No users: everybody may do everything.
  [[nodiscard]] bool empty() const noexcept { return users_.empty(); }

  /// What is wrong with most credentials.
  static constexpr std::string_view wrong = "authorization failed";

  struct verdict {
    /// Whom the credentials prove; nullptr: nobody.
    const user* who = nullptr;
    /// Of those of a user that end: seconds since the epoch; 0: they do not.
    std::int64_t ends_s = 0;
    /// Not empty: `who` is proved only if `password` matches this hash. For a name that nobody has
    /// it is a hash of somebody's, so that it takes as long.
    std::string hash{};
    std::string password{};
    /// What is wrong where nobody is proved, as InfluxDB 1 says it, and no more.
    std::string why{};
  };
  /// `now_s`: seconds since the epoch.
  [[nodiscard]] verdict prove(const api::credentials& offered, std::int64_t now_s) const;

 private:
  [[nodiscard]] const user* named(std::string_view name) const noexcept;
  [[nodiscard]] const user* of_token(std::string_view token) const;
  [[nodiscard]] verdict prove_signed(std::string_view token, std::int64_t now_s) const;

  std::vector<std::unique_ptr<const user>> users_;
  /// By a digest, so that how long a look-up takes tells nothing of the tokens.
  std::map<sha256_digest, const user*> by_token_;
  std::string jwt_secret_;
  /// Of any user that has one.
  std::string some_hash_;
};

}  // namespace weir
