// SPDX-License-Identifier: Apache-2.0
#include "base/text/ascii.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ascii, hexadecimal_digits_read_back) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (const std::string_view digits : {hex_digits_lower, hex_digits_upper}) {
      std::string text;
      append_hex(static_cast<unsigned char>(byte), digits, text);
      ASSERT_EQ(text.size(), 2U);
      EXPECT_EQ(hex_value(text[0]) * 16 + hex_value(text[1]), static_cast<int>(byte));
    }
  }
  for (const char c : {'g', 'G', '/', ':', '@', '`', ' ', '\xB0'}) {
    EXPECT_EQ(hex_value(c), -1) << c;
  }
}

TEST(ascii, other_bytes_are_neither_letters_nor_digits) {
  int letters = 0;
  int digits = 0;
  for (int byte = -128; byte < 128; ++byte) {
    letters += is_letter(static_cast<char>(byte)) ? 1 : 0;
    digits += is_digit(static_cast<char>(byte)) ? 1 : 0;
  }
  EXPECT_EQ(letters, 52);
  EXPECT_EQ(digits, 10);
  EXPECT_EQ(lower_case("AZ[\xC3\x84"), "az[\xC3\x84");
}

TEST(ascii, trimmed) {
  EXPECT_EQ(trimmed(" \ta b\t "), "a b");
  EXPECT_EQ(trimmed("\ra\n"), "\ra\n");
  EXPECT_EQ(trimmed("\ra\n", " \t\r\n"), "a");
  EXPECT_EQ(trimmed(" \t "), "");
}

TEST(ascii, comparisons_ignore_case) {
  EXPECT_TRUE(equal_ignoring_case("Content-Length", "content-lengtH"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
  EXPECT_TRUE(contains_ignoring_case("x-GZIP-y", "gzip"));
  EXPECT_TRUE(contains_ignoring_case("x", ""));
  EXPECT_FALSE(contains_ignoring_case("gzi", "gzip"));
}

}  // namespace
}  // namespace weir
