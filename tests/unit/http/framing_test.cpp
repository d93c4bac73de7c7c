// SPDX-License-Identifier: Apache-2.0
//
// Bodies whose end or whose encoding the head does not tell.
#include "http/framing.hpp"

#include <gtest/gtest.h>

#include <string>

#include "http/head.hpp"
#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

int status_of(const std::string& output) {
  return output.size() < 12 ? 0 : std::stoi(output.substr(9, 3));
}

coding coding_for(const std::string& value) {
  const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + value + "\r\n\r\n";
  request_head head;
  EXPECT_FALSE(parse_head(bytes, head)) << value;
  coding_layers layers;
  return coding_of(head, layers);
}

std::string encoded(const std::string& value, const std::string& body) {
  return "POST /w HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + value +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(unknown_length, a_body_without_an_end_is_refused_and_never_taken_for_empty) {
  for (const std::string head : {
           "POST /w HTTP/1.0\r\n\r\n",
           "POST /w HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
           "POST /w HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
           "POST /w HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n",
           "POST /w HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
           "POST /w HTTP/1.0\r\nContent-Encoding: gzip\r\n\r\n",
       }) {
    for (const std::string body : {"m v=1\n", "", "POST /w HTTP/1.1\r\nHost: a\r\n\r\n"}) {
      for_every_split(head + body, [&](const std::vector<std::string_view>& pieces) {
        const outcome_of_bytes out = feed(pieces);
        ASSERT_EQ(status_of(out.output), 411) << head;
        ASSERT_NE(out.output.find("Connection: close"), std::string::npos);
        ASSERT_EQ(out.output.find("HTTP/1.1", 1), std::string::npos) << "one answer";
        ASSERT_EQ(out.failures, std::vector{body_failure::length_unknown});
        ASSERT_EQ(out.requests.size(), 1U);
        ASSERT_FALSE(out.requests.front().complete);
      });
    }
  }
}

TEST(unknown_length, what_follows_is_read_until_its_end_so_that_the_answer_is) {
  recording_router router;
  connection subject{router, {}, start};
  subject.receive("POST /w HTTP/1.0\r\n\r\nm v=1\n", start);
  EXPECT_TRUE(subject.wants_half_close());
  for (int i = 0; i < 5; ++i) {
    subject.receive("m v=1\n", after_start(second_ns));
    EXPECT_TRUE(subject.wants_input());
    EXPECT_FALSE(subject.wants_close());
  }
  subject.receive_end(after_start(second_ns));
  EXPECT_TRUE(subject.wants_close());
  EXPECT_EQ(router.alive, 0U);
}

TEST(unknown_length, a_client_that_does_not_end_is_not_waited_for_long) {
  recording_router router;
  connection subject{router, {}, start};
  subject.receive("POST /w HTTP/1.0\r\n\r\n", start);
  EXPECT_FALSE(subject.wants_close());
  EXPECT_LE(subject.deadline(), after_start(2 * second_ns).steady);
  subject.tick({.steady = subject.deadline(), .wall = start.wall});
  EXPECT_TRUE(subject.wants_close());
  EXPECT_EQ(status_of(subject.output()), 411);
}

TEST(unknown_length, discarding_is_bounded) {
  connection_limits limits;
  limits.discard_bytes_max = 1000;
  recording_router router;
  connection subject{router, limits, start};
  subject.receive("POST /w HTTP/1.0\r\n\r\n", start);
  subject.receive(std::string(1000, 'x'), start);
  EXPECT_FALSE(subject.wants_close());
  subject.receive("x", start);
  EXPECT_TRUE(subject.wants_close());
}

TEST(unknown_length, an_early_answer_is_read_in_peace_too) {
  for_every_split("POST /refuse HTTP/1.0\r\nConnection: keep-alive\r\n\r\nm v=1\n",
                  [&](const std::vector<std::string_view>& pieces) {
                    const outcome_of_bytes out = feed(pieces);
                    ASSERT_EQ(status_of(out.output), 503);
                    ASSERT_NE(out.output.find("Connection: close"), std::string::npos);
                    ASSERT_EQ(out.output.find("HTTP/1.1", 1), std::string::npos);
                    ASSERT_FALSE(out.closed);
                  });
}

