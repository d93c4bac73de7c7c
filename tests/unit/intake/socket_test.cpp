// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

}  // namespace
}  // namespace weir
