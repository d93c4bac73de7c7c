// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_options.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace weir {
namespace {

using std::chrono::seconds;

load_arguments over_http() {
  load_arguments given;
  given.url = "http://127.0.0.1:8086/write?db=bench";
  return given;
}
load_arguments over_udp() {
  load_arguments given;
  given.udp = "127.0.0.1:8089";
  return given;
}

TEST(LoadOptions, DefaultsAreTenSecondsFlatOut) {
  const auto options = check_load(over_http(), 0);
  ASSERT_TRUE(options);
  EXPECT_EQ(options.value().duration, seconds{10});
  EXPECT_FALSE(options.value().lines_per_second);
  EXPECT_FALSE(options.value().lines);
  EXPECT_EQ(options.value().batch, 5000U);
  EXPECT_EQ(options.value().shape, bench::data_set::tsbs_int);
  EXPECT_EQ(options.value().path, "/write?db=bench");
}

TEST(LoadOptions, LinesAloneAreNoMatterOfTime) {
  load_arguments given = over_http();
  given.lines = 7;
  const auto options = check_load(given, 0);
  ASSERT_TRUE(options);
  EXPECT_FALSE(options.value().duration);
  EXPECT_EQ(options.value().lines, 7U);
}

TEST(LoadOptions, BothBoundsHold) {
  load_arguments given = over_http();
  given.lines = 7;
  given.duration = "2m";
  const auto options = check_load(given, 0);
  ASSERT_TRUE(options);
  EXPECT_EQ(options.value().duration, seconds{120});
}

TEST(LoadOptions, StartNowIsTheTimeGiven) {
  load_arguments given = over_http();
  given.start = "now";
  EXPECT_EQ(check_load(given, 1234).value().first_time_ns, 1234);
  given.start = "99";
  EXPECT_EQ(check_load(given, 1234).value().first_time_ns, 99);
  given.start = "";
  EXPECT_EQ(check_load(given, 1234).value().first_time_ns, bench::default_first_time_ns);
}

TEST(LoadOptions, ShapesByBothNames) {
  for (const auto& [name, set] : {std::pair{"tsbs", bench::data_set::tsbs_int},
                                  {"tsbs_float", bench::data_set::tsbs_float},
                                  {"flink", bench::data_set::flink_report},
                                  {"mix", bench::data_set::mix}}) {
    load_arguments given = over_http();
    given.shape = name;
    EXPECT_EQ(check_load(given, 0).value().shape, set) << name;
  }
}

TEST(LoadOptions, UdpHasADatagramsSize) {
  load_arguments given = over_udp();
  given.datagram = 512;
  const auto options = check_load(given, 0);
  ASSERT_TRUE(options);
  EXPECT_TRUE(options.value().udp);
  EXPECT_EQ(options.value().datagram_bytes, 512U);
  EXPECT_EQ(to_string(options.value().address), "127.0.0.1:8089");
}

TEST(LoadOptions, WhatHurts) {
  load_arguments given = over_http();
  given.url = "http://127.0.0.1:8086/write?precision=ns";
  given.series = 5;
  given.databases = 3;
  given.churn = 0.5;
  given.bad = "2.5%";
  given.bad_kinds = {"type", "space"};
  const auto options = check_load(given, 0);
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options.value().series, 5U);
  EXPECT_EQ(options.value().databases, 3U);
  EXPECT_DOUBLE_EQ(options.value().churn, 0.5);
  EXPECT_DOUBLE_EQ(options.value().bad_share, 0.025);
  EXPECT_EQ(options.value().bad_kinds, (std::vector{bad_kind::type, bad_kind::space}));
  EXPECT_TRUE(options.value().makes_lines_while_sending());
  given.series = std::nullopt;
  given.bad = "1";
  given.bad_kinds.clear();
  EXPECT_EQ(check_load(given, 0).value().series, 1'000U) << "what churns";
  EXPECT_DOUBLE_EQ(check_load(given, 0).value().bad_share, 1);
  EXPECT_EQ(check_load(given, 0).value().bad_kinds.size(), bad_kinds.size());
  given.churn = std::nullopt;
  EXPECT_FALSE(check_load(given, 0).value().makes_lines_while_sending());
}

struct refused {
  std::function<void(load_arguments&)> change;
  const char* words;
};

TEST(LoadOptions, WrongArgumentsAreNamed) {
  const refused cases[] = {
      {[](auto& a) { a.url = ""; }, "where to?"},
      {[](auto& a) { a.udp = "h:1"; }, "exclude"},
      {[](auto& a) { a.url = "https://h/write"; }, "TLS"},
      {[](auto& a) { a.shape = "square"; }, "--shape square"},
      {[](auto& a) { a.batch = 0; }, "--batch 0"},
      {[](auto& a) { a.connections = 0; }, "--connections 0"},
      {[](auto& a) { a.connections = 10'001; }, "--connections 10001"},
      {[](auto& a) { a.rate = 0; }, "--rate"},
      {[](auto& a) { a.rate = -1; }, "--rate"},
      {[](auto& a) { a.lines = 0; }, "--lines 0"},
      {[](auto& a) { a.duration = "soon"; }, "--duration soon"},
      {[](auto& a) { a.duration = "inf"; }, "--duration inf"},
      {[](auto& a) { a.duration = "0s"; }, "--duration 0s"},
      {[](auto& a) { a.timeout = "inf"; }, "--timeout inf"},
      {[](auto& a) { a.ring = "0"; }, "--ring 0"},
      {[](auto& a) { a.pid = 0; }, "--pid 0"},
      {[](auto& a) { a.start = "noon"; }, "--start noon"},
      {[](auto& a) { a.start = "-5"; }, "--start -5"},
      {[](auto& a) { a.datagram = 1400; }, "--datagram"},
      {[](auto& a) { a.series = 0; }, "--series 0"},
      {[](auto& a) { a.series = 1'000'000'001; }, "--series 1000000001"},
      {[](auto& a) { a.churn = 0; }, "--churn"},
      {[](auto& a) { a.churn = 1e8; }, "--churn"},
      {[](auto& a) { a.databases = 2; }, "leave \"db=\" out"},
      {[](auto& a) { a.bad = "5"; }, "--bad 5"},
      {[](auto& a) { a.bad = "-1%"; }, "--bad -1%"},
      {[](auto& a) { a.bad = "101%"; }, "--bad 101%"},
      {[](auto& a) { a.bad = "0"; }, "--bad 0"},
      {[](auto& a) { a.bad = "%"; }, "--bad %"},
      {[](auto& a) { a.bad = "nan"; }, "--bad nan"},
      {[](auto& a) { a.bad = "few"; }, "--bad few"},
      {[](auto& a) { a.bad_kinds = {"type"}; }, "only with --bad"},
      {[](auto& a) { a.bad = "1%", a.bad_kinds = {"spaces"}; }, "did you mean \"space\"?"},
      {[](auto& a) {
         a.bad = "1%", a.bad_kinds = {"tag", "tag"};
       },
       "tag stands twice"},
      {[](auto& a) { a.bad = "1%", a.start = "0"; }, "--start"},
      {[](auto& a) { a.bad = "1%", a.batch = 1, a.bad_kinds = {"type"}; }, "a good line before it"},
      {[](auto& a) { a.headers = {"no colon"}; }, "--header"},
      {[](auto& a) { a.headers = {"A: b\r\nInjected: c"}; }, "--header"},
  };
  for (const refused& each : cases) {
    load_arguments given = over_http();
    each.change(given);
    const auto options = check_load(given, 0);
    ASSERT_FALSE(options) << each.words;
    EXPECT_NE(options.error().message.find(each.words), std::string::npos)
        << options.error().message;
  }
}

TEST(LoadOptions, NothingIsIgnoredOverUdp) {
  const std::function<void(load_arguments&)> changes[] = {
      [](auto& a) { a.batch = 10; },        [](auto& a) { a.connections = 1; },
      [](auto& a) { a.gzip = true; },       [](auto& a) { a.headers = {"A: b"}; },
      [](auto& a) { a.datagram = 63; },     [](auto& a) { a.datagram = 65'508; },
      [](auto& a) { a.udp = "127.0.0.1"; }, [](auto& a) { a.udp = "127.0.0.1:0"; },
      [](auto& a) { a.databases = 2; },
  };
  ASSERT_TRUE(check_load(over_udp(), 0));
  for (const auto& change : changes) {
    load_arguments given = over_udp();
    change(given);
    EXPECT_FALSE(check_load(given, 0));
  }
}

TEST(LoadUrl, TakenApart) {
  const auto url = parse_load_url("http://[::1]:8086/api/v2/write?bucket=b&precision=ns#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url.value().address.host, "::1");
  EXPECT_EQ(to_string(url.value().address), "[::1]:8086");
  EXPECT_EQ(url.value().path, "/api/v2/write?bucket=b&precision=ns");
  EXPECT_EQ(parse_load_url("http://influx.example/write").value().address.port, 80);
}

TEST(LoadUrl, Refused) {
  for (const char* url :
       {"127.0.0.1:8086/write", "http://127.0.0.1:8086", "http://:8086/write", "http://h:x/write",
        "http://h:70000/write", "http://h:/write", "http://[::1/write", "http://[::1]8086/write",
        "http://h/write?db=a b", "http://u:p@h/write"}) {
    EXPECT_FALSE(parse_load_url(url)) << url;
  }
}

}  // namespace
}  // namespace weir
