// SPDX-License-Identifier: Apache-2.0
//
// UDP intake: one socket, one thread and one libuv loop of its own. It moves datagrams from the
// socket to a `datagram_worker` and decides when that one flushes; what datagrams are it does not
// know.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "intake/udp_counts.hpp"
#include "intake/udp_socket_posix.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// What a listener does with datagrams. Made by the caller, lives on the listener's thread.
class datagram_worker {
 public:
  virtual ~datagram_worker() = default;
  /// A whole datagram; its bytes are valid during the call.
  virtual void receive(std::string_view datagram, const peer_address& from) = 0;
  /// Bytes that wait for `flush`, or 1 while something else does; 0: nothing does.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
  virtual void flush() = 0;
};

struct udp_listener_options {
  udp_socket_options socket;
  /// Datagrams gather until so many bytes wait, or the first has waited for so long.
  std::size_t flush_bytes = std::size_t{192} << 10;
  std::chrono::milliseconds flush_after{5};
};

class udp_listener {
 public:
  /// `open`, and `begin`.
  [[nodiscard]] static result<std::unique_ptr<udp_listener>> start(
      const udp_listener_options& options, std::unique_ptr<datagram_worker> worker,
      udp_counts& counts);
  /// Opens the socket; nothing is read before `begin`. What the worker receives is the worker's to
  /// settle in `counts`, which outlives the listener.
  [[nodiscard]] static result<std::unique_ptr<udp_listener>> open(
      const udp_listener_options& options, std::unique_ptr<datagram_worker> worker,
      udp_counts& counts);
  /// Starts the thread. Once.
  void begin();
  ~udp_listener();
  udp_listener(const udp_listener&) = delete;
  udp_listener& operator=(const udp_listener&) = delete;

  /// With the port that was taken, if 0 was asked for.
  [[nodiscard]] const listen_address& address() const noexcept;
  /// Reads what the socket holds by now (and not for ever more, if senders go on), flushes and
  /// closes it. Returns at once; `is_open` tells when it is done. Any thread.
  void finish();
  [[nodiscard]] bool is_open() const noexcept;
  /// `finish`, and waits for the thread.
  void stop();

  /// Any thread, while the listener exists.
  void collect(metric_collector& out) const;

 private:
  struct state;
  explicit udp_listener(std::unique_ptr<state> built);
  std::unique_ptr<state> state_;
};

}  // namespace weir
