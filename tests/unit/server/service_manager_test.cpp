// SPDX-License-Identifier: Apache-2.0
//
// What the service manager receives: a socket of this test stands in for systemd's.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "server/service_manager_posix.hpp"

namespace weir {
namespace {

class service_manager_test : public ::testing::Test {
 protected:
  ~service_manager_test() override {
    ::unsetenv("NOTIFY_SOCKET");
    if (socket_ >= 0) {
      ::close(socket_);
    }
    std::filesystem::remove(path_);
  }
  /// `name` as NOTIFY_SOCKET has it: a path, or "@" and a name in the abstract namespace.
  void listen(const std::string& name) {
    path_ = name.front() == '/' ? name : "";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    }
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
    ASSERT_EQ(::setenv("NOTIFY_SOCKET", name.c_str(), 1), 0);
  }
  /// The datagram that has arrived; "nothing" if there is none.
  std::string received() {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 0) != 1) {
      return "nothing";
    }
    std::array<char, 256> buffer{};
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

  const std::string name_ = "weir-notify-" + std::to_string(::getpid());
  std::string path_;
  int socket_ = -1;
};

TEST_F(service_manager_test, one_datagram_has_all_lines) {
  listen((std::filesystem::temp_directory_path() / name_).string());
  notify_service_manager("READY=1\nSTATUS=receiving");
  EXPECT_EQ(received(), "READY=1\nSTATUS=receiving");
  EXPECT_EQ(received(), "nothing");
}

TEST_F(service_manager_test, its_socket_may_have_an_abstract_name) {
  listen("@" + name_);
  notify_service_manager("STOPPING=1");
  EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(service_manager_test, without_one_nothing_happens) {
  listen("@" + name_);
  for (const std::string& unfit : {std::string(), std::string("relative"), std::string(200, '/')}) {
    ASSERT_EQ(::setenv("NOTIFY_SOCKET", unfit.c_str(), 1), 0);
    notify_service_manager("READY=1");
  }
  ::unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");
  EXPECT_EQ(received(), "nothing");
}

TEST_F(service_manager_test, one_that_does_not_listen_is_no_failure) {
  ASSERT_EQ(::setenv("NOTIFY_SOCKET", "@weir-notify-that-is-not-there", 1), 0);
  notify_service_manager("READY=1");
}

}  // namespace
}  // namespace weir
