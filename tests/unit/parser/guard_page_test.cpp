// SPDX-License-Identifier: Apache-2.0
//
// No byte past a piece's end, or before its beginning, is read: the bytes around it are unmapped.
#include <gtest/gtest.h>

#include "cases.hpp"
#include "guarded_pages.hpp"

namespace weir::test {
namespace {

std::vector<outcome> read_in_place(std::string_view body) {
  observed actual;
  line_reader reader;
  reader.feed(body);
  drain(reader, actual);
  reader.finish();
  drain(reader, actual);
  return actual.lines;
}

TEST(GuardPage, NoByteOutsideAPieceIsRead) {
  guarded_pages pages;
  ASSERT_TRUE(pages.ready());
  for (const line_case& each : line_cases) {
    for (const char* after : {"", "\n", "\r\n", "\nm,t=a f=1i,g=\"x\",h=1.5 17"}) {
      const std::string body = std::string{each.body} + after;
      const std::vector<outcome> expected = observe({body}).lines;
      EXPECT_EQ(read_in_place(pages.at_the_end(body)), expected);
      EXPECT_EQ(read_in_place(pages.at_the_beginning(body)), expected);
    }
  }
}

TEST(GuardPage, EveryTruncation) {
  guarded_pages pages;
  ASSERT_TRUE(pages.ready());
  const std::string body =
      "m\\,x,t=\xc3\xa9 f=1,g=-2i,h=\"a\\\"b\",i=true,j=1.5e3,k=7u 1586844081000000000\r\n";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string part = body.substr(0, size);
    EXPECT_EQ(read_in_place(pages.at_the_end(part)), observe({part}).lines) << size;
  }
}

}  // namespace
}  // namespace weir::test
