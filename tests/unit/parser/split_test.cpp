// SPDX-License-Identifier: Apache-2.0
//
// A body means the same however it is split.
#include <gtest/gtest.h>

#include "cases.hpp"

namespace weir::test {
namespace {

void expect_same_for_every_split(std::string_view body, const parse_options& options = {}) {
  const observed whole = observe({body}, options);
  for (std::size_t at = 0; at <= body.size(); ++at) {
    ASSERT_TRUE(same(whole, observe({body.substr(0, at), body.substr(at)}, options)))
        << "split at " << at << " of " << testing::PrintToString(body);
  }
  ASSERT_TRUE(same(whole, observe_bytewise(body, options))) << testing::PrintToString(body);
}

TEST(Split, EveryCaseAlone) {
  for (const line_case& each : line_cases) {
    expect_same_for_every_split(each.body);
  }
}

TEST(Split, EveryCaseBetweenOthers) {
  for (const line_case& each : line_cases) {
    std::string body{"a,t=b f=1i 1\n"};
    body.append(each.body).append("\nz f=\"x\" 2\r\n#c\r\n");
    expect_same_for_every_split(body);
  }
}

TEST(Split, LongLines) {
  parse_options options;
  options.line_bytes_max = 12;
  expect_same_for_every_split("m f=1\nmeasurement f=1\nm f=2\n", options);
  expect_same_for_every_split("m f=\"0123456789\nm f=1\n\" 1\nm f=2\n", options);
  expect_same_for_every_split("m f=\"01234567890123456789\" 1\nm f=2\n", options);
  expect_same_for_every_split("#a comment of any length is one\r\nm f=2\n", options);
  expect_same_for_every_split("                 m f=2\nm f=3\n", options);
  expect_same_for_every_split("m f=12345678\nm f=123456789\nm f=1234567\r\nm f=12345678\r\n",
                              options);
  expect_same_for_every_split("aaaaaaaaaaa\\\nm f=1\naaaaaaaaaaaa\\\nm f=2", options);
}

TEST(Split, ManyPieces) {
  std::string body;
  for (int i = 0; i < 50; ++i) {
    body += "m,t=" + std::to_string(i) + " f=\"a\nb\"," + "g=" + std::to_string(i) + ".5 " +
            std::to_string(i) + "\n";
  }
  const observed whole = observe({body});
  ASSERT_EQ(whole.lines.size(), 50U);
  for (const std::size_t size : {2U, 3U, 7U, 16U, 33U, 100U}) {
    observed pieces;
    line_reader reader;
    for (std::size_t at = 0; at < body.size(); at += size) {
      const std::string piece = body.substr(at, size);
      reader.feed(piece);
      drain(reader, pieces);
    }
    reader.finish();
    drain(reader, pieces);
    pieces.counts = reader.counts();
    EXPECT_TRUE(same(whole, pieces)) << size;
  }
}

TEST(Split, AnIncompleteLineIsHeldAndCounted) {
  line_reader reader;
  const std::string first = "m f=1 1\nm f=2";
  reader.feed(first);
  EXPECT_EQ(reader.next(), line_event::point);
  EXPECT_EQ(reader.held_bytes(), 0U);
  EXPECT_EQ(reader.next(), line_event::more);
  EXPECT_EQ(reader.held_bytes(), 5U);
  const std::string second = " 2\n";
  reader.feed(second);
  ASSERT_EQ(reader.next(), line_event::point);
  EXPECT_EQ(reader.point().time, 2);
  EXPECT_EQ(reader.next(), line_event::more);
  EXPECT_EQ(reader.held_bytes(), 0U);
}

}  // namespace
}  // namespace weir::test
