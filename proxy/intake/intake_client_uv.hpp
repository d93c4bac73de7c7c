// SPDX-License-Identifier: Apache-2.0
//
// What an intake loop has of each connection. What it does with it is intake_loop_uv.cpp's part.
#pragma once

#include <sys/socket.h>
#include <uv.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "intake/intake_loop_uv.hpp"

namespace weir {

struct intake_loop::client {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  intake_loop* owner;
  http::connection machine;
  std::unique_ptr<transport> between;             // the socket and `machine`
  std::shared_ptr<const std::uint32_t> token;     // accepted_socket::token
  std::shared_ptr<const connection_place> place;  // the same
  std::size_t index = 0;
  bool touched = false;
  bool reading = false;
  bool closing = false;
  bool ended = false;  // `between->end()` was called
  bool half_closed = false;
  bool broken = false;  // by the rules of `between`: what else comes is thrown away
  bool queued = false;
  /// Among the loop's handshakes_ that wait for a turn; not read from until then.
  std::optional<std::list<client*>::iterator> handshake_waits{};
  /// Of turn `turn`.
  turn_work work{0};
  std::uint64_t turn = 0;
  std::size_t turn_bytes = 0;
  /// Being written by libuv; empty when nothing is on its way.
  std::string sending;
  uv_write_t write{};
  /// When the socket last took bytes, and how many were left then.
  steady_time write_progress{};
  std::size_t write_left = 0;
  /// Of `between`.
  memory_lease transport_lease;
  /// When `between` has to be established.
  steady_time established_by{};

  client(intake_loop& loop, const http::connection_limits& limits,
         std::unique_ptr<transport> of_listener)
      : tcp{},
        owner(&loop),
        machine(loop.worker_->router(), limits, loop.clock_()),
        between(std::move(of_listener)) {
    machine.when_answered([this] { owner->touch(*this); });
  }

  /// The socket has bytes that were not read yet.
  [[nodiscard]] bool input_waits() const {
    uv_os_fd_t fd = -1;
    char first = 0;
    return uv_fileno(&handle, &fd) == 0 && ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }
  /// The peer has closed its side, and all before that was read.
  [[nodiscard]] bool peer_has_ended() const {
    uv_os_fd_t fd = -1;
    char first = 0;
    if (uv_fileno(&handle, &fd) != 0) {
      return false;
    }
    const ssize_t seen = ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    return seen == 0 || (seen < 0 && errno != EAGAIN && errno != EINTR);
  }
};

}  // namespace weir
