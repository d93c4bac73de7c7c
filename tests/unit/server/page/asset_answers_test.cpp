// SPDX-License-Identifier: Apache-2.0
//
// What browsers ask with the page's files, and which requests come from pages of other servers.
#include "server/page/asset_answers.hpp"

#include <gtest/gtest.h>

#include "server/page/page_exchange.hpp"

namespace weir {
namespace {

TEST(takes_gzip, as_accept_encoding_says) {
  for (const char* yes : {"gzip", "GZIP", "br, gzip", "gzip;q=0.1", "deflate , gzip ; q=1.0", "*",
                          "gzip;q=1,*;q=0"}) {
    EXPECT_TRUE(takes_gzip(yes)) << yes;
  }
  for (const char* no :
       {"", "br", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "x-gzip2", "gzip;q=0, *"}) {
    EXPECT_FALSE(takes_gzip(no)) << no;
  }
}

TEST(has_etag, as_if_none_match_says) {
  EXPECT_TRUE(has_etag("\"a\"", "\"a\""));
  EXPECT_TRUE(has_etag("\"b\", W/\"a\" ", "\"a\""));
  EXPECT_TRUE(has_etag("*", "\"a\""));
  EXPECT_FALSE(has_etag("", "\"a\""));
  EXPECT_FALSE(has_etag("\"a-gzip\"", "\"a\""));
}

http::request_head asked(std::vector<http::header_field> headers) {
  http::request_head head;
  head.method = http::method::get;
  head.path = "/api/weir/v1/status";
  head.headers = std::move(headers);
  return head;
}

TEST(is_cross_site, by_what_a_browser_says) {
  EXPECT_FALSE(is_cross_site(asked({{"Host", "weir:8086"}})));
  EXPECT_FALSE(is_cross_site(asked({{"Host", "weir:8086"}, {"Origin", "http://weir:8086"}})));
  EXPECT_FALSE(is_cross_site(asked({{"Host", "weir:8086"}, {"Sec-Fetch-Site", "same-origin"}})));
  EXPECT_FALSE(is_cross_site(asked({{"Host", "weir:8086"}, {"Sec-Fetch-Site", "none"}})));
  EXPECT_TRUE(is_cross_site(asked({{"Host", "weir:8086"}, {"Sec-Fetch-Site", "cross-site"}})));
  EXPECT_TRUE(is_cross_site(asked({{"Host", "weir:8086"}, {"Sec-Fetch-Site", "same-site"}})));
  EXPECT_TRUE(is_cross_site(asked({{"Host", "weir:8086"}, {"Origin", "http://weir:9090"}})));
  EXPECT_TRUE(is_cross_site(asked({{"Host", "weir:8086"}, {"Origin", "https://example.org"}})));
  EXPECT_TRUE(is_cross_site(asked({{"Host", "weir:8086"}, {"Origin", "null"}})));
  EXPECT_TRUE(is_cross_site(asked({{"Origin", "http://"}, {"Host", "x"}})));
}

TEST(answer_asset, has_no_other_files) {
  for (const char* name : {"", "../weir.toml", "index", "INDEX.HTML", "index.html/"}) {
    EXPECT_EQ(answer_asset(name, asked({})).status, 404) << name;
  }
}

}  // namespace
}  // namespace weir
