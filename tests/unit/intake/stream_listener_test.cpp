// SPDX-License-Identifier: Apache-2.0
//
// Connections over loopback and a Unix socket to a worker that writes down what it gets.
#include "intake/stream_listener.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/clock_posix.hpp"
#include "intake/socket_posix.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

/// What the worker got, for the test's thread.
struct record {
  std::mutex mutex;
  std::condition_variable changed;
  std::string received;
  std::size_t connections = 0;
  std::size_t ended = 0;
  bool has_room = true;
  /// As often there is none for once; 0: never.
  std::size_t rests_each = 0;
  std::size_t asked_in_vain = 0;
  std::size_t transport_bytes = 0;

  template <class Predicate>
  bool wait(Predicate reached) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, reached);
  }
};

class recording_client final : public stream_client {
 public:
  explicit recording_client(record& to) : to_(to) {}
  [[nodiscard]] std::size_t room(std::size_t most) override {
    const std::scoped_lock lock(to_.mutex);
    const bool has_room = to_.has_room && (to_.rests_each == 0 || ++rooms_ % to_.rests_each != 0);
    to_.asked_in_vain += has_room ? 0 : 1;
    to_.changed.notify_all();
    return has_room ? most : 0;
  }
  void receive(std::string_view bytes) override {
    const std::scoped_lock lock(to_.mutex);
    to_.received += bytes;
    to_.changed.notify_all();
  }
  void transport_holds(std::size_t bytes) override {
    const std::scoped_lock lock(to_.mutex);
    to_.transport_bytes = bytes;
  }
  void end() override {
    const std::scoped_lock lock(to_.mutex);
    ++to_.ended;
    to_.changed.notify_all();
  }
  [[nodiscard]] bool settled() const override { return true; }

 private:
  record& to_;
  std::size_t rooms_ = 0;
};

class recording_worker final : public stream_worker {
 public:
  explicit recording_worker(record& to) : to_(to) {}
  [[nodiscard]] std::unique_ptr<stream_client> open(stream_peer peer) override {
    const std::scoped_lock lock(to_.mutex);
    ++to_.connections;
    to_.transport_bytes = peer.transport_bytes;
    to_.changed.notify_all();
    return std::make_unique<recording_client>(to_);
  }
  [[nodiscard]] std::size_t waiting() const override { return 0; }
  void flush() override {}

 private:
  record& to_;
};

/// Needs a byte before it is established, and less memory afterwards.
class slow_start final : public transport {
 public:
  [[nodiscard]] std::optional<std::string_view> receive(std::string_view received) override {
    established_ = true;
    return received;
  }
  [[nodiscard]] std::string& send(std::string& output) override { return output; }
  [[nodiscard]] bool established() const noexcept override { return established_; }
  [[nodiscard]] std::size_t held_bytes() const noexcept override {
    return established_ ? 100 : 1'000;
  }

 private:
  bool established_ = false;
};

listen_address at_host(const std::string& host) {
  return {.host = host, .port = 0, .path = ""};
}

