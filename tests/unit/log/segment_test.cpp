// SPDX-License-Identifier: Apache-2.0
//
// Names, ranges and the index of segments.
#include "log/local/segment.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(segment, names_sort_like_their_sequences) {
  EXPECT_EQ(segment_name(1), "00000000000000000001.log");
  EXPECT_EQ(segment_name(18446744073709551615u), "18446744073709551615.log");
  EXPECT_EQ(sequence_of_name("00000000000000051234.log"), 51234u);
  EXPECT_EQ(sequence_of_name("18446744073709551615.log"), 18446744073709551615u);
  for (const char* other :
       {"", "1.log", "00000000000000051234.log.damaged", "00000000000000051234.lob",
        "0000000000000005123x.log", "18446744073709551616.log", "-0000000000000000001.log"}) {
    EXPECT_FALSE(sequence_of_name(other)) << other;
  }
}

TEST(segment, ranges_count_each_sequence_once) {
  sequence_ranges ranges;
  EXPECT_EQ(ranges.add(10, 20), 10u);
  EXPECT_EQ(ranges.add(10, 20), 0u);
  EXPECT_EQ(ranges.add(5, 12), 5u);
  EXPECT_EQ(ranges.add(30, 40), 10u);
  EXPECT_EQ(ranges.add(18, 32), 10u);
  EXPECT_EQ(ranges.add(5, 40), 0u);
  EXPECT_EQ(ranges.add(1, 100), 64u);
  EXPECT_EQ(ranges.add(100, 101), 1u);
  EXPECT_EQ(ranges.add(50, 102), 1u);
}

TEST(segment, index_finds_a_place_at_or_before) {
  segment about("x", 100, 0);
  EXPECT_EQ(about.place_before(500).sequence, 100u);
  for (std::uint64_t sequence = 100; sequence < 1000; ++sequence) {
    about.note({sequence, sequence * 7});
  }
  for (std::uint64_t sequence = 100; sequence < 1000; ++sequence) {
    const record_place place = about.place_before(sequence);
    EXPECT_LE(place.sequence, sequence);
    EXPECT_GT(place.sequence + 64, sequence);
    EXPECT_EQ(place.offset, place.sequence == 100 ? segment_header_bytes : place.sequence * 7);
  }
}

}  // namespace
}  // namespace weir
