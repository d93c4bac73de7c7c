// SPDX-License-Identifier: Apache-2.0
//
// Passwords as the configuration may keep them: argon2id, which makes guessing slow even for
// whoever has the hash. Pure but for the salt, which is the caller's. It takes some hundredths of a
// second and 19 MiB, or what the hash says: not for the thread of a loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

/// "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH". Requires: `salt` has at least 8 bytes. Fails where
/// there is no memory for it.
[[nodiscard]] result<std::string> hash_password(std::string_view password, std::string_view salt);

enum class hash_check : std::uint8_t {
  differs,
  matches,
  not_made,  // there is no memory for it, or it is no hash
};

[[nodiscard]] hash_check check_password(std::string_view password, const std::string& hash);

}  // namespace weir
