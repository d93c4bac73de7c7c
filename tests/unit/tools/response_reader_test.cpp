// SPDX-License-Identifier: Apache-2.0
#include "tools/load/response_reader.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

using state = response_reader::state;

/// Fed in two pieces, at every split; the answer must end with the last byte and not before.
void expect_complete(const std::string& bytes, int status, bool keep_alive,
                     const std::string& body) {
  response_reader reader;
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    reader.reset();
    ASSERT_EQ(reader.feed(bytes.substr(0, split)), state::more) << "split at " << split;
    ASSERT_EQ(reader.feed(bytes.substr(split)), state::complete) << "split at " << split;
    EXPECT_EQ(reader.status(), status);
    EXPECT_EQ(reader.keep_alive(), keep_alive);
    EXPECT_EQ(reader.body_begin(), body);
  }
}

TEST(ResponseReader, NoContent) {
  expect_complete("HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.6.7\r\n\r\n", 204, true, "");
}

TEST(ResponseReader, LengthAndChunks) {
  expect_complete("HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nwrong", 400, true, "wrong");
  expect_complete(
      "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwro\r\n2\r\nng\r\n0\r\n\r\n", 500,
      true, "wrong");
}

TEST(ResponseReader, CountsOfLines) {
  const std::string bytes =
      "HTTP/1.1 400 Bad Request\r\nX-Weir-Line: 7\r\nX-WEIR-lines: accepted=4999, rejected=1, "
      "dropped=2\r\nX-Weir-Linesman: 8\r\nContent-Length: 0\r\n\r\n";
  response_reader reader;
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    reader.reset();
    EXPECT_FALSE(reader.lines());
    ASSERT_EQ(reader.feed(bytes.substr(0, split)), state::more);
    ASSERT_EQ(reader.feed(bytes.substr(split)), state::complete);
    ASSERT_TRUE(reader.lines()) << "split at " << split;
    EXPECT_EQ(reader.lines()->accepted, 4999U);
    EXPECT_EQ(reader.lines()->rejected, 1U);
    EXPECT_EQ(reader.lines()->dropped, 2U);
  }
  for (const char* text :
       {"", "accepted=1", "accepted=1, rejected=2, dropped=x",
        "accepted=1, rejected=2, dropped=3, more=4", "accepted=-1, rejected=2, dropped=3",
        "accepted=99999999999999999999, rejected=2, dropped=3"}) {
    EXPECT_FALSE(read_answered_lines(text)) << text;
  }
}

TEST(ResponseReader, CloseIsHeeded) {
  expect_complete("HTTP/1.1 503 Full\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 503, false,
                  "");
  expect_complete("HTTP/1.0 204 Fine\r\nContent-Length: 0\r\n\r\n", 204, false, "");
}

TEST(ResponseReader, InterimAnswersAreSkipped) {
  expect_complete("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, true, "");
}

TEST(ResponseReader, SomeAnswersEndWithTheConnection) {
  response_reader reader;
  ASSERT_EQ(reader.feed("HTTP/1.1 502 Bad Gateway\r\n\r\nno length"), state::more);
  ASSERT_EQ(reader.finish(), state::complete);
  EXPECT_EQ(reader.status(), 502);
  EXPECT_FALSE(reader.keep_alive());
  EXPECT_EQ(reader.body_begin(), "no length");
}

TEST(ResponseReader, CutOffOrNotHttp) {
  response_reader reader;
  ASSERT_EQ(reader.feed("HTTP/1.1 400 Bad\r\nContent-Length: 10\r\n\r\nhalf"), state::more);
  EXPECT_EQ(reader.finish(), state::damaged);
  reader.reset();
  EXPECT_EQ(reader.finish(), state::damaged);
  reader.reset();
  EXPECT_EQ(reader.feed("SSH-2.0-OpenSSH\r\n"), state::damaged);
  reader.reset();
  EXPECT_EQ(reader.feed("HTTP/1.1 204 Fine\r\n\r\nHTTP/1.1 204"), state::damaged);
}

TEST(ResponseReader, OnlyTheBeginningOfABodyIsKept) {
  response_reader reader;
  const std::string body(100'000, 'x');
  ASSERT_EQ(reader.feed("HTTP/1.1 400 Bad\r\nContent-Length: 100000\r\n\r\n" + body),
            state::complete);
  EXPECT_EQ(reader.body_begin(), std::string(300, 'x'));
}

}  // namespace
}  // namespace weir
