// SPDX-License-Identifier: Apache-2.0
//
// What a client of HTTP/2, such as Arrow Flight's, is told: in its protocol, whatever the pieces.
#include "http/http2_refusal.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

std::string frame(char kind, char flags, char stream, std::string_view content) {
  std::string out{'\0', static_cast<char>(content.size() >> 8 & 0xFF),
                  static_cast<char>(content.size() & 0xFF)};
  out += {kind, flags, '\0', '\0', '\0', stream};
  return out.append(content);
}

const std::string rest = "SM\r\n\r\n";
// Settings, a window, a request's headers in two frames, and its data.
const std::string flight_call = rest + frame(4, 0, 0, "123456") + frame(8, 0, 0, "1234") +
                                frame(1, 0, 1, "headers") + frame(9, 4, 1, "more");

struct told {
  std::string bytes;
  http2_refusal::status status = http2_refusal::status::more;
  bool begun = false;
};

told tell(std::string_view input, std::size_t piece_bytes) {
  http2_refusal refusal;
  told out;
  while (!input.empty() && out.status == http2_refusal::status::more) {
    out.status = refusal.receive(input.substr(0, piece_bytes), out.bytes);
    input.remove_prefix(std::min(piece_bytes, input.size()));
  }
  out.begun = refusal.begun();
  return out;
}

struct seen_frame {
  int kind = 0;
  int flags = 0;
  int stream = 0;
  std::string content;
};

std::vector<seen_frame> frames_of(std::string_view bytes) {
  std::vector<seen_frame> found;
  while (bytes.size() >= 9) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::size_t size = at(1) * 256U + at(2);
    found.push_back({at(3), at(4), at(8), std::string(bytes.substr(9, size))});
    bytes.remove_prefix(9 + size);
  }
  EXPECT_TRUE(bytes.empty());
  return found;
}

TEST(http2_refusal, a_call_is_told_that_it_is_not_implemented) {
  const told whole = tell(flight_call, flight_call.size());
  EXPECT_EQ(whole.status, http2_refusal::status::over);
  const std::vector<seen_frame> frames = frames_of(whole.bytes);
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_EQ(frames[0].kind, 4);  // our settings, before anything else
  EXPECT_EQ(frames[0].flags, 0);
  EXPECT_EQ(frames[1].kind, 4);
  EXPECT_EQ(frames[1].flags, 1);  // theirs are acknowledged
  EXPECT_EQ(frames[2].kind, 1);
  EXPECT_EQ(frames[2].flags, 5);  // the end of headers and of the stream
  EXPECT_EQ(frames[2].stream, 1);
  for (const std::string_view part : {":status\003404", "grpc-status\00212", "grpc-message",
                                      "query the database itself", "application/grpc"}) {
    EXPECT_NE(frames[2].content.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(frames[3].kind, 7);
  EXPECT_NE(frames[3].content.find("query the database itself"), std::string::npos);
}

TEST(http2_refusal, every_split_says_the_same) {
  const std::string whole = tell(flight_call, flight_call.size()).bytes;
  for (std::size_t piece = 1; piece < flight_call.size(); ++piece) {
    ASSERT_EQ(tell(flight_call, piece).bytes, whole) << piece;
  }
}

TEST(http2_refusal, a_ping_is_answered_with_its_content) {
  const told out = tell(rest + frame(4, 0, 0, "") + frame(6, 0, 0, "abcdefgh"), 3);
  EXPECT_EQ(out.status, http2_refusal::status::more);
  const std::vector<seen_frame> frames = frames_of(out.bytes);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[2].kind, 6);
  EXPECT_EQ(frames[2].flags, 1);
  EXPECT_EQ(frames[2].content, "abcdefgh");
}

TEST(http2_refusal, what_is_no_http2_ends_it) {
  EXPECT_EQ(tell("SM\r\n\rx", 6).status, http2_refusal::status::over);
  const told no_settings = tell(rest + frame(1, 4, 1, "headers"), 5);
  EXPECT_EQ(no_settings.status, http2_refusal::status::over);
  EXPECT_FALSE(no_settings.begun);
  EXPECT_EQ(no_settings.bytes, "");
  const std::string too_long = rest + frame(4, 0, 0, "") + "\x7f\xff\xff" + std::string(6, '\0');
  EXPECT_EQ(tell(too_long, 4).status, http2_refusal::status::over);
}

TEST(http2_refusal, a_connection_answers_it_and_ends) {
  recording_router router;
  const moment begin{};
  connection wire(router, {}, begin);
  wire.receive(std::string(http2_refusal::begin) + flight_call, begin);
  EXPECT_EQ(frames_of(wire.output()).size(), 4U);
  EXPECT_TRUE(wire.wants_half_close());
  EXPECT_TRUE(router.requests.empty());
  wire.receive(frame(0, 1, 1, "the call's data"), begin);
  EXPECT_FALSE(wire.wants_close());
  wire.receive_end(begin);
  EXPECT_TRUE(wire.wants_close());
}

TEST(http2_refusal, a_connection_waits_for_frames_only_so_long) {
  recording_router router;
  const moment begin{};
  connection wire(router, {}, begin);
  wire.receive(http2_refusal::begin, begin);
  EXPECT_EQ(wire.output(), "");
  EXPECT_TRUE(wire.wants_input());
  moment late = begin;
  late.steady = wire.deadline();
  wire.tick(late);
  EXPECT_TRUE(wire.wants_close());
}

TEST(http2_refusal, who_only_claims_to_speak_it_is_answered_in_http1) {
  recording_router router;
  const moment begin{};
  connection wire(router, {}, begin);
  wire.receive(std::string(http2_refusal::begin) + rest, begin);
  wire.receive_end(begin);
  EXPECT_TRUE(wire.output().starts_with("HTTP/1.1 505 ")) << wire.output();
  EXPECT_TRUE(wire.wants_close());
}

}  // namespace
}  // namespace weir::http::test
