// SPDX-License-Identifier: Apache-2.0
#include "codec/base64.hpp"

#include <gtest/gtest.h>

#include <random>

namespace weir {
namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  append_base64(bytes, out);
  return out;
}

TEST(base64, examples_of_the_rfc) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYmE"), "fooba");
  EXPECT_EQ(decode_base64(""), "");
}

TEST(base64, what_is_none) {
  EXPECT_EQ(decode_base64("Z"), std::nullopt);
  EXPECT_EQ(decode_base64("Zm 9"), std::nullopt);
  EXPECT_EQ(decode_base64("Zm=9"), std::nullopt);
  EXPECT_EQ(decode_base64("Zg==="), std::nullopt);
}

TEST(base64, any_bytes_come_back) {
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
      bytes.push_back(static_cast<char>(random()));
    }
    EXPECT_EQ(decode_base64(encoded(bytes)), bytes);
  }
}

}  // namespace
}  // namespace weir
