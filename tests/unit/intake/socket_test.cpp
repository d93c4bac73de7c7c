// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intake/client_shares.hpp"
#include "intake/socket_posix.hpp"

namespace weir {
namespace {

TEST(open_listener, a_port_in_use_is_named_with_its_holder) {
  const auto first = open_listener({.host = "127.0.0.1", .port = 0, .path = ""});
  ASSERT_TRUE(first.ok());
  const std::uint16_t port = first.value().address.port;
  ASSERT_NE(port, 0);
  const auto second = open_listener({.host = "127.0.0.1", .port = port, .path = ""});
  ASSERT_FALSE(second.ok());
  const std::string self = "process " + std::to_string(::getpid()) + " (test_intake)";
  EXPECT_NE(second.error().message.find(self), std::string::npos) << second.error().message;
  EXPECT_EQ(port_holder(port), self);
}

TEST(open_listener, an_address_of_another_machine_is_an_error) {
  const auto opened = open_listener({.host = "192.0.2.1", .port = 0, .path = ""});
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("192.0.2.1"), std::string::npos);
}

TEST(port_holder, of_a_free_port) {
  std::uint16_t port = 0;
  {
    const auto opened = open_listener({.host = "127.0.0.1", .port = 0, .path = ""});
    port = opened.value().address.port;
  }
  EXPECT_EQ(port_holder(port), "");
}

TEST(open_listener, replaces_a_unix_socket_that_nobody_listens_on) {
  const std::string path = ::testing::TempDir() + "weir-" + std::to_string(::getpid()) + ".sock";
  const listen_address wanted{
      .kind = listen_address::family::unix_socket, .host = "", .path = path};
  {
    const auto first = open_listener(wanted);
    ASSERT_TRUE(first.ok());
    const auto second = open_listener(wanted);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.error().message.find(" listens there; stop it"), std::string::npos);
  }
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);  // left behind
  EXPECT_EQ(info.st_mode & 07777U, 0660U);
  EXPECT_TRUE(open_listener(wanted).ok());
  ::unlink(path.c_str());
}

peer_address over_ipv6(const char* address) {
  sockaddr_storage name{};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(name);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(4711);
  EXPECT_EQ(::inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
  return peer_address_of(name);
}

TEST(peer_address, of_an_ipv4_client_is_the_same_by_way_of_an_ipv6_socket) {
  sockaddr_storage name{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(name);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(4711);
  v4.sin_addr.s_addr = htonl(0xC0000201);
  const peer_address mapped = over_ipv6("::ffff:192.0.2.1");
  EXPECT_EQ(to_string(mapped), "192.0.2.1:4711");
  EXPECT_EQ(to_string(peer_address_of(name)), "192.0.2.1:4711");
  EXPECT_EQ(client_key(mapped), client_key(peer_address_of(name)));
  EXPECT_NE(client_key(mapped), client_key(over_ipv6("::ffff:192.0.2.2")));
  EXPECT_EQ(to_string(over_ipv6("::192.0.2.1")), "[::192.0.2.1]:4711") << "another kind";
  EXPECT_EQ(to_string(over_ipv6("2001:db8::1")), "[2001:db8::1]:4711");
}

}  // namespace
}  // namespace weir