class stream_listener_test : public ::testing::Test {
 protected:
  void start(stream_limits limits = {}, listen_address at = at_host("127.0.0.1"),
             transport_factory transports = make_plain_transport) {
    auto opened = stream_listener::open({.listen = std::move(at),
                                         .limits = limits,
                                         .transports = std::move(transports),
                                         .clock = read_clocks},
                                        std::make_unique<recording_worker>(record_));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    listener_ = std::move(opened).value();
    listener_->begin();
  }
  unique_fd connect() {
    const listen_address& at = listener_->address();
    if (at.kind == listen_address::family::unix_socket) {
      sockaddr_un to{};
      to.sun_family = AF_UNIX;
      std::memcpy(to.sun_path, at.path.c_str(), at.path.size() + 1);
      return connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    if (at.host == "::1") {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(at.port);
      to.sin6_addr = in6addr_loopback;
      return connect(AF_INET6, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(at.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(AF_INET, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  static unique_fd connect(int family, const sockaddr* to, socklen_t size) {
    unique_fd one(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(one.get(), to, size), 0) << std::strerror(errno);
    return one;
  }
  static void send(const unique_fd& over, std::string_view bytes) {
    EXPECT_EQ(::send(over.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// The other side closed: the end of what it says, or a reset.
  static bool is_closed(const unique_fd& over) {
    char byte = 0;
    return ::recv(over.get(), &byte, 1, 0) <= 0;
  }
  double metric(const std::string& name) {
    metrics_text text;
    listener_->collect(text);
    const std::string all = text.text();
    const std::string line = "\n" + name + "{listen=\"" + to_string(listener_->address()) + "\"} ";
    const std::size_t at = all.find(line);
    return at == std::string::npos ? -1 : std::stod(all.substr(at + line.size()));
  }

  record record_;
  std::unique_ptr<stream_listener> listener_;
};

TEST_F(stream_listener_test, bytes_arrive_in_their_order_and_the_end_is_told) {
  start();
  const unique_fd one = connect();
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string piece = std::string(static_cast<std::size_t>(i * 37 % 900), 'x') + "\n";
    send(one, piece);
    expected += piece;
  }
  ::shutdown(one.get(), SHUT_WR);
  EXPECT_TRUE(record_.wait([&] { return record_.ended == 1; }));
  EXPECT_EQ(record_.received, expected);
  EXPECT_TRUE(is_closed(one));
  EXPECT_EQ(metric("weir_tcp_received_bytes_total"), static_cast<double>(expected.size()));
  EXPECT_EQ(metric("weir_tcp_connections_total"), 1);
}

TEST_F(stream_listener_test, ipv6_and_unix_sockets_are_the_same) {
  const std::string path = ::testing::TempDir() + "weir-stream-" + std::to_string(::getpid());
  for (const listen_address& at :
       {at_host("::1"),
        listen_address{.kind = listen_address::family::unix_socket, .host = "", .path = path}}) {
    record_.received.clear();
    record_.ended = 0;
    start({}, at);
    {
      const unique_fd one = connect();
      send(one, "a f=1\n");
    }
    EXPECT_TRUE(record_.wait([&] { return record_.ended == 1; }));
    EXPECT_EQ(record_.received, "a f=1\n");
    listener_->stop();
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "its file is removed";
}

TEST_F(stream_listener_test, an_idle_connection_ends) {
  start({.idle_timeout = 100ms});
  const unique_fd one = connect();
  send(one, "x");
  EXPECT_TRUE(is_closed(one));
  EXPECT_EQ(metric("weir_tcp_idle_connections_total"), 1);
}

TEST_F(stream_listener_test, what_a_transport_holds_is_told_to_its_client) {
  start({}, at_host("127.0.0.1"), [] { return std::make_unique<slow_start>(); });
  const unique_fd one = connect();
  EXPECT_TRUE(record_.wait([&] { return record_.connections == 1; }));
  {
    const std::scoped_lock lock(record_.mutex);
    EXPECT_EQ(record_.transport_bytes, 1'000U);
  }
  send(one, "x");
  EXPECT_TRUE(record_.wait([&] { return record_.received == "x"; }));
  EXPECT_EQ(record_.transport_bytes, 100U);
}

TEST_F(stream_listener_test, connections_beyond_the_limit_are_closed_and_counted) {
  start({.connections_max = 2});
  const unique_fd one = connect();
  unique_fd two = connect();
  EXPECT_TRUE(record_.wait([&] { return record_.connections == 2; }));
  EXPECT_TRUE(is_closed(connect()));
  EXPECT_EQ(metric("weir_tcp_connections_refused_total"), 1);
  two = unique_fd{};
  EXPECT_TRUE(record_.wait([&] { return record_.ended == 1; }));
  listener_->set_limits({.connections_max = 3});
  const unique_fd three = connect();
  const unique_fd four = connect();
  EXPECT_TRUE(record_.wait([&] { return record_.connections == 4; }));
}

TEST_F(stream_listener_test, one_address_has_no_more_connections_than_its_limit) {
  start({.connections_per_address = 1});
  unique_fd one = connect();
  EXPECT_TRUE(record_.wait([&] { return record_.connections == 1; }));
  EXPECT_TRUE(is_closed(connect()));
  one = unique_fd{};
  EXPECT_TRUE(record_.wait([&] { return record_.ended == 1; }));
  const unique_fd two = connect();
  EXPECT_TRUE(record_.wait([&] { return record_.connections == 2; }));
  EXPECT_EQ(metric("weir_tcp_connections_refused_total"), 1);
}

TEST_F(stream_listener_test, without_room_a_sender_waits_and_nothing_is_lost) {
  start();
  {
    const std::scoped_lock lock(record_.mutex);
    record_.has_room = false;
  }
  const unique_fd one = connect();
  send(one, "first");
  EXPECT_TRUE(record_.wait([&] { return record_.asked_in_vain > 1; }));
  EXPECT_EQ(metric("weir_tcp_paused_connections"), 1);
  send(one, " second");
  {
    const std::scoped_lock lock(record_.mutex);
    EXPECT_EQ(record_.received, "");
    record_.has_room = true;
  }
  EXPECT_TRUE(record_.wait([&] { return record_.received == "first second"; }));
  EXPECT_EQ(metric("weir_tcp_paused_connections"), 0);
  EXPECT_EQ(metric("weir_tcp_pauses_total"), 1);
}

TEST_F(stream_listener_test, the_end_takes_what_has_arrived) {
  start();
  const unique_fd one = connect();
  {
    const std::scoped_lock lock(record_.mutex);
    record_.has_room = false;
  }
  send(one, std::string(100'000, 'x'));
  const unique_fd two = connect();
  send(two, "y");
  listener_->finish();
  {
    const std::scoped_lock lock(record_.mutex);
    record_.has_room = true;
  }
  EXPECT_TRUE(record_.wait([&] { return record_.ended == 2; }));
  listener_->stop();
  EXPECT_FALSE(listener_->is_open());
  EXPECT_EQ(record_.received.size(), 100'001U);
  EXPECT_TRUE(is_closed(one));
}

TEST_F(stream_listener_test, the_end_does_not_wait_for_a_sender_that_goes_on_for_ever) {
  record_.rests_each = 8;
  start();
  const unique_fd one = connect();
  std::thread sender([&one] {
    const std::string bytes(100'000, 'x');
    while (::send(one.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  EXPECT_TRUE(record_.wait([&] { return record_.received.size() > 1'000'000; }));
  listener_->finish();
  EXPECT_TRUE(record_.wait([&] { return record_.ended == 1; }));
  ::shutdown(one.get(), SHUT_RDWR);
  sender.join();
}

}  // namespace
}  // namespace weir
