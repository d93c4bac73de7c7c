// SPDX-License-Identifier: Apache-2.0
//
// What lies between sockets and HTTP: its own words, its end, and whose turn it is.
#include <chrono>
#include <optional>

#include "unit/intake/http_intake_fixture.hpp"

namespace weir {
namespace {

/// A transport with all that TLS has: a greeting before any request, input that means nothing
/// before a record is whole (here: two bytes for one), buffers of its own, and a farewell.
class doubling_transport final : public transport {
 public:
  [[nodiscard]] std::optional<std::string_view> receive(std::string_view received) override {
    said_.clear();
    for (const char c : received) {
      if (!first_) {
        first_ = c;
      } else if (*first_ != c) {
        return std::nullopt;
      } else {
        said_.push_back(c);
        first_.reset();
      }
    }
    return said_;
  }
  [[nodiscard]] std::string& send(std::string& output) override {
    if (!greeted_) {
      to_send_ = "HELLO;";
      greeted_ = true;
    }
    for (const char c : output) {
      to_send_.append(2, c);
    }
    output.clear();
    if (ended_) {
      to_send_ += ";BYE";
      ended_ = false;
    }
    return to_send_;
  }
  void end() override { ended_ = true; }

  static std::string doubled(std::string_view text) {
    std::string out;
    for (const char c : text) {
      out.append(2, c);
    }
    return out;
  }

 private:
  std::optional<char> first_;
  std::string said_;
  std::string to_send_;
  bool greeted_ = false;
  bool ended_ = false;
};

std::vector<http_listener> doubling_listener() {
  std::vector<http_listener> listeners = loopback;
  listeners.front().transports = [] { return std::make_unique<doubling_transport>(); };
  return listeners;
}

TEST_F(http_intake_test, a_transport_lies_between_the_socket_and_http) {
  start({.listen = doubling_listener(), .loops = 1, .limits = {}});
  const unique_fd client = connect_tcp();
  const std::string body(300'000, 'x');  // more than one read, and than a socket takes at once
  const std::string sent = doubling_transport::doubled(
      "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n" + body);
  send_all(client.get(), sent.substr(0, 33));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // half of a pair has arrived
  send_all(client.get(), std::string_view(sent).substr(33));
  const std::string got = read_until(client.get(), ";BYE");
  EXPECT_TRUE(got.starts_with("HELLO;" + doubling_transport::doubled("HTTP/1.1 200 OK\r\n")));
  EXPECT_TRUE(got.ends_with(doubling_transport::doubled("\r\n\r\n" + body) + ";BYE"));
}

/// Agrees with the first byte it gets, which takes its time; then the bytes are what they are.
class slow_handshake final : public transport {
 public:
  struct work {
    /// Nobody goes on before.
    std::atomic<bool> may_begin{false};
    std::atomic<int> begun{0};
    std::atomic<int> done{0};
    /// When somebody who had agreed was read from.
    std::atomic<int> done_by_then{-1};
  };
  explicit slow_handshake(work& all) : all_(all) {}
  [[nodiscard]] std::optional<std::string_view> receive(std::string_view received) override {
    if (std::exchange(established_, true)) {
      int none = -1;
      all_.done_by_then.compare_exchange_strong(none, all_.done.load());
      return received;
    }
    all_.begun.fetch_add(1);
    while (!all_.may_begin.load()) {
      std::this_thread::yield();
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    while (std::chrono::steady_clock::now() < until) {
    }
    all_.done.fetch_add(1);
    return received.substr(1);
  }
  [[nodiscard]] std::string& send(std::string& output) override { return output; }
  [[nodiscard]] bool established() const noexcept override { return established_; }

 private:
  work& all_;
  bool established_ = false;
};

TEST_F(http_intake_test, who_has_agreed_is_served_between_those_who_have_not) {
  constexpr int handshakes = 60;
  slow_handshake::work all;
  auto listeners = loopback;
  listeners.front().transports = [&all] { return std::make_unique<slow_handshake>(all); };
  start({.listen = listeners, .loops = 1, .limits = {}});
  all.may_begin.store(true);
  const unique_fd good = connect_tcp();
  send_all(good.get(), "!");
  while (all.done.load() == 0) {
    std::this_thread::yield();
  }
  all.may_begin.store(false);
  std::vector<unique_fd> others;
  for (int i = 0; i < handshakes; ++i) {
    others.push_back(connect_tcp());
  }
  while (intake_->open_connections() < handshakes + 1) {
    std::this_thread::yield();
  }
  for (const unique_fd& each : others) {
    send_all(each.get(), "!");
  }
  while (all.begun.load() == 1) {
    std::this_thread::yield();
  }
  send_all(good.get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na");
  all.may_begin.store(true);
  EXPECT_NE(read_until(good.get(), "200 OK"), "");
  EXPECT_LT(all.done_by_then.load(), handshakes / 4);
  for (const unique_fd& each : others) {
    send_all(each.get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nb");
    EXPECT_NE(read_until(each.get(), "200 OK"), "") << "its turn came";
  }
}

TEST_F(http_intake_test, a_peer_that_breaks_the_transport_is_closed) {
  start({.listen = doubling_listener(), .loops = 1, .limits = {}});
  const unique_fd client = connect_tcp();
  send_all(client.get(), "POST /x HTTP/1.1\r\n");
  EXPECT_EQ(read_until(client.get(), "no such words").find("HTTP"), std::string::npos);
}

}  // namespace
}  // namespace weir
