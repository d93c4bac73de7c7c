// SPDX-License-Identifier: Apache-2.0
//
// Real sockets against the intake with a worker that answers at the end of its loop's turn.
#include <sys/un.h>

#include <chrono>
#include <mutex>

#include "unit/intake/http_intake_fixture.hpp"

namespace weir {
namespace {

/// Answers nothing in its turn: another thread permits answers and wakes the loop.
class slow_worker final : public loop_worker, public http::router {
 public:
  explicit slow_worker(std::shared_ptr<std::atomic<int>> awaited) : awaited_(std::move(awaited)) {}

  class slow final : public http::exchange {
   public:
    slow(slow_worker& worker, http::connection& on) : worker_(worker), on_(on) {}
    ~slow() override { std::erase(worker_.waiting_, this); }
    void body(std::string_view) override {}
    void complete() override {
      worker_.waiting_.push_back(this);
      worker_.awaited_->fetch_add(1);
    }
    http::response fail(http::body_failure) override { return {}; }
    void give() { on_.answer({}); }

   private:
    slow_worker& worker_;
    http::connection& on_;
  };

  http::router& router() override { return *this; }
  bool has_work() const override { return permitted_.load() && !waiting_.empty(); }
  void end_of_turn() override {
    permitted_.store(false);
    std::vector<slow*> turn;
    turn.swap(waiting_);
    for (slow* each : turn) {
      each->give();
    }
  }
  void attach(std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  void detach() override {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
  }
  std::unique_ptr<http::exchange> open(const http::request_head&, http::connection& on) override {
    return std::make_unique<slow>(*this, on);
  }
  /// Any thread.
  void permit() {
    permitted_.store(true);
    const std::lock_guard lock(mutex_);
    if (wake_) {
      wake_();
    }
  }

 private:
  std::shared_ptr<std::atomic<int>> awaited_;
  std::atomic<bool> permitted_{false};
  std::vector<slow*> waiting_;
  std::mutex mutex_;
  std::function<void()> wake_;
};

TEST_F(http_intake_test, serves_many_connections_on_several_loops) {
  start({.listen = loopback, .loops = 3, .limits = {}});
  std::vector<unique_fd> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(connect_tcp());
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const std::string body = "client " + std::to_string(i);
      send_all(clients[i].get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                                     std::to_string(body.size()) + "\r\n\r\n" + body);
      EXPECT_NE(read_until(clients[i].get(), body).find("200 OK"), std::string::npos);
    }
  }
  EXPECT_EQ(intake_->open_connections(), 30U);
}

TEST_F(http_intake_test, answers_given_later_reach_their_clients_when_the_worker_wakes_its_loop) {
  slow_worker* worker = nullptr;
  const auto awaited = std::make_shared<std::atomic<int>>(0);
  start({.listen = loopback, .loops = 1, .limits = {}}, [&](std::uint32_t) {
    auto made = std::make_unique<slow_worker>(awaited);
    worker = made.get();
    return made;
  });
  std::vector<unique_fd> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(connect_tcp());
    send_all(clients.back().get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na");
  }
  while (awaited->load() < 5) {
    std::this_thread::yield();
  }
  pollfd waiting{.fd = clients.front().get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  clients.pop_back();  // one leaves meanwhile
  worker->permit();
  for (const unique_fd& each : clients) {
    EXPECT_NE(read_until(each.get(), "\r\n\r\n").find("204 No Content"), std::string::npos);
  }
}

TEST_F(http_intake_test, pipelined_requests_are_answered_in_order) {
  start({.listen = loopback, .loops = 1, .limits = {}});
  const unique_fd client = connect_tcp();
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    const std::string body = "body" + std::to_string(1000 + i) + ";";
    requests += "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
  }
  send_all(client.get(), requests);
  const std::string answers = read_until(client.get(), "body1199;");
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = answers.find("body" + std::to_string(1000 + i) + ";", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(http_intake_test, large_answers_reach_a_slow_reader_whole) {
  start({.listen = loopback, .loops = 1, .limits = {}});
  const unique_fd client = connect_tcp();
  const std::string body = std::string(8'000'000, 'x') + "end";
  std::thread sender([&] {
    const std::string head =
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n";
    std::string_view rest = body;
    ::send(client.get(), head.data(), head.size(), MSG_NOSIGNAL);
    while (!rest.empty()) {
      const ssize_t n = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n <= 0) {
        break;
      }
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  });
  const std::string answer = read_until(client.get(), "end");
  sender.join();
  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), body);
}

TEST_F(http_intake_test, more_connections_than_allowed_are_told_so) {
  start({.listen = loopback, .loops = 1, .connections_max = 1, .limits = {}});
  const unique_fd first = connect_tcp();
  send_all(first.get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na");
  EXPECT_NE(read_until(first.get(), "\r\n\r\na").find("200"), std::string::npos);
  const unique_fd second = connect_tcp();
  const std::string answer = read_until(second.get(), "no such words");
  EXPECT_NE(answer.find("503"), std::string::npos) << answer;
  const std::size_t body = answer.find("\r\n\r\n") + 4;
  EXPECT_NE(answer.find("Content-Length: " + std::to_string(answer.size() - body)),
            std::string::npos);
}

TEST_F(http_intake_test, unix_sockets_serve_too) {
  const std::string path = ::testing::TempDir() + "weir-in-" + std::to_string(::getpid()) + ".sock";
  start({.listen = {listener_of(
             {.kind = listen_address::family::unix_socket, .host = "", .path = path})},
         .loops = 1,
         .limits = {}});
  const unique_fd client(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  send_all(client.get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_NE(read_until(client.get(), "\r\n\r\nabc").find("200"), std::string::npos);
}

TEST_F(http_intake_test, a_client_that_is_silent_within_a_head_is_told_and_closed) {
  http::connection_limits limits;
  limits.head_timeout_ns = 300'000'000;
  start({.listen = loopback, .loops = 1, .limits = limits});
  const unique_fd client = connect_tcp();
  send_all(client.get(), "POST /x HT");
  EXPECT_NE(read_until(client.get(), "no such words").find("408"), std::string::npos);
}

/// The wall clock after a step of `step_ns`. The steady clock is the real one.
std::atomic<std::int64_t> step_ns{0};
moment stepped_clocks() {
  moment now = read_clocks();
  now.wall.ns += step_ns.load();
  return now;
}

TEST_F(http_intake_test, no_connection_ends_because_the_wall_clock_is_stepped) {
  constexpr std::int64_t hour_ns = 3'600'000'000'000;
  http::connection_limits limits;
  limits.head_timeout_ns = 30'000'000'000;
  limits.body_timeout_ns = 30'000'000'000;
  limits.idle_timeout_ns = 30'000'000'000;
  step_ns.store(0);
  start({.listen = loopback, .loops = 1, .limits = limits, .clock = stepped_clocks});
  const unique_fd idle = connect_tcp();
  const unique_fd in_head = connect_tcp();
  const unique_fd in_body = connect_tcp();
  send_all(in_head.get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Le");
  send_all(in_body.get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  for (const std::int64_t step : {hour_ns, -hour_ns}) {
    step_ns.store(step);
    std::this_thread::sleep_for(std::chrono::milliseconds(600));  // deadlines are looked at twice
    EXPECT_EQ(intake_->open_connections(), 3U);
  }
  send_all(in_body.get(), "cd");
  EXPECT_NE(read_until(in_body.get(), "abcd").find("200 OK"), std::string::npos);
  send_all(in_head.get(), "ngth: 2\r\n\r\nok");
  EXPECT_NE(read_until(in_head.get(), "\r\n\r\nok").find("200 OK"), std::string::npos);
  send_all(idle.get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_NE(read_until(idle.get(), "\r\n\r\nhi").find("200 OK"), std::string::npos);
}

/// Its loop stands still while a request is served, until another thread says "go on".
class standing_worker final : public loop_worker, public http::router {
 public:
  struct signs {
    std::atomic<bool> stands{false};
    std::atomic<bool> go_on{false};
  };
  explicit standing_worker(signs& given) : signs_(given) {}

  class standing final : public http::exchange {
   public:
    standing(standing_worker& worker, http::connection& on, bool stops)
        : worker_(worker), on_(on), stops_(stops) {}
    void body(std::string_view) override {}
    void complete() override {
      if (stops_) {
        worker_.signs_.stands.store(true);
        while (!worker_.signs_.go_on.load()) {
          std::this_thread::yield();
        }
      }
      on_.answer({});
    }
    http::response fail(http::body_failure) override { return {}; }

   private:
    standing_worker& worker_;
    http::connection& on_;
    const bool stops_;
  };

  http::router& router() override { return *this; }
  bool has_work() const override { return false; }
  void end_of_turn() override {}
  std::unique_ptr<http::exchange> open(const http::request_head& head,
                                       http::connection& on) override {
    return std::make_unique<standing>(*this, on, head.path == "/stop");
  }

 private:
  signs& signs_;
};

TEST_F(http_intake_test, a_request_that_comes_as_its_connection_turns_idle_is_served) {
  standing_worker::signs signs;
  http::connection_limits limits;
  limits.idle_timeout_ns = 3'000'000'000;
  start({.listen = loopback, .loops = 1, .limits = limits},
        [&](std::uint32_t) { return std::make_unique<standing_worker>(signs); });
  const unique_fd stopping = connect_tcp();
  const unique_fd late = connect_tcp();
  const std::string get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  send_all(late.get(), get);
  EXPECT_NE(read_until(late.get(), "\r\n\r\n").find("204"), std::string::npos);
  send_all(stopping.get(), "GET /stop HTTP/1.1\r\nHost: h\r\n\r\n");
  while (!signs.stands.load()) {
    std::this_thread::yield();
  }
  // The loop stands still beyond the idle timeout, and the request is there before it goes on.
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));
  send_all(late.get(), get);
  signs.go_on.store(true);
  EXPECT_NE(read_until(late.get(), "\r\n\r\n").find("204"), std::string::npos);
}

TEST_F(http_intake_test, a_request_that_comes_as_weir_ends_is_served) {
  standing_worker::signs signs;
  start({.listen = loopback, .loops = 1, .limits = {}},
        [&](std::uint32_t) { return std::make_unique<standing_worker>(signs); });
  const unique_fd stopping = connect_tcp();
  const unique_fd late = connect_tcp();
  const std::string get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  send_all(late.get(), get);
  EXPECT_NE(read_until(late.get(), "\r\n\r\n").find("204"), std::string::npos);
  send_all(stopping.get(), "GET /stop HTTP/1.1\r\nHost: h\r\n\r\n");
  while (!signs.stands.load()) {
    std::this_thread::yield();
  }
  send_all(late.get(), get);
  uv_async_send(&finish_);
  while (!finished_.load()) {
    std::this_thread::yield();
  }
  signs.go_on.store(true);
  const std::string answer = read_until(late.get(), "never");  // until it is closed
  EXPECT_NE(answer.find("204"), std::string::npos);
}

TEST_F(http_intake_test, stopping_with_open_connections_leaks_nothing) {
  start({.listen = loopback, .loops = 2, .limits = {}});
  std::vector<unique_fd> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(connect_tcp());
    send_all(clients.back().get(), "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
  }
  // TearDown stops it; the address sanitizer looks for what is left.
}

}  // namespace
}  // namespace weir
