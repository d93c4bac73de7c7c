// SPDX-License-Identifier: Apache-2.0
//
// HTTP requests without waiting: the seam between what a sink wants to say and how bytes get there
// (transfer_curl). All calls are made on one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_reply.hpp"

namespace weir {

struct transfer_request {
  std::string url;
  /// Another one than GET and POST, where it is not empty.
  std::string method{};
  /// "Name: value", besides what HTTP itself needs.
  std::vector<std::string> headers;
  /// Basic authentication, where `username` is not empty.
  std::string username;
  std::string password;
  /// What the pieces point to must stay alive until the end of the request.
  std::vector<std::string_view> body;
  /// From connecting to the last byte of the answer.
  std::chrono::milliseconds timeout{30'000};
  std::size_t answer_bytes_max = std::size_t{64} * 1024;
  /// Path of a Unix socket to connect to in place of the URL's host; empty: none.
  std::string unix_socket;
};

class transfer {
 public:
  using done = std::function<void(http_reply)>;
  virtual ~transfer() = default;
  /// Which of several addresses a request goes to that is posted now, from 0.
  [[nodiscard]] virtual std::size_t address() const noexcept { return 0; }
  /// Calls `on_done` once, possibly before it returns, unless `abort` comes first.
  virtual void post(transfer_request request, done on_done) = 0;
  /// Ends every request; no `on_done` is called any more.
  virtual void abort() = 0;
};

}  // namespace weir
