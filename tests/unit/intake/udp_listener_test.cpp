// SPDX-License-Identifier: Apache-2.0
//
// Real datagrams on loopback: their borders, what is too long for the buffer, what the kernel
// drops, and the orderly end.
#include "intake/udp_listener.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace weir {
namespace {

/// What the worker of a listener was given; can keep the listener's thread waiting.
struct record {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> received;
  std::size_t flushed = 0;  // datagrams
  std::size_t flushes = 0;
  bool blocked = false;
  bool waiting_blocked = false;

  template <class Predicate>
  bool wait(Predicate reached) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), reached);
  }
  void block() {
    const std::scoped_lock lock(mutex);
    blocked = true;
  }
  void unblock() {
    const std::scoped_lock lock(mutex);
    blocked = false;
    changed.notify_all();
  }
};

class recording_worker final : public datagram_worker {
 public:
  recording_worker(record& to, udp_counts& counts) : to_(to), counts_(counts) {}
  void receive(std::string_view datagram, const peer_address&) override {
    std::unique_lock lock(to_.mutex);
    to_.waiting_blocked = to_.blocked;
    to_.changed.notify_all();
    to_.changed.wait(lock, [this] { return !to_.blocked; });
    to_.waiting_blocked = false;
    to_.received.emplace_back(datagram);
    waiting_ += datagram.size();
  }
  [[nodiscard]] std::size_t waiting() const override { return waiting_; }
  void flush() override {
    const std::scoped_lock lock(to_.mutex);
    waiting_ = 0;
    counts_.settle(udp_fate::taken, to_.received.size() - to_.flushed);
    to_.flushed = to_.received.size();
    ++to_.flushes;
    to_.changed.notify_all();
  }

 private:
  record& to_;
  udp_counts& counts_;
  std::size_t waiting_ = 0;
};

