// SPDX-License-Identifier: Apache-2.0
#include "users/attempts.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(attempts, run_out_and_come_back) {
  attempts tries;
  steady_time now{1'000};
  for (int i = 0; i < static_cast<int>(attempts::at_once); ++i) {
    EXPECT_TRUE(tries.take("a", now));
  }
  EXPECT_FALSE(tries.take("a", now));
  EXPECT_TRUE(tries.take("b", now)) << "of another address";
  now.ns += attempts::refill_ns;
  EXPECT_TRUE(tries.take("a", now));
  EXPECT_FALSE(tries.take("a", now));
  now.ns += 1'000 * attempts::refill_ns;
  for (int i = 0; i < static_cast<int>(attempts::at_once); ++i) {
    EXPECT_TRUE(tries.take("a", now));
  }
  EXPECT_FALSE(tries.take("a", now));
}

TEST(attempts, that_were_good_do_not_count) {
  attempts tries;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(tries.take("a", {}));
    tries.give_back("a");
  }
}

TEST(attempts, of_very_many_addresses_do_not_pile_up) {
  attempts tries;
  for (std::size_t i = 0; i < 3 * attempts::addresses_max; ++i) {
    EXPECT_TRUE(tries.take(std::to_string(i), {}));
    EXPECT_LE(tries.addresses(), attempts::addresses_max);
  }
}

TEST(attempts, who_guessed_most_is_forgotten_last) {
  attempts tries;
  for (int i = 0; i < static_cast<int>(attempts::at_once); ++i) {
    EXPECT_TRUE(tries.take("guesser", {}));
  }
  for (std::size_t i = 0; i < 3 * attempts::addresses_max; ++i) {
    EXPECT_TRUE(tries.take(std::to_string(i), {}));
  }
  EXPECT_FALSE(tries.take("guesser", {}));
}

TEST(attempts, are_counted_by_address_without_the_port) {
  EXPECT_EQ(address_of_peer("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(address_of_peer("unix"), "unix");
  EXPECT_EQ(address_of_peer("[2001:db8:1:2:3:4:5:6]:1"), "[2001:db8:1:2:");
  EXPECT_EQ(address_of_peer("[2001:db8:1:2:9:9:9:9]:2"), "[2001:db8:1:2:");
  EXPECT_EQ(address_of_peer("[2001:db8::7]:1"), "[2001:db8");
}

}  // namespace
}  // namespace weir
