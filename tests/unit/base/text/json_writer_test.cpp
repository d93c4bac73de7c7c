// SPDX-License-Identifier: Apache-2.0
#include "base/text/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace weir {
namespace {

TEST(json_writer, puts_commas_where_they_belong) {
  std::string out;
  json_writer json(out);
  json.begin_object().member("a", "x,").member("b", true).key("c").begin_array();
  json.number(std::uint64_t{1})
      .text("{")
      .null()
      .begin_array()
      .end_array()
      .begin_object()
      .end_object();
  json.end_array().member("d", std::optional<std::uint64_t>{}).end_object();
  EXPECT_EQ(out, R"({"a":"x,","b":true,"c":[1,"{",null,[],{}],"d":null})");
}

TEST(json_writer, goes_on_behind_a_line_feed_or_a_space) {
  std::string out = "{}\n";
  json_writer(out).begin_object().end_object();
  EXPECT_EQ(out, "{}\n{}");
  out = "data: ";
  json_writer(out).begin_array().end_array();
  EXPECT_EQ(out, "data: []");
}

TEST(json_writer, writes_seconds_with_milliseconds) {
  const auto written = [](std::int64_t ns) {
    std::string out;
    json_writer(out).seconds(ns);
    return out;
  };
  EXPECT_EQ(written(0), "0.000");
  EXPECT_EQ(written(1'700'000'000'250'999'999), "1700000000.250");
  EXPECT_EQ(written(-1'500'000'000), "-1.500");
  EXPECT_EQ(written(-250'000'000), "-0.250");
}

TEST(json_writer, numbers) {
  const auto of = [](double value) {
    std::string text;
    json_writer(text).number(value);
    return text;
  };
  EXPECT_EQ(of(0), "0");
  EXPECT_EQ(of(-0.0001), "0");
  EXPECT_EQ(of(1.23456), "1.235");
  EXPECT_EQ(of(-5.5), "-5.5");
  EXPECT_EQ(of(1795944883.2764), "1795944883.276");
  EXPECT_EQ(of(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(of(std::nan("")), "null");
  std::string largest;
  json_writer(largest).number(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(largest, "18446744073709551615");
}

}  // namespace
}  // namespace weir
