// SPDX-License-Identifier: Apache-2.0
#include "sinks/parking/park_shares.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

lane_key lane(const std::string& database) {
  return {database, ""};
}

TEST(park_shares, what_fits_fits) {
  park_shares shares(100);
  EXPECT_EQ(shares.ask(lane("a"), 100).what, park_shares::answer::fits);
  shares.set(lane("a"), 60);
  EXPECT_EQ(shares.ask(lane("b"), 40).what, park_shares::answer::fits);
  EXPECT_EQ(shares.bytes(), 60U);
  EXPECT_EQ(shares.lanes(), 1U);
  shares.set(lane("a"), 0);
  EXPECT_EQ(shares.bytes(), 0U);
  EXPECT_EQ(shares.lanes(), 0U);
}

TEST(park_shares, the_lane_that_would_have_most_gives_up) {
  park_shares shares(100);
  shares.set(lane("a"), 60);
  shares.set(lane("b"), 40);
  const auto other = shares.ask(lane("b"), 10);
  EXPECT_EQ(other.what, park_shares::answer::give_up);
  EXPECT_EQ(other.whose, lane("a"));
  const auto itself = shares.ask(lane("b"), 30);
  EXPECT_EQ(itself.what, park_shares::answer::give_up);
  EXPECT_EQ(itself.whose, lane("b"));
}

TEST(park_shares, a_lane_without_anything_that_wants_most_never_fits) {
  park_shares shares(100);
  shares.set(lane("a"), 60);
  EXPECT_EQ(shares.ask(lane("c"), 70).what, park_shares::answer::too_large);
  EXPECT_EQ(park_shares(100).ask(lane("c"), 101).what, park_shares::answer::too_large);
}

TEST(park_shares, a_lane_below_its_share_never_gives_up) {
  // Whatever is asked, who gives up has (or would have) at least the mean.
  park_shares shares(1000);
  std::uint64_t random = 1;
  for (int round = 0; round < 5000; ++round) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    const lane_key who = lane(std::to_string(random >> 61));
    const std::uint64_t more = 1 + (random >> 40) % 150;
    const auto asked = shares.ask(who, more);
    if (asked.what == park_shares::answer::fits) {
      shares.set(who, shares.of(who) + more);
      ASSERT_LE(shares.bytes(), 1000U);
    } else if (asked.what == park_shares::answer::give_up) {
      const std::uint64_t has = shares.of(asked.whose);
      ASSERT_GT(has, 0U);
      ASSERT_GE((has + (asked.whose == who ? more : 0)) * (shares.lanes() + 1), 1000U);
      shares.set(asked.whose, has / 2);
    } else {
      ASSERT_EQ(shares.of(who), 0U);
      ASSERT_GE(more * (shares.lanes() + 1), 1000U);
    }
  }
}

}  // namespace
}  // namespace weir