TEST(unknown_length, what_takes_no_body_is_answered) {
  const outcome_of_bytes old = feed({"POST /query?q=x HTTP/1.0\r\n\r\n"});
  EXPECT_EQ(status_of(old.output), 200);
  EXPECT_FALSE(old.closed) << "closed once the client has read it";
  EXPECT_EQ(
      status_of(feed({"POST /query HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}).output),
      200);
  const outcome_of_bytes kept =
      feed({"POST /query HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            "POST /query HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"});
  EXPECT_EQ(kept.requests.size(), 2U);
  EXPECT_EQ(status_of(kept.output), 200);
  EXPECT_TRUE(feed({"GET /w HTTP/1.0\r\n\r\n"}).closed);
}

TEST(unknown_length, http_1_1_kept_alive_has_no_body_then) {
  const std::string empty = "POST /w HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string next : {"", "G", "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
                                 "\r\nPOST http://a/2 HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    const outcome_of_bytes out = feed({empty + next});
    EXPECT_EQ(status_of(out.output), 200) << next;
    EXPECT_TRUE(out.failures.empty());
  }
  // What comes with it and is no request is a body after all.
  for (const std::string body : {"m v=1\n", "POSTS v=1\n", "GET v=1\n", "\nCPU v=1", "#"}) {
    const outcome_of_bytes out = feed({empty + body});
    EXPECT_EQ(status_of(out.output), 411) << body;
    EXPECT_EQ(out.requests.size(), 1U);
  }
}

TEST(unknown_length, a_length_of_none_is_a_length) {
  for (const std::string version : {"1.0", "1.1"}) {
    EXPECT_EQ(status_of(feed({"POST /w HTTP/" + version +
                              "\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"})
                            .output),
              200);
  }
}

TEST(coding, by_name) {
  for (const char* name : {"identity", "Identity", "", "identity, identity"}) {
    EXPECT_EQ(coding_for(name), coding::identity) << name;
  }
  for (const char* name : {"gzip", "GZIP", "x-gzip", "identity, gzip", "gzip,identity", "deflate",
                           "Zstd", "gzip, gzip", "deflate, identity, zstd", "gzip, zstd, gzip"}) {
    EXPECT_EQ(coding_for(name), coding::coded) << name;
  }
  for (const char* name :
       {"br", "snappy, snappy", "gzip, snappy", "compress", "gzip, br", "utf-8, zstd",
        "deflate, utf-8", "application/zstd", "application/x-snappy", "LZ4", "zlib",
        "gzip, gzip, gzip, gzip", "zstd, deflate, gzip, identity, zstd"}) {
    EXPECT_EQ(coding_for(name), coding::unknown) << name;
  }
  for (const char* name : {"snappy", "Snappy", "x-snappy-framed", "identity, snappy"}) {
    EXPECT_EQ(coding_for(name), coding::snappy) << name;
  }
  for (const char* name : {"utf-8", "UTF8", "application/gzip", "text/plain", "none", "7bit",
                           "gzip, utf-8", "utf-8, gzip", "plain;q=1"}) {
    EXPECT_EQ(coding_for(name), coding::doubtful) << name;
  }
}

TEST(coding, layers_are_told_in_the_order_of_their_headers) {
  request_head head;
  head.headers = {{"Content-Encoding", "gzip, identity"}, {"content-encoding", "zstd,deflate"}};
  coding_layers layers;
  EXPECT_EQ(coding_of(head, layers), coding::coded);
  EXPECT_EQ((std::vector<content_coding>{layers.all().begin(), layers.all().end()}),
            (std::vector<content_coding>{content_coding::gzip, content_coding::zstd,
                                         content_coding::deflate}));
  head.headers = {{"Content-Encoding", "gzip, br"}};
  EXPECT_EQ(coding_of(head, layers), coding::unknown);
  EXPECT_EQ(layers.count, 0U);
}

TEST(coding, by_first_bytes) {
  using namespace std::string_view_literals;
  EXPECT_EQ(coding_shown("m v=1\n"), coding::identity);
  EXPECT_EQ(coding_shown("\ttemp\u00e9,a=\u00e9 v=1\r\n"), coding::identity);
  EXPECT_EQ(coding_shown(std::string(63, 'x') + "\xc3"), coding::identity) << "a cut character";
  EXPECT_EQ(coding_shown("x\xc3"), coding::unknown);
  EXPECT_EQ(coding_shown("\x1f\x8b\x08 and so on"), coding::coded);
  EXPECT_EQ(coding_shown("\x1f\x8b"), coding::unknown);
  EXPECT_EQ(coding_shown("\x28\xb5\x2f\xfd\x04"), coding::unknown);   // zstd
  EXPECT_EQ(coding_shown("\x78\x9c\xcb"), coding::unknown);           // zlib
  EXPECT_EQ(coding_shown("\x0b\x02\x80m v=1\x03"), coding::unknown);  // brotli
  EXPECT_EQ(coding_shown("m v=1\0"sv), coding::unknown);
}

TEST(coding, nonsense_is_passed_over_where_the_body_shows_what_it_is) {
  const std::string text = "cpu,host=a value=1 1586844484000000000\n";
  const std::string longer = text + text + text + text;
  for (const std::string& plain : {std::string("m v=1"), text, longer}) {
    for (const std::string& body : {plain, gzip(plain)}) {
      for (const char* name : {"utf-8", "application/gzip", "gzip, utf-8"}) {
        for_every_split(encoded(name, body), [&](const std::vector<std::string_view>& pieces) {
          const outcome_of_bytes out = feed(pieces);
          ASSERT_EQ(status_of(out.output), 200) << name;
          ASSERT_EQ(out.requests.front().body, plain);
        });
      }
    }
  }
  recording_router router;
  connection subject{router, {}, start};
  subject.receive(encoded("utf-8", text) + encoded("gzip", gzip(text)) + encoded("utf-8", ""),
                  start);
  EXPECT_EQ(router.encodings_ignored, 1U) << "only where it was";
}

TEST(coding, snappy_is_for_those_who_read_it) {
  const std::string body = "\n$m v=1\nm v";
  std::string request = encoded("snappy", body);
  EXPECT_EQ(status_of(feed({request}).output), 415);
  request.replace(request.find(" /") + 1,
                  request.find(' ', request.find(" /") + 1) - request.find(" /") - 1, "/snappy");
  for_every_split(request, [&](const std::vector<std::string_view>& pieces) {
    const outcome_of_bytes out = feed(pieces);
    ASSERT_EQ(status_of(out.output), 200);
    ASSERT_EQ(out.requests.front().body, body);
  });
}

TEST(coding, what_is_truly_encoded_otherwise_is_refused) {
  const std::string binary = std::string("\x28\xb5\x2f\xfd", 4) + std::string(100, '\1');
  for (const std::string& body : {binary, binary.substr(0, 5), "m v=1" + binary}) {
    for_every_split(encoded("utf-8", body) + encoded("identity", "x"),
                    [&](const std::vector<std::string_view>& pieces) {
                      const outcome_of_bytes out = feed(pieces);
                      ASSERT_EQ(status_of(out.output), 415);
                      ASSERT_EQ(out.requests.size(), 2U) << "the connection goes on";
                      ASSERT_EQ(out.requests.back().body, "x");
                    });
  }
  // Ten bytes of snappy are text: its name decides.
  EXPECT_EQ(status_of(feed({encoded("snappy", "\n$m v=1\nm v")}).output), 415);
  // Damaged or cut gzip stays damaged.
  EXPECT_EQ(status_of(feed({encoded("application/gzip", gzip("m v=1").substr(0, 15))}).output),
            400);
}

TEST(coding, the_limit_holds_whatever_the_name) {
  connection_limits limits;
  limits.body_bytes_max = 100;
  for (const std::string& body : {std::string(101, 'x'), gzip(std::string(101, 'x'))}) {
    EXPECT_EQ(status_of(feed({encoded("utf-8", body)}, limits).output), 413);
  }
  EXPECT_EQ(status_of(feed({encoded("utf-8", std::string(100, 'x'))}, limits).output), 200);
  limits.body_bytes_max = 10;
  EXPECT_EQ(status_of(feed({encoded("utf-8", std::string(10, 'x'))}, limits).output), 200);
}

}  // namespace
}  // namespace weir::http::test
