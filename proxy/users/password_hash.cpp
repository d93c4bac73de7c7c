// SPDX-License-Identifier: Apache-2.0
#include "users/password_hash.hpp"

#include <argon2.h>

#include <array>

namespace weir {
namespace {

// What OWASP recommends for argon2id with one lane.
constexpr std::uint32_t passes = 2;
constexpr std::uint32_t memory_kib = 19'456;
constexpr std::uint32_t hash_bytes = 32;

}  // namespace

result<std::string> hash_password(std::string_view password, std::string_view salt) {
  std::array<char, 256> encoded{};
  const int status =
      argon2id_hash_encoded(passes, memory_kib, 1, password.data(), password.size(), salt.data(),
                            salt.size(), hash_bytes, encoded.data(), encoded.size());
  if (status != ARGON2_OK) {
    return failure{std::string("the hash cannot be made: ") + argon2_error_message(status)};
  }
  return std::string(encoded.data());
}

hash_check check_password(std::string_view password, const std::string& hash) {
  switch (argon2id_verify(hash.c_str(), password.data(), password.size())) {
    case ARGON2_OK:
      return hash_check::matches;
    case ARGON2_VERIFY_MISMATCH:
      return hash_check::differs;
    default:
      return hash_check::not_made;
  }
}

}  // namespace weir
