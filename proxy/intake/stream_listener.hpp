// SPDX-License-Identifier: Apache-2.0
//
// Intake of byte streams without answers, over TCP or a Unix socket: one listening socket, one
// thread and one libuv loop with all of its connections. It moves bytes to a `stream_worker`, stops
// reading where that one has no room, so that senders wait, and ends connections that are idle.
// What the bytes are it does not know.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "base/times.hpp"
#include "intake/address.hpp"
#include "intake/transport.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// The other side of a connection.
struct stream_peer {
  /// "192.0.2.1:4711", or "unix".
  std::string address{};
  /// What all connections of its address hold of the memory for requests.
  std::shared_ptr<memory_share> share{};
  /// What its transport may hold at first, in bytes, of the same memory.
  std::size_t transport_bytes = 0;
};

/// Takes the bytes of one connection. Thread: its listener's.
class stream_client {
 public:
  virtual ~stream_client() = default;
  /// How many bytes can be taken now, `most` at most; 0: none, until bytes before them are dealt
  /// with.
  [[nodiscard]] virtual std::size_t room(std::size_t most) = 0;
  /// Bytes in their order; valid during the call. More than there was room for is taken, too; none
  /// at all: the room is not needed.
  virtual void receive(std::string_view bytes) = 0;
  /// What its transport may hold, in bytes: no more than before.
  virtual void transport_holds(std::size_t bytes) = 0;
  /// Nothing more comes. Once.
  virtual void end() = 0;
  /// After `end`: nothing of it waits any more.
  [[nodiscard]] virtual bool settled() const = 0;
};

/// What a listener does with its connections. Made by the caller, lives on the listener's thread.
class stream_worker {
 public:
  virtual ~stream_worker() = default;
  /// The worker outlives it. nullptr: there is no memory for another connection.
  [[nodiscard]] virtual std::unique_ptr<stream_client> open(stream_peer peer) = 0;
  /// Bytes that wait for `flush`, or 1 while something else does; 0: nothing does.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
  virtual void flush() = 0;
};

/// What a reload may change.
struct stream_limits {
  /// A connection from which so long nothing came, although it was read from, is closed.
  std::chrono::milliseconds idle_timeout{300'000};
  /// Open connections; further ones are closed at once.
  std::uint32_t connections_max = 1'000;
  /// Of one client address; 0: any number.
  std::uint32_t connections_per_address = 0;
  friend bool operator==(const stream_limits&, const stream_limits&) = default;
};

struct stream_listener_options {
  listen_address listen{};
  stream_limits limits{};
  transport_factory transports = make_plain_transport;
  /// Bytes gather until so many wait, or the first has waited for so long.
  std::size_t flush_bytes = std::size_t{192} << 10;
  std::chrono::milliseconds flush_after{5};
  /// Set; called on the listener's thread.
  clock_source clock{};
};

class stream_listener {
 public:
  /// Opens the socket; nothing is accepted before `begin`.
  [[nodiscard]] static result<std::unique_ptr<stream_listener>> open(
      const stream_listener_options& options, std::unique_ptr<stream_worker> worker);
  /// Starts the thread. Once.
  void begin();
  ~stream_listener();
  stream_listener(const stream_listener&) = delete;
  stream_listener& operator=(const stream_listener&) = delete;

  /// With the port that was taken, if 0 was asked for.
  [[nodiscard]] const listen_address& address() const noexcept;
  /// Any thread.
  void set_limits(const stream_limits& limits);
  /// Accepts no more, reads what has arrived on each connection and closes it once its bytes are
  /// dealt with. Returns at once; `is_open` tells when it is done. Any thread.
  void finish();
  [[nodiscard]] bool is_open() const noexcept;
  /// `finish`, and waits for the thread; what cannot be dealt with by now is given up.
  void stop();

  /// Any thread, while the listener exists.
  void collect(metric_collector& out) const;

 private:
  struct state;
  explicit stream_listener(std::unique_ptr<state> built);
  std::unique_ptr<state> state_;
};

}  // namespace weir
