// SPDX-License-Identifier: Apache-2.0
//
// An intake on real sockets, its clients, and a worker that answers each request with its body.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock_posix.hpp"
#include "intake/http_intake.hpp"

namespace weir {

/// Answers each request with its body once the turn ends.
class echo_worker final : public loop_worker, public http::router {
 public:
  class echo final : public http::exchange {
   public:
    echo(echo_worker& worker, http::connection& on) : worker_(worker), on_(on) {}
    ~echo() override { std::erase(worker_.pending_, this); }
    void body(std::string_view piece) override { body_.append(piece); }
    void complete() override { worker_.pending_.push_back(this); }
    http::response fail(http::body_failure why) override {
      http::response answer;
      answer.status = why == http::body_failure::timeout ? 408 : 400;
      return answer;
    }
    void give() {
      http::response answer;
      answer.status = 200;
      answer.body = body_;
      on_.answer(std::move(answer));
    }

   private:
    echo_worker& worker_;
    http::connection& on_;
    std::string body_;
  };

  http::router& router() override { return *this; }
  bool has_work() const override { return !pending_.empty(); }
  void end_of_turn() override {
    std::vector<echo*> turn;
    turn.swap(pending_);
    for (echo* each : turn) {
      each->give();
    }
  }
  std::unique_ptr<http::exchange> open(const http::request_head&, http::connection& on) override {
    return std::make_unique<echo>(*this, on);
  }

 private:
  std::vector<echo*> pending_;
};

class http_intake_test : public ::testing::Test {
 protected:
  void start(http_intake_options options) {
    start(std::move(options), [](std::uint32_t) { return std::make_unique<echo_worker>(); });
  }
  void start(http_intake_options options, const http_intake::worker_factory& make_worker) {
    if (options.clock == nullptr) {
      options.clock = read_clocks;
    }
    ASSERT_EQ(uv_loop_init(&control_), 0);
    ASSERT_EQ(uv_async_init(&control_, &end_, [](uv_async_t* handle) { uv_stop(handle->loop); }),
              0);
    ASSERT_EQ(uv_async_init(&control_, &finish_,
                            [](uv_async_t* handle) {
                              auto& self = *static_cast<http_intake_test*>(handle->data);
                              self.intake_->finish();
                              self.finished_.store(true);
                            }),
              0);
    finish_.data = this;
    auto started = http_intake::start(&control_, options, make_worker);
    ASSERT_TRUE(started.ok());
    intake_ = std::move(started).value();
    addresses_ = intake_->addresses();
    thread_ = std::thread([this] { uv_run(&control_, UV_RUN_DEFAULT); });
  }
  void TearDown() override {
    uv_async_send(&end_);
    thread_.join();
    intake_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&end_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&finish_), nullptr);
    uv_run(&control_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&control_), 0);
  }

  unique_fd connect_tcp() {
    unique_fd fd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(addresses_.front().port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    return fd;
  }

  static void send_all(int fd, std::string_view bytes) {
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  /// Reads until `needle` came `count` times, the peer closed, or 10 s passed.
  static std::string read_until(int fd, std::string_view needle, int count = 1) {
    std::string got;
    char buffer[65536];
    for (;;) {
      int seen = 0;
      for (std::size_t at = got.find(needle); at != std::string::npos;
           at = got.find(needle, at + 1)) {
        ++seen;
      }
      pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
      if (seen >= count || ::poll(&waiting, 1, 10'000) <= 0) {
        return got;
      }
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) {
        return got;
      }
      got.append(buffer, static_cast<std::size_t>(n));
    }
  }

  uv_loop_t control_{};
  uv_async_t end_{};
  uv_async_t finish_{};
  std::atomic<bool> finished_{false};
  std::unique_ptr<http_intake> intake_;
  std::vector<listen_address> addresses_;
  std::thread thread_;
};

inline http_listener listener_of(listen_address address) {
  http_listener listener;
  listener.address = std::move(address);
  return listener;
}

inline const std::vector<http_listener> loopback{
    listener_of({.host = "127.0.0.1", .port = 0, .path = ""})};

}  // namespace weir
