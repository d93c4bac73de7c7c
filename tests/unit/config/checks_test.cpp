// SPDX-License-Identifier: Apache-2.0
//
// Addresses, urls and names: what passes, and in which words the rest is refused.
#include "config/checks/checks.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(checks, listen_addresses_that_are_right) {
  for (const char* text :
       {"127.0.0.1:8086", "0.0.0.0:0", "[::1]:8086", "[::]:65535", "[fe80::1%eth0]:80",
        "localhost:1", "weir.example.org:8086", "unix:/run/weir.sock", "unix:weir.sock"}) {
    EXPECT_EQ(check_listen_address(text), "") << text;
  }
  EXPECT_EQ(check_listen_address("unix:" + std::string(107, 'x')), "");
}

TEST(checks, listen_addresses_that_are_wrong) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "has no port"},
      {"127.0.0.1", "has no port"},
      {"8086", "has no port"},
      {"127.0.0.1:", "is no port"},
      {"127.0.0.1:65536", "is no port; a port is from 0"},
      {"127.0.0.1:-1", "is no port"},
      {"127.0.0.1:http", "is no port"},
      {"127.0.0.1:000080", "is no port"},
      {":8086", "write \"0.0.0.0:8086\""},
      {"*:8086", "write \"0.0.0.0:8086\""},
      {"::1:8086", "\"[::1]:8086\""},
      {"[::1]", "has no port"},
      {"[::1]x:1", "has no port"},
      {"[::1:1", "in brackets"},
      {"[1]:1", "is no host"},
      {"[::g]:1", "is no host"},
      {"256.0.0.1:1", "is no host"},
      {"1.2.3:1", "is no host"},
      {"1.2.3.4.5:1", "is no host"},
      {"a b:1", "is no host"},
      {"http://127.0.0.1:8086", "is a URL; write the address without \"http://\""},
      {"https://[::1]", "is a URL"},
      {"tcp://0.0.0.0:8086", "write the address without \"tcp://\""},
      {"unix:", "1 to 107 bytes"},
      {"unix:" + std::string(108, 'x'), "1 to 107 bytes"},
  };
  for (const auto& [text, why] : cases) {
    const std::string problem = check_listen_address(text);
    EXPECT_NE(problem.find(why), std::string::npos) << text << ": " << problem;
  }
}

TEST(checks, databases_of_udp_listeners) {
  // Bucket names of InfluxDB 2 may have several slashes: behind the first stands the policy.
  for (const char* text : {"udp", "a/b", "a/b/c", "a//b", "telegraf/auto gen", "a/.../b"}) {
    EXPECT_EQ(check_udp_database(text), "") << text;
  }
  for (const char* text : {"", "/", "a/", "/a", "..", "a/..", "a\\b", "a/b\\c", "a/b\tc"}) {
    EXPECT_NE(check_udp_database(text), "") << text;
  }
}

TEST(checks, urls) {
  for (const char* text : {"http://127.0.0.1:8087", "https://influx.example.org",
                           "http://[::1]:8087/prefix", "http://localhost:8087/"}) {
    EXPECT_EQ(check_url(text), "") << text;
  }
  const std::pair<const char*, const char*> cases[] = {
      {"", "does not start with http://"},
      {"127.0.0.1:8087", "does not start with http://"},
      {"ftp://a", "does not start with http://"},
      {"http://", "is no host"},
      {"http:///x", "is no host"},
      {"http://a:0", "is no port"},
      {"http://a:65536", "is no port"},
      {"http://a:", "is no port"},
      {"http://u:p@a", "use the keys username and password"},
      {"http://a?db=x", "no query"},
      {"http://a#x", "no fragment"},
      {"http://a/x y", "no spaces"},
      {"http://a\n", "control characters"},
  };
  for (const auto& [text, why] : cases) {
    const std::string problem = check_url(text);
    EXPECT_NE(problem.find(why), std::string::npos) << text << ": " << problem;
  }
}

TEST(checks, urls_of_receivers) {
  for (const char* text :
       {"http://127.0.0.1:9090/api/v1/write", "http://[::1]:8086/api/v1/prom/write?db=prom",
        "https://a/api/v1/push?extra_label=k%3Dv&extra_label=x", "http://localhost:8087/"}) {
    EXPECT_EQ(check_receiver_url(text), "") << text;
  }
  const std::pair<const char*, const char*> cases[] = {
      {"127.0.0.1:9090/api", "does not start with http://"},
      {"http://?db=x", "is no host"},
      {"http://a:0/w?db=x", "is no port"},
      {"http://a?db=x", "behind a path"},
      {"http://a?db=x/y", "behind a path"},
      {"http://a/w#x", "no fragment"},
      {"http://a/w?db=x y", "no spaces"},
      {"http://u:p@a/w?db=x", "use the keys username and password"},
      {"http://a/w?db=x&u=me&p=s3cret", "may be a secret"},
      {"http://a/w?access_token=s3cret", "may be a secret"},
  };
  for (const auto& [text, why] : cases) {
    const std::string problem = check_receiver_url(text);
    EXPECT_NE(problem.find(why), std::string::npos) << text << ": " << problem;
    EXPECT_EQ(problem.find("s3cret"), std::string::npos) << problem;
  }
}

TEST(checks, names) {
  EXPECT_EQ(check_sink_name("influx-1_B"), "");
  EXPECT_EQ(check_sink_name(std::string(64, 'x')), "");
  for (const std::string& text : {std::string{}, std::string(65, 'x'), std::string{"a b"},
                                  std::string{"a/b"}, std::string{"é"}}) {
    EXPECT_NE(check_sink_name(text), "") << text;
  }
  EXPECT_EQ(check_database_name("*"), "");
  EXPECT_EQ(check_database_name("db"), "");
  EXPECT_EQ(check_database_name("db/rp"), "");
  for (const char* text : {"", "/", "db/", "/rp", "flink_*", "*/rp", "d?"}) {
    EXPECT_NE(check_database_name(text), "") << text;
  }
}

TEST(checks, edit_distance) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("listen", "lisen"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("keep", "keep"), 0U);
}

}  // namespace
}  // namespace weir
