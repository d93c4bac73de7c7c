// SPDX-License-Identifier: Apache-2.0
//
// JSON strings: as Go spells them, and for people at a terminal.
#include "base/text/json_text.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(append_json_string, spells_as_go_does) {
  const auto spelled = [](std::string_view text) {
    std::string out;
    append_json_string(text, out);
    return out;
  };
  EXPECT_EQ(spelled("m<>& \"q\" \\"), R"("m\u003c\u003e\u0026 \"q\" \\")");
  EXPECT_EQ(spelled("a\nb\tc\rd\x01"), R"("a\nb\tc\rd\u0001")");
  EXPECT_EQ(spelled("\xE2\x80\xA8\xE2\x80\xA9\xE2\x88\x9E"), "\"\\u2028\\u2029\xE2\x88\x9E\"");
  EXPECT_EQ(spelled("\xff\xC0\x80\xED\xA0\x80\xE2\x82"),
            R"("\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd")");
  EXPECT_EQ(spelled(std::string_view{"\0", 1}), R"("\u0000")");
  EXPECT_EQ(spelled("\xF0\x9F\x98\x80\xF4\x90\x80\x80"),
            "\"\xF0\x9F\x98\x80\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

TEST(append_json_visible, escapes_what_a_terminal_does_not_show) {
  const auto inside = [](std::string_view text) {
    std::string out;
    append_json_visible(text, out);
    return out;
  };
  EXPECT_EQ(inside("a\n\"b\" \\ <&> \xC2\xB5"), "a\\u000a\\\"b\\\" \\\\ <&> \xC2\xB5");
  EXPECT_EQ(inside("\xC2\x9B\xE2\x80\xAE"), "\\u009b\\u202e");
  EXPECT_EQ(inside("\xFFz"), "\\ufffdz");
  EXPECT_EQ(inside("\xF3\xA0\x80\x81"), "\\udb40\\udc01");  // a tag, U+E0001
}

}  // namespace
}  // namespace weir