class udp_listener_test : public ::testing::Test {
 protected:
  void start(udp_listener_options options = {}) {
    options.socket.listen = {.host = "127.0.0.1", .port = 0, .path = ""};
    auto started =
        udp_listener::start(options, std::make_unique<recording_worker>(record_, counts_), counts_);
    ASSERT_TRUE(started.ok()) << started.error().message;
    listener_ = std::move(started).value();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(listener_->address().port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sender_ = unique_fd(::socket(AF_INET, SOCK_DGRAM, 0));
    ASSERT_EQ(::connect(sender_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  void send(std::string_view datagram) {
    ASSERT_EQ(::send(sender_.get(), datagram.data(), datagram.size(), 0),
              static_cast<ssize_t>(datagram.size()));
  }
  bool wait_flushed(std::size_t count) {
    return record_.wait([&] { return record_.flushed >= count; });
  }
  double metric(const std::string& name, const std::string& further = "") {
    metrics_text text;
    counts_.collect(to_string(listener_->address()), text);
    listener_->collect(text);
    const std::string line =
        "\n" + name + "{listen=\"" + to_string(listener_->address()) + "\"" + further + "} ";
    const std::string all = text.text();
    const std::size_t at = all.find(line);
    return at == std::string::npos ? -1 : std::stod(all.substr(at + line.size()));
  }

  record record_;
  udp_counts counts_;
  std::unique_ptr<udp_listener> listener_;
  unique_fd sender_;
};

TEST_F(udp_listener_test, datagrams_keep_their_borders_and_their_order) {
  start();
  std::vector<std::string> expected;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    expected.push_back(std::string(i % 7 == 0 ? 0 : i * 13 % 1400, 'x') + std::to_string(i));
    bytes += expected.back().size();
    send(expected.back());
  }
  ASSERT_TRUE(wait_flushed(expected.size()));
  EXPECT_EQ(record_.received, expected);
  EXPECT_EQ(metric("weir_udp_datagrams_total"), 300);
  EXPECT_EQ(metric("weir_udp_received_bytes_total"), static_cast<double>(bytes));
  EXPECT_EQ(metric("weir_udp_kernel_drops_total"), 0);
}

TEST_F(udp_listener_test, a_truncated_datagram_is_counted_and_nothing_of_it_is_passed_on) {
  udp_listener_options options;
  options.socket.datagram_bytes_max = 1024;
  start(options);
  send(std::string(1025, 'a'));
  send(std::string(1024, 'b'));
  send(std::string(60'000, 'c'));
  send("d");
  ASSERT_TRUE(wait_flushed(2));
  EXPECT_EQ(record_.received, (std::vector<std::string>{std::string(1024, 'b'), "d"}));
  EXPECT_EQ(metric("weir_udp_datagrams_total"), 4);
  EXPECT_EQ(metric("weir_udp_dropped_datagrams_total", ",reason=\"truncated\""), 2);
  EXPECT_EQ(metric("weir_udp_taken_datagrams_total"), 2);
}

TEST_F(udp_listener_test, the_largest_datagram_that_udp_knows_arrives_whole) {
  start();
  const std::string largest(65'507, 'x');
  send(largest);
  ASSERT_TRUE(wait_flushed(1));
  EXPECT_EQ(record_.received.front(), largest);
}

TEST_F(udp_listener_test, many_bytes_are_flushed_before_their_time) {
  udp_listener_options options;
  options.flush_bytes = 1000;
  options.flush_after = std::chrono::hours(1);
  start(options);
  for (int i = 0; i < 10; ++i) {
    send(std::string(250, 'x'));
  }
  ASSERT_TRUE(wait_flushed(8));
  send(std::string(500, 'x'));
  ASSERT_TRUE(wait_flushed(11));
  EXPECT_EQ(record_.flushes, 3U);
}

TEST_F(udp_listener_test, what_the_kernel_drops_is_counted_to_the_datagram) {
  udp_listener_options options;
  options.socket.receive_buffer = 16'384;
  start(options);
  record_.block();
  send("first");
  ASSERT_TRUE(record_.wait([&] { return record_.waiting_blocked; }));
  for (int i = 0; i < 500; ++i) {
    send(std::string(1000, 'x'));
  }
  record_.unblock();
  ASSERT_TRUE(record_.wait([&] { return record_.flushed > 1; }));
  // Whatever came after the drops carries their number.
  send("last");
  ASSERT_TRUE(record_.wait([&] {
    return record_.received.back() == "last" && record_.flushed == record_.received.size();
  }));
  const double drops = metric("weir_udp_kernel_drops_total");
  EXPECT_GT(drops, 0);
  EXPECT_EQ(metric("weir_udp_datagrams_total") + drops, 502);
}

TEST_F(udp_listener_test, the_end_takes_what_the_socket_holds) {
  start();
  record_.block();
  send("first");
  ASSERT_TRUE(record_.wait([&] { return record_.waiting_blocked; }));
  for (int i = 0; i < 400; ++i) {
    send(std::to_string(i));
  }
  listener_->finish();
  EXPECT_TRUE(listener_->is_open());
  record_.unblock();
  listener_->stop();
  EXPECT_FALSE(listener_->is_open());
  EXPECT_EQ(record_.received.size(), 401U);
  EXPECT_EQ(record_.flushed, 401U);
  EXPECT_EQ(record_.received.back(), "399");
}

TEST_F(udp_listener_test, a_port_in_use_is_named_with_its_holder) {
  start();
  const auto second = udp_socket::open({.listen = listener_->address()});
  ASSERT_FALSE(second.ok());
  const std::string self = "process " + std::to_string(::getpid()) + " (test_intake)";
  EXPECT_NE(second.error().message.find(self), std::string::npos) << second.error().message;
}

TEST(udp_socket, an_address_of_another_machine_is_an_error) {
  const auto opened = udp_socket::open({.listen = {.host = "192.0.2.1", .port = 0, .path = ""}});
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("udp 192.0.2.1"), std::string::npos);
}

}  // namespace
}  // namespace weir
