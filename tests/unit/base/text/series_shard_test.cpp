// SPDX-License-Identifier: Apache-2.0
//
// Which shard a series belongs to: values of another implementation of XXH3, because this is a
// format, and where a series ends.
#include "base/text/series_shard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

TEST(series_shard, is_xxh3_modulo_the_number_of_shards) {
  // Of Python's xxhash: xxh3_64_intdigest(series) % 2, 12, 64, 1000.
  std::string many_tags = "cpu";
  for (int i = 0; i < 20; ++i) {
    const std::string number = (i < 10 ? "0" : "") + std::to_string(i);
    many_tags += ",tag" + number + "=value_of_this_tag_" + number;
  }
  const struct {
    std::string series;
    std::uint32_t of_2, of_12, of_64, of_1000;
  } expected[] = {
      {"", 0, 10, 2, 138},
      {"m", 0, 8, 60, 652},
      {"cpu,host=a", 1, 7, 63, 535},
      {"cpu,host=b", 1, 9, 25, 353},
      {"my\\ cpu,host=a\\ b,zone=\\=x", 0, 2, 30, 934},
      {"w\xC3\xA4rme,raum=k\xC3\xBC"
       "che",
       1, 5, 5, 509},
      {many_tags, 0, 4, 4, 372},
  };
  for (const auto& each : expected) {
    EXPECT_EQ(shard_of_series(each.series, 1), 0U) << each.series;
    EXPECT_EQ(shard_of_series(each.series, 2), each.of_2) << each.series;
    EXPECT_EQ(shard_of_series(each.series, 12), each.of_12) << each.series;
    EXPECT_EQ(shard_of_series(each.series, 64), each.of_64) << each.series;
    EXPECT_EQ(shard_of_series(each.series, 1000), each.of_1000) << each.series;
  }
}

TEST(series_shard, a_series_ends_at_the_first_space_without_a_backslash_before_it) {
  EXPECT_EQ(series_of_line("m f=1 1"), "m");
  EXPECT_EQ(series_of_line("m,t=a f=\"x y\",g=2 1\n"), "m,t=a");
  EXPECT_EQ(series_of_line("my\\ m,a\\ b=c\\ d f=1 1"), "my\\ m,a\\ b=c\\ d");
  // As InfluxDB reads it: the byte before alone decides.
  EXPECT_EQ(series_of_line("m\\\\ x f=1 1"), "m\\\\ x");
  EXPECT_EQ(series_of_line(" f=1 1"), "");
  EXPECT_EQ(series_of_line("m"), "m");
  EXPECT_EQ(series_of_line("m\\ "), "m\\ ");
  EXPECT_EQ(series_of_line(""), "");
}

TEST(series_shard, series_are_spread_evenly) {
  std::vector<int> counts(12);
  for (int i = 0; i < 12'000; ++i) {
    ++counts[shard_of_series("cpu,host=host_" + std::to_string(i), 12)];
  }
  for (const int count : counts) {
    EXPECT_GT(count, 850);
    EXPECT_LT(count, 1'150);
  }
}

}  // namespace
}  // namespace weir
