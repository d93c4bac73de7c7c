// SPDX-License-Identifier: Apache-2.0
//
// UTF-8: the characters one by one agree with the vectorised check of whole texts.
#include "base/text/utf8.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(valid_utf8, replaces_what_is_none) {
  EXPECT_EQ(valid_utf8("a\xC3\xA9"), "a\xC3\xA9");
  EXPECT_EQ(valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(valid_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(first_character, code_points_and_lengths) {
  const auto is = [](std::string_view text, std::uint32_t code, std::size_t bytes) {
    const utf8_character first = first_character(text);
    return first.code == code && first.bytes == bytes;
  };
  EXPECT_TRUE(is("az", 'a', 1));
  EXPECT_TRUE(is("\xC2\xB5s", 0xB5, 2));
  EXPECT_TRUE(is("\xE2\x88\x9E", 0x221E, 3));
  EXPECT_TRUE(is("\xF0\x9F\x98\x80", 0x1F600, 4));
  for (const std::string_view none :
       {"", "\x80", "\xC2", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_EQ(first_character(none).bytes, 0U) << none;
  }
}

// Every first byte with every edge of what may follow.
TEST(first_character, agrees_with_the_check_of_whole_texts) {
  constexpr unsigned char edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (unsigned first = 0; first < 256; ++first) {
    for (const unsigned char second : edges) {
      for (const unsigned char third : edges) {
        for (const unsigned char fourth : edges) {
          const std::string text{static_cast<char>(first), static_cast<char>(second),
                                 static_cast<char>(third), static_cast<char>(fourth)};
          for (std::size_t length = 1; length <= text.size(); ++length) {
            const std::string_view part = std::string_view(text).substr(0, length);
            std::string_view rest = part;
            while (!rest.empty() && first_character(rest).bytes > 0) {
              rest.remove_prefix(first_character(rest).bytes);
            }
            ASSERT_EQ(rest.empty(), is_utf8(part)) << first << " " << length;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace weir
