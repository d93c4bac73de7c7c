// SPDX-License-Identifier: Apache-2.0
//
// Which address a series goes to: what the hash sees of a series, and how few series move.
#include "sinks/assignments/series_address.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace weir {
namespace {

std::uint64_t hash_of(const std::string& line) {
  const std::string text = line + "\n";  // what the reader yields lies in it
  line_reader reader;
  reader.feed(text);
  reader.finish();
  EXPECT_EQ(reader.next(), line_event::point) << line;
  return tag_set_hasher().hash(reader.point());
}

std::vector<std::uint64_t> hashes_of(const std::vector<std::string>& names) {
  std::vector<std::uint64_t> all;
  for (const std::string& one : names) {
    all.push_back(address_hash(one));
  }
  return all;
}

TEST(series_address, a_series_is_its_measurement_and_its_tags_in_any_order) {
  const std::uint64_t one = hash_of("cpu,host=a,region=b v=1i 1");
  EXPECT_EQ(hash_of("cpu,region=b,host=a w=\"x\" 2"), one);
  for (const char* other : {"cpu,host=b,region=a v=1i 1", "cpu,host=a v=1i 1", "cpu v=1i 1",
                            "mem,host=a,region=b v=1i 1", "cpu,hos=ta,region=b v=1i 1",
                            "cpu,host=a,region=bc v=1i 1", "cpu,a=host,b=region v=1i 1"}) {
    EXPECT_NE(hash_of(other), one) << other;
  }
}

TEST(series_address, escapes_are_undone) {
  // Written in two ways that name one series.
  EXPECT_EQ(hash_of("a\\ b,k\\ 1=v\\,1 v=1i 1"), hash_of("a\\ b,k\\ 1=v\\,1 v=2i 2"));
  EXPECT_NE(hash_of("a\\ b,k=v v=1i 1"), hash_of("ab,k=v v=1i 1"));
}

// What is in a log was split by these numbers: they are a format.
TEST(series_address, the_hashes_stay_as_they_are) {
  EXPECT_EQ(address_hash("a:8086"), 16841886261953411724ULL);
  EXPECT_EQ(hash_of("cpu v=1i 1"), 4726234453236810139ULL);
  EXPECT_EQ(hash_of("cpu,host=a,region=b v=1i 1"), 16538396056029477132ULL);
  const std::vector<std::uint64_t> three = hashes_of({"a:8086", "b:8086", "c:8086"});
  std::string owners;
  for (int i = 0; i < 20; ++i) {
    owners += "abc"[heaviest_address(three, hash_of("m,t=" + std::to_string(i) + " v=1i 1"))];
  }
  EXPECT_EQ(owners, "acbaaabbaaacbbbaacac");
}

TEST(series_address, one_address_more_takes_its_part_and_moves_nothing_else) {
  constexpr int series = 20'000;
  const std::vector<std::uint64_t> three = hashes_of({"a:8086", "b:8086", "c:8086"});
  const std::vector<std::uint64_t> four = hashes_of({"a:8086", "b:8086", "c:8086", "d:8086"});
  std::map<std::size_t, int> of_three;
  int moved = 0;
  for (int i = 0; i < series; ++i) {
    const std::uint64_t hash = hash_of("m,host=h" + std::to_string(i) + " v=1i 1");
    const std::size_t before = heaviest_address(three, hash);
    const std::size_t after = heaviest_address(four, hash);
    ++of_three[before];
    moved += before != after ? 1 : 0;
    EXPECT_TRUE(after == before || after == 3U) << i;
  }
  EXPECT_NEAR(moved, series / 4, series / 50);
  for (const auto& [address, count] : of_three) {
    EXPECT_NEAR(count, series / 3, series / 50) << address;
  }
}

}  // namespace
}  // namespace weir
