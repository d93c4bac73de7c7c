// SPDX-License-Identifier: Apache-2.0
//
// One intake loop: a libuv loop on its own thread with the connections that were handed to it.
// Private to intake/.
#pragma once

#include <concurrentqueue/concurrentqueue.h>
#include <uv.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/times.hpp"
#include "http/connection.hpp"
#include "intake/client_shares.hpp"
#include "intake/http_intake.hpp"
#include "intake/transport.hpp"

namespace weir {

/// A connection accepted elsewhere, on its way to a loop.
struct accepted_socket {
  int fd = -1;
  listen_address::family kind = listen_address::family::tcp;
  /// http_listener::number.
  std::uint32_t listener = 0;
  /// Held as long as the connection is open.
  std::shared_ptr<const std::uint32_t> token{};
  std::shared_ptr<const connection_place> place{};
  /// Of its requests.
  std::shared_ptr<const http::connection_limits> limits{};
  /// Unknown of a Unix socket.
  peer_address peer{};
  std::shared_ptr<memory_share> share{};
  std::unique_ptr<transport> between{};
};

class intake_loop {
 public:
  intake_loop(std::unique_ptr<loop_worker> worker, clock_source clock);
  ~intake_loop();
  intake_loop(const intake_loop&) = delete;
  intake_loop& operator=(const intake_loop&) = delete;

  void start();
  /// Any thread. The loop owns the descriptor from here on.
  void adopt(accepted_socket socket);
  /// Any thread.
  void finish();
  /// The connections of this listener end after their current request, or their next one. Those
  /// that the same thread handed over before are among them.
  void finish_of(std::uint32_t listener);
  /// Any thread but the loop's own: ends it and waits.
  void stop();

  [[nodiscard]] std::size_t connections() const noexcept {
    return connections_.load(std::memory_order_relaxed);
  }
  void collect(metric_collector& out) const;

 private:
  struct client;

  static void on_wake(uv_async_t* handle);
  static void on_check(uv_check_t* handle);
  static void on_idle(uv_idle_t* handle);
  static void on_timer(uv_timer_t* handle);
  static void on_allocate(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  static void on_written(uv_write_t* request, int status);
  static void on_closed(uv_handle_t* handle);

  void run();
  void open_client(accepted_socket socket);
  /// False: there is no memory for it.
  [[nodiscard]] bool lease_transport(client& c, const std::shared_ptr<memory_share>& share);
  /// What the peer said with `bytes`.
  [[nodiscard]] std::optional<std::string_view> receive_of(client& c, std::string_view bytes);
  void leave_handshakes(client& c);
  void end_broken(client& c);
  void touch(client& c);
  void begin_turn_of(client& c);
  [[nodiscard]] bool late();
  void queue(client& c);
  void serve_queue();
  void end_turn();
  void settle_touched();
  void settle(client& c);
  void end_transport(client& c);
  void half_close(client& c);
  void send(client& c);
  void update_reading(client& c);
  void close_client(client& c);
  void look_at_deadlines();
  void look_at_sending(client& c, steady_time now);
  void give_up_stalled(const moment& now);
  [[nodiscard]] bool memory_short() const;

  std::unique_ptr<loop_worker> worker_;
  const clock_source clock_;
  uv_loop_t loop_{};
  uv_async_t wake_{};
  uv_check_t check_{};
  uv_timer_t timer_{};
  /// Runs while connections are queued, so that the loop does not wait for sockets alone.
  uv_idle_t idle_{};
  std::thread thread_;
  moodycamel::ConcurrentQueue<accepted_socket> accepted_;
  moodycamel::ConcurrentQueue<std::uint32_t> listeners_gone_;
  std::vector<client*> clients_;
  std::vector<client*> touched_;
  /// Connections with work left from earlier turns, in the order in which they are served.
  std::deque<client*> queue_;
  /// Connections that have not agreed on their transport, and wait until a turn has time for that.
  std::list<client*> handshakes_;
  std::uint64_t turn_ = 1;
  std::uint64_t turn_began_ns_ = 0;  // by uv_hrtime; 0: nothing has happened in it
  std::uint64_t handshake_ns_ = 0;   // of this turn
  std::vector<char> read_buffer_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> finishing_{false};
  std::atomic<bool> stopping_{false};
  counter bytes_received_;
  counter connections_total_;
  counter write_stalls_;
  counter stalled_bodies_;
  counter transports_failed_;
};

}  // namespace weir
