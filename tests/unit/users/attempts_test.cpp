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
  EXPECT_EQ(address_of_peer(""), "");
  EXPECT_EQ(address_of_peer("[x]:1"), "[x]");
}

TEST(attempts, of_ipv6_are_counted_by_network_however_it_is_spelled) {
  EXPECT_EQ(address_of_peer("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_of_peer("[2001:db8:1:2:9:9:9:9]:2"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_of_peer("[2001:db8::7]:1"), "2001:db8:0:0::/64");
  EXPECT_EQ(address_of_peer("[2001:db8:0:0:1::]:1"), "2001:db8:0:0::/64");
  EXPECT_EQ(address_of_peer("[::1]:1"), "0:0:0:0::/64");
  // Two networks, whose zeros are left out.
  EXPECT_EQ(address_of_peer("[2001::1:a:b:c:d]:1"), "2001:0:0:1::/64");
  EXPECT_EQ(address_of_peer("[2001::2:a:b:c:d]:1"), "2001:0:0:2::/64");
}

TEST(attempts, of_ipv4_addresses_in_ipv6s_form_are_those_of_the_address) {
  for (const char* peer : {"[::ffff:192.0.2.1]:4711", "[::ffff:c000:201]:1", "192.0.2.1:7"}) {
    EXPECT_EQ(address_of_peer(peer), "192.0.2.1") << peer;
  }
  EXPECT_EQ(address_of_peer("[::ffff:192.0.2.2]:4711"), "192.0.2.2");
}

}  // namespace
}  // namespace weir
