// SPDX-License-Identifier: Apache-2.0
#include "users/digests.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.hpp"

namespace weir {

sha256_digest sha256(std::string_view text) {
  sha256_digest out{};
  unsigned size = out.size();
  WEIR_ASSERT(EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) == 1);
  return out;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
  sha256_digest out{};
  unsigned size = out.size();
  WEIR_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(),
                   &size) != nullptr);
  return out;
}

bool equal_secrets(std::string_view one, std::string_view other) {
  return equal_secrets(sha256(one), sha256(other));
}

bool equal_secrets(const sha256_digest& one, const sha256_digest& other) noexcept {
  return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace weir
