// SPDX-License-Identifier: Apache-2.0
#include "base/text/json_members.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(json_members, puts_commas_where_they_belong) {
  std::string out;
  json_members json(out);
  json.open('{').text("a", "x,").flag("b", true).name("c").open('[');
  json.number(std::uint64_t{1}).text("{").null().open('[').close(']').open('{').close('}');
  json.close(']').number("d", std::optional<std::uint64_t>{}).close('}');
  EXPECT_EQ(out, R"({"a":"x,","b":true,"c":[1,"{",null,[],{}],"d":null})");
}

TEST(json_members, goes_on_behind_a_line_feed_or_a_space) {
  std::string out = "{}\n";
  json_members(out).open('{').close('}');
  EXPECT_EQ(out, "{}\n{}");
  out = "data: ";
  json_members(out).open('[').close(']');
  EXPECT_EQ(out, "data: []");
}

TEST(json_members, writes_seconds_with_milliseconds) {
  const auto written = [](std::int64_t ns) {
    std::string out;
    json_members(out).seconds(ns);
    return out;
  };
  EXPECT_EQ(written(0), "0.000");
  EXPECT_EQ(written(1'700'000'000'250'999'999), "1700000000.250");
  EXPECT_EQ(written(-1'500'000'000), "-1.500");
  EXPECT_EQ(written(-250'000'000), "-0.250");
}

}  // namespace
}  // namespace weir
