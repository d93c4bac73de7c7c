// SPDX-License-Identifier: Apache-2.0
//
// One GET whose answer is read while it arrives and may have no end, beside descriptors that are
// waited for at the same time (a keyboard, signals). What a command that has nothing else to do
// needs; one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "net/transfer.hpp"

namespace weir {

class stream_curl {
 public:
  stream_curl();
  ~stream_curl();
  stream_curl(const stream_curl&) = delete;
  stream_curl& operator=(const stream_curl&) = delete;

  /// Ends what is under way and begins this request. Of it, `url`, `headers` and `unix_socket`
  /// count; `timeout` bounds connecting, and `answer_bytes_max` what may wait to be taken.
  void begin(const transfer_request& request);
  /// Until bytes came, the answer ended, one of `others` can be read, or `longest` has passed.
  /// Appends what came to `out`.
  void wait(std::chrono::milliseconds longest, std::span<const int> others, std::string& out);

  /// Nothing is under way (any more).
  [[nodiscard]] bool ended() const noexcept;
  /// Of the answer, once its head is there; 0 before.
  [[nodiscard]] int status() const noexcept;
  /// Why it ended; empty: the server said that this is all.
  [[nodiscard]] const std::string& why() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
