// SPDX-License-Identifier: Apache-2.0
#include "users/digests.hpp"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "users/keyed_digest.hpp"

namespace weir {
namespace {

/// The same by OpenSSL.
keyed_digest digest_by_openssl(const std::string& key, const std::string& text) {
  EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(algorithm);
  std::size_t size = 16;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                   OSSL_PARAM_construct_end()};
  keyed_digest out;
  EXPECT_EQ(EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                         parameters),
            1);
  EXPECT_EQ(
      EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()), 1);
  EXPECT_EQ(EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.words.data()), &size, 16),
            1);
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(algorithm);
  return out;
}

TEST(keyed_digest, is_siphash_with_its_key) {
  // Of the authors' test vectors (vectors_sip128): key 00 to 0f, texts of 0 and of 1 byte.
  std::string key;
  for (char c = 0; c < 16; ++c) {
    key.push_back(c);
  }
  const digest_maker maker(key);
  EXPECT_EQ(maker.of("").words[0], 0xe6a825ba047f81a3U);
  EXPECT_EQ(maker.of("").words[1], 0x930255c71472f66dU);
  const keyed_digest one = maker.of(std::string_view("\0", 1));
  EXPECT_EQ(one.words[0], 0x44af996bd8c187daU);
  EXPECT_EQ(one.words[1], 0x45fc229b11597634U);
}

TEST(keyed_digest, is_that_of_openssl) {
  std::string key = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 300; ++i) {
    key[static_cast<std::size_t>(i) % key.size()] = static_cast<char>(i * 7);
    EXPECT_EQ(digest_maker(key).of(text), digest_by_openssl(key, text)) << i;
    text.push_back(static_cast<char>(i * 31));
  }
}

TEST(digests, of_secrets_are_compared) {
  EXPECT_TRUE(equal_secrets("secret", "secret"));
  for (const char* other : {"", "secre", "secrets", "secreT", "Secret"}) {
    EXPECT_FALSE(equal_secrets("secret", other)) << other;
  }
}

}  // namespace
}  // namespace weir
