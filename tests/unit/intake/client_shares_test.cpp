// SPDX-License-Identifier: Apache-2.0
//
// What connections of one address have in common.
#include "intake/client_shares.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

peer_address ipv4(std::uint8_t last, std::uint16_t port) {
  return {.kind = peer_address::family::ipv4, .bytes = {192, 0, 2, last}, .port = port};
}

TEST(client_shares, an_address_has_one_share_whatever_its_ports) {
  client_shares shares;
  const auto one = shares.of(ipv4(1, 1));
  EXPECT_EQ(shares.of(ipv4(1, 2)), one);
  EXPECT_NE(shares.of(ipv4(2, 1)), one);
}

TEST(client_shares, an_address_has_so_many_places) {
  client_shares shares;
  auto first = shares.place_of(ipv4(1, 1), 2);
  const auto second = shares.place_of(ipv4(1, 2), 2);
  EXPECT_NE(first, nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(shares.place_of(ipv4(1, 3), 2), nullptr);
  EXPECT_NE(shares.place_of(ipv4(2, 3), 2), nullptr);
  EXPECT_NE(shares.place_of(ipv4(1, 3), 0), nullptr) << "0: any number";
  first.reset();
  EXPECT_NE(shares.place_of(ipv4(1, 3), 2), nullptr);
}

TEST(client_shares, ipv6_counts_by_network_and_unix_sockets_not_at_all) {
  client_shares shares;
  peer_address one{.kind = peer_address::family::ipv6, .bytes = {0x20, 1, 0xd, 0xb8}, .port = 1};
  peer_address other = one;
  other.bytes[15] = 7;
  const auto place = shares.place_of(one, 1);
  EXPECT_EQ(shares.place_of(other, 1), nullptr);
  other.bytes[7] = 1;
  EXPECT_NE(shares.place_of(other, 1), nullptr);
  const auto over_unix = shares.place_of({}, 1);
  EXPECT_NE(shares.place_of({}, 1), nullptr);
}

}  // namespace
}  // namespace weir
