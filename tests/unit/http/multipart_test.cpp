// SPDX-License-Identifier: Apache-2.0
//
// multipart/form-data in the spellings of curl, browsers and Python.
#include "http/multipart.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

std::string shown(std::string_view type, std::string_view body, std::size_t count_max = 64) {
  std::string out;
  for (const form_part& part : decode_multipart(type, body, count_max)) {
    out += part.name + (part.file ? "@" : "=") + std::string(part.value) + ";";
  }
  return out;
}

TEST(multipart, content_types) {
  EXPECT_TRUE(is_multipart("multipart/form-data; boundary=x"));
  EXPECT_TRUE(is_multipart("Multipart/Form-Data ;boundary=x"));
  EXPECT_FALSE(is_multipart("multipart/mixed; boundary=x"));
  EXPECT_FALSE(is_multipart(""));
}

TEST(multipart, parts_in_order) {
  const std::string body =
      "a preamble\r\n--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\none\r\ntwo --b\r\n"
      "--b  \r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: form-data; filename=\"a;b.txt\"; "
      "name=file\r\n\r\n\r\n--b\r\nContent-Disposition: form-data\r\n\r\nno name\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"a \\\"b\\\"\"\r\n\r\n\r\n\r\n--b--\r\n";
  for (const char* type : {"multipart/form-data; boundary=b", "multipart/form-data;boundary=\"b\"",
                           "multipart/form-data; charset=utf-8; Boundary = b; x=y"}) {
    EXPECT_EQ(shown(type, body), "q=one\r\ntwo --b;file@;a \"b\"=\r\n;") << type;
  }
  EXPECT_EQ(shown("multipart/form-data; boundary=b", body, 1), "q=one\r\ntwo --b;");
}

TEST(multipart, bare_line_feeds) {
  EXPECT_EQ(shown("multipart/form-data; boundary=b",
                  "--b\nContent-Disposition: form-data; name=q\n\nx\n--b--\n"),
            "q=x;");
}

TEST(multipart, what_is_damaged_gives_what_was_whole) {
  const std::string type = "multipart/form-data; boundary=b";
  const std::string first = "--b\r\nContent-Disposition: form-data; name=q\r\n\r\nx\r\n";
  EXPECT_EQ(shown(type, ""), "");
  EXPECT_EQ(shown(type, "--b"), "");
  EXPECT_EQ(shown(type, first), "") << "no delimiter ends it";
  EXPECT_EQ(shown(type, first + "--b"), "q=x;");
  EXPECT_EQ(shown(type, first + "--b\r\nContent-Disposition: form-data; name=\"r"), "q=x;");
  EXPECT_EQ(shown(type, first + "--bc\r\n" + first + "--b--"), "q=x;") << "another boundary";
  EXPECT_EQ(shown("multipart/form-data; boundary=", first + "--b--"), "");
  EXPECT_EQ(shown("multipart/form-data; boundary=\"b", first + "--b--"), "q=x;");
}

}  // namespace
}  // namespace weir::http
