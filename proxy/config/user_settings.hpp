// SPDX-License-Identifier: Apache-2.0
//
// What an operator says of a user. Plain types.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

enum class user_right : std::uint8_t { write = 1, query = 2, admin = 4 };

/// What a user may do with the databases that match a pattern.
struct user_grant {
  std::string pattern;
  /// Bits of user_right. `admin` brings the others along.
  std::uint8_t rights = 0;

  [[nodiscard]] bool allows(user_right right) const noexcept {
    const auto admin = static_cast<unsigned>(user_right::admin);
    return (rights & (static_cast<unsigned>(right) | admin)) != 0;
  }
  friend bool operator==(const user_grant&, const user_grant&) = default;
};

/// One `[[user]]`. Where there is one, requests need the credentials of a user.
struct user_settings {
  std::string name{};
  /// One of these two at most.
  std::string password{};
  /// Of argon2id, as `weir user hash` makes it.
  std::string password_hash{};
  std::string token{};
  std::vector<user_grant> databases{};
  /// May do everything.
  bool admin = false;
  friend bool operator==(const user_settings&, const user_settings&) = default;
};

}  // namespace weir
