// SPDX-License-Identifier: Apache-2.0
//
// Reloads of a pipeline at moments that a client outside of the process cannot choose.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/clock_posix.hpp"
#include "intake/socket_posix.hpp"
#include "server/pipeline.hpp"

namespace weir {
namespace {

class pipeline_reload_test : public ::testing::Test {
 protected:
  pipeline_reload_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-reload-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    configured_.log.type = log_type::memory;
    configured_.letters.enabled = false;
    configured_.http.listen = {"127.0.0.1:0", "unix:" + path()};
    configured_.http.loops = 1;
    EXPECT_EQ(uv_loop_init(&control_), 0);
  }
  ~pipeline_reload_test() override {
    running_.reset();
    uv_run(&control_, UV_RUN_DEFAULT);  // lets the close callbacks happen
    EXPECT_EQ(uv_loop_close(&control_), 0);
    std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] std::string path() const { return directory_ + "/socket"; }
  void start() {
    auto started = pipeline::start(configured_, &control_, read_clocks, [] {});
    ASSERT_TRUE(started) << started.error().message;
    running_ = std::move(started).value();
  }
  /// A connection of the Unix socket, which waits in the kernel until somebody accepts it.
  [[nodiscard]] unique_fd connect() const {
    unique_fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path().copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_EQ(::connect(made.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return made;
  }

  std::string directory_;
  settings configured_;
  uv_loop_t control_{};
  std::unique_ptr<pipeline> running_;
};

TEST_F(pipeline_reload_test, who_connected_to_a_listener_that_goes_is_answered) {
  start();
  const unique_fd client = connect();
  settings wanted = configured_;
  wanted.http.listen.pop_back();
  const auto changes = running_->reload(wanted);
  ASSERT_TRUE(changes) << changes.error().message;
  constexpr std::string_view request =
      "POST /write?db=x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nm v=1";
  ASSERT_EQ(::send(client.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string answer(4096, '\0');
  const ssize_t got = ::recv(client.get(), answer.data(), answer.size(), 0);
  ASSERT_GT(got, 0);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204")) << answer;
  running_->stop(steady_now());
}

}  // namespace
}  // namespace weir
