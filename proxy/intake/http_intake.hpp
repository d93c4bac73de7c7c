// SPDX-License-Identifier: Apache-2.0
//
// HTTP intake: listening sockets on one control loop, connections on N intake loops of a thread
// each. It moves bytes between sockets and http::connection and tells both the time; it decides
// nothing about requests. What a loop does with requests is a `loop_worker`, made by the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/times.hpp"
#include "http/connection.hpp"
#include "intake/socket_posix.hpp"
#include "intake/transport.hpp"
#include "observe/metrics.hpp"

struct uv_loop_s;

namespace weir {

/// What one intake loop does besides moving bytes. Thread: the loop's.
class loop_worker {
 public:
  virtual ~loop_worker() = default;
  [[nodiscard]] virtual http::router& router() = 0;
  /// Requests wait for `end_of_turn`, or what they waited for elsewhere has happened.
  [[nodiscard]] virtual bool has_work() const = 0;
  /// All input of this turn was parsed: seal, append, answer.
  virtual void end_of_turn() = 0;
  /// Before anything else: `wake` makes the loop ask `has_work` soon. Any thread may call it.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): those that need it keep it
  virtual void attach(std::function<void()> wake) { static_cast<void>(wake); }
  /// The loop ends: when it returns, `wake` is not running and will not be called again.
  virtual void detach() {}
};

/// Where connections come in, and what is spoken between the socket and HTTP.
struct http_listener {
  listen_address address{};
  transport_factory transports = make_plain_transport;
  /// By which its connections know it (`http::connection_peer::listener`). Never used again.
  std::uint32_t number = 0;
};

/// A listener whose socket is open, and from which nothing is accepted yet. Destroyed before it is
/// added, it closes the socket and removes the file of a Unix socket.
class opened_listener {
 public:
  opened_listener(http_listener listener, listening_socket opened)
      : of(std::move(listener)), socket(std::move(opened)) {}
  opened_listener(opened_listener&&) noexcept = default;
  opened_listener& operator=(opened_listener&&) noexcept = default;
  opened_listener(const opened_listener&) = delete;
  opened_listener& operator=(const opened_listener&) = delete;
  ~opened_listener();

  http_listener of;
  listening_socket socket;
};

struct http_intake_options {
  std::vector<http_listener> listen;
  /// Number of intake loops; at least 1.
  std::uint32_t loops = 1;
  std::uint32_t connections_max = 10'000;
  /// Of one client address; 0: any number.
  std::uint32_t connections_per_address = 0;
  http::connection_limits limits;
  /// What the loops read the time from. Set; called from any thread.
  clock_source clock{};
};

/// Created, stopped and destroyed on the control loop's thread.
class http_intake {
 public:
  using worker_factory = std::function<std::unique_ptr<loop_worker>(std::uint32_t loop_index)>;

  /// Opens all listeners (a port in use is an error that names its holder) and starts the loops.
  [[nodiscard]] static result<std::unique_ptr<http_intake>> start(
      uv_loop_s* control, const http_intake_options& options, const worker_factory& make_worker);
  ~http_intake();
  http_intake(const http_intake&) = delete;
  http_intake& operator=(const http_intake&) = delete;

  /// The addresses taken, with their ports, in the order of their numbers.
  [[nodiscard]] std::vector<listen_address> addresses() const;

  /// The numbers of the listeners that are open.
  [[nodiscard]] std::vector<std::uint32_t> numbers() const;
  /// Opens the sockets of further listeners, all of them or none.
  [[nodiscard]] static result<std::vector<opened_listener>> open(
      const std::vector<http_listener>& wanted);
  /// Accepts from these, too.
  void add(std::vector<opened_listener> opened);
  /// What has connected by now is accepted; then the listener is closed. Its connections end after
  /// their current request or, if they have none, after their next.
  void remove(std::uint32_t number);
  /// Whether a connection of this listener may send a request: the listener is open, for what waits
  /// in the kernel will be accepted, or it was removed and has connections.
  [[nodiscard]] bool may_have_connections(std::uint32_t number) const;
  /// Of connections that are accepted from now on.
  void set_limits(std::uint32_t connections_max, std::uint32_t connections_per_address,
                  const http::connection_limits& limits);

  /// Closes the listeners; connections end after their current request, idle ones at once.
  void finish();
  /// Connections still open. Any thread.
  [[nodiscard]] std::size_t open_connections() const noexcept;
  /// Ends all connections and loops, and waits for their threads.
  void stop();

  /// Any thread, while the intake exists.
  void collect(metric_collector& out) const;

 private:
  struct state;
  explicit http_intake(std::unique_ptr<state> built);
  std::unique_ptr<state> state_;
};

}  // namespace weir
