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
};

struct http_intake_options {
  /// A connection's peer has the number of its listener in this list.
  std::vector<http_listener> listen;
  /// Number of intake loops; at least 1.
  std::uint32_t loops = 1;
  std::uint32_t connections_max = 10'000;
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

  /// The addresses taken, with their ports.
  [[nodiscard]] std::vector<listen_address> addresses() const;

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
