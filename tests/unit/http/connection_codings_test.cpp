// SPDX-License-Identifier: Apache-2.0
//
// Coded bodies through a connection: every coding in any framing, one upon another, damaged, cut
// off, and those that become too much.
#include <gtest/gtest.h>

#include "codec/stream_decoder.hpp"
#include "unit/codec/encoders.hpp"
#include "unit/http/support.hpp"

namespace weir::http::test {
namespace {

using weir::test::bare_coded;
using weir::test::gzip_coded;
using weir::test::zlib_coded;
using weir::test::zstd_coded;

const std::string text = "cpu,host=a value=1 1586844484000000000\n";

std::string post(const std::string& coding, const std::string& body) {
  return "POST /w HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + coding +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunked(const std::string& coding, const std::string& body) {
  std::string out = "POST /w HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + coding +
                    "\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 7) {
    const std::string piece = body.substr(at, 7);
    out += std::to_string(piece.size()) + "\r\n" + piece + "\r\n";
  }
  return out + "0\r\n\r\n";
}

struct coded {
  std::string coding;
  std::string body;
};

std::vector<coded> good_bodies() {
  return {{"deflate", zlib_coded(text)},
          {"Deflate", bare_coded(text)},
          {"zstd", zstd_coded(text)},
          {"ZSTD, identity", zstd_coded(text.substr(0, 9)) + zstd_coded(text.substr(9))},
          {"gzip, gzip", gzip_coded(gzip_coded(text))},
          {"gzip, zstd", zstd_coded(gzip_coded(text))},
          {"deflate, identity, zstd, gzip", gzip_coded(zstd_coded(bare_coded(text)))}};
}

TEST(codings, any_framing_and_any_split) {
  for (const coded& each : good_bodies()) {
    for (const std::string& request :
         {post(each.coding, each.body), chunked(each.coding, each.body)}) {
      for_every_split(request + post("identity", "x"),
                      [&](const std::vector<std::string_view>& pieces) {
                        const outcome_of_bytes out = feed(pieces);
                        ASSERT_EQ(out.requests.size(), 2U) << each.coding;
                        ASSERT_EQ(out.requests.front().body, text) << each.coding;
                        ASSERT_TRUE(out.requests.front().complete) << each.coding;
                        ASSERT_EQ(out.requests.back().body, "x");
                      });
    }
  }
}

TEST(codings, in_turns_of_little_work) {
  for (const coded& each : good_bodies()) {
    recording_router router;
    connection subject{router, {}, start};
    turn_work first(1);
    subject.receive(post(each.coding, each.body), start, first);
    for (int turns = 0; subject.wants_turn(); ++turns) {
      ASSERT_LT(turns, 1000);
      turn_work work(1);
      subject.resume(start, work);
    }
    ASSERT_EQ(router.requests.size(), 1U);
    EXPECT_TRUE(router.requests.front().complete) << each.coding;
    EXPECT_EQ(router.requests.front().body, text) << each.coding;
  }
}

TEST(codings, no_bytes_are_no_body) {
  for (const std::string coding : {"deflate", "zstd", "gzip, zstd"}) {
    const outcome_of_bytes out = feed({post(coding, "")});
    ASSERT_TRUE(out.failures.empty()) << coding;
    EXPECT_TRUE(out.requests.front().complete);
  }
}

TEST(codings, damage_is_named_by_its_coding_and_the_connection_goes_on) {
  struct damaged {
    std::string coding;
    std::string body;
    body_failure why;
  };
  using enum body_failure;
  const std::vector<damaged> all{
      {"deflate", "cpu v=1\n", damaged_deflate},
      {"deflate", zlib_coded(text) + "x", damaged_deflate},
      {"deflate", bare_coded(text) + std::string(9, '\0'), damaged_deflate},
      {"deflate", zlib_coded(text).substr(0, 20), truncated},
      {"deflate", "x", truncated},
      {"zstd", "cpu v=1\n", damaged_zstd},
      {"zstd", zstd_coded(text) + "\n", damaged_zstd},
      {"zstd", zstd_coded(text) + "\x28\xB5", truncated},
      {"zstd", zstd_coded(text).substr(0, 20), truncated},
      {"zstd", zstd_coded(text, 3, 24), too_wide},
      {"gzip, zstd", zstd_coded("cpu v=1"), damaged_gzip},
      {"gzip, zstd", gzip_coded(zstd_coded(text)), damaged_zstd},
      {"gzip, zstd", zstd_coded(gzip_coded(text).substr(0, 20)), truncated},
      {"gzip, gzip, gzip, gzip", "x", unknown_encoding},
  };
  for (const damaged& each : all) {
    for_every_split(post(each.coding, each.body) + post("identity", "x"),
                    [&](const std::vector<std::string_view>& pieces) {
                      const outcome_of_bytes out = feed(pieces);
                      ASSERT_EQ(out.failures, std::vector{each.why}) << each.coding;
                      ASSERT_EQ(out.requests.size(), 2U);
                      ASSERT_FALSE(out.requests.front().complete);
                      ASSERT_EQ(out.requests.back().body, "x");
                    });
  }
}

TEST(codings, what_becomes_too_many_bytes_is_refused) {
  connection_limits limits;
  limits.body_bytes_max = 1000;
  const std::string long_text(1001, 'x');
  for (const coded& each :
       {coded{"deflate", zlib_coded(long_text)}, coded{"zstd", zstd_coded(long_text)},
        coded{"gzip, zstd", zstd_coded(gzip_coded(long_text))}}) {
    EXPECT_EQ(feed({post(each.coding, each.body)}, limits).failures,
              std::vector{body_failure::too_large})
        << each.coding;
  }
}

TEST(codings, what_becomes_too_many_times_its_bytes_is_refused) {
  const std::string zeros(8 << 20, 'x');
  const std::vector<coded> bombs{{"zstd", zstd_coded(zeros)},
                                 {"gzip, gzip", gzip_coded(gzip_coded(zeros))},
                                 {"zstd, deflate", zlib_coded(zstd_coded(zeros))}};
  for (const coded& each : bombs) {
    ASSERT_LT(each.body.size(), zeros.size() / 2000) << each.coding;
    const outcome_of_bytes out = feed({post(each.coding, each.body)});
    EXPECT_EQ(out.failures, std::vector{body_failure::too_dense}) << each.coding;
    EXPECT_LT(out.requests.front().body.size(), std::size_t{2} << 20) << "it is noticed early";
    connection_limits any;
    any.inflate_ratio_max = 0;
    EXPECT_TRUE(feed({post(each.coding, each.body)}, any).requests.front().complete);
  }
  // What gzip and deflate can do at most is no bomb, nor is what stays small.
  for (const coded& each : {coded{"gzip", gzip_coded(zeros)}, coded{"deflate", zlib_coded(zeros)},
                            coded{"zstd", zstd_coded(zeros.substr(0, dense_bytes_least))}}) {
    EXPECT_TRUE(feed({post(each.coding, each.body)}).requests.front().complete) << each.coding;
  }
}

TEST(codings, memory_that_a_window_takes_is_leased) {
  std::string noise;
  for (std::uint64_t i = 0; noise.size() < 400'000; ++i) {
    noise += std::to_string(i * 2654435761U % 1'000'003) + "\n";
  }
  const std::string body = zstd_coded(noise, 3, 23);
  budgeted_router small{std::size_t{2} << 20};
  {
    connection subject{small, {}, start};
    subject.receive(post("zstd", body).substr(0, 100'000), start);
    EXPECT_EQ(small.failures, std::vector{body_failure::overloaded});
  }
  EXPECT_EQ(small.budget.used(), 0U);
  budgeted_router enough{std::size_t{64} << 20};
  connection subject{enough, {}, start};
  subject.receive(post("zstd", body).substr(0, 100'000), start);
  EXPECT_GT(enough.budget.used(), std::size_t{8} << 20);
  subject.receive(post("zstd", body).substr(100'000), start);
  EXPECT_TRUE(enough.requests.front().complete);
  subject.output().clear();
  subject.set_unsent(0);
  EXPECT_LT(enough.budget.used(), std::size_t{1} << 20) << "no wide window is kept";
}

}  // namespace
}  // namespace weir::http::test
