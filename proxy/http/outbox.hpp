// SPDX-License-Identifier: Apache-2.0
//
// Answers on their way out of one connection: bytes that wait to be sent, and an answer whose body
// is made while it is sent. It sends nothing itself and takes no memory from a budget: it says what
// it holds. Loop: the connection's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/times.hpp"
#include "base/turn_work.hpp"
#include "http/message.hpp"

namespace weir::http {

/// How an answer goes over the wire.
struct answer_form {
  bool keep_alive = true;
  bool head_only = false;
  /// HTTP/1.0 knows no chunks: a body of unknown length ends with the connection.
  bool version_1_0 = false;
};

class outbox {
 public:
  /// Of an answer that is made while it is sent, so much waits to be sent at most.
  static constexpr std::size_t piece_bytes = std::size_t{64} << 10;

  /// To be sent; the owner takes them (swap or erase).
  [[nodiscard]] std::string& bytes() noexcept { return bytes_; }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  /// Of what the owner took, how much is still on its way.
  void set_unsent(std::size_t bytes) noexcept { unsent_ = bytes; }
  [[nodiscard]] std::size_t unsent() const noexcept { return unsent_; }

  /// Requires: !streaming(). An answer with a source goes on with `pump`.
  void put(response& answer, const answer_form& form, wall_time date);
  /// An answer with a source is not complete yet.
  [[nodiscard]] bool streaming() const noexcept { return source_ != nullptr; }
  /// There is room for more of it.
  [[nodiscard]] bool wants_pump() const noexcept {
    return streaming() && unsent_ == 0 && bytes_.size() < piece_bytes && !source_->waits();
  }
  /// The last answer with a source ended before its body was whole.
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] bool ends_with_peer() const noexcept {
    return streaming() && source_->ends_with_peer();
  }
  /// Nothing of it can have been sent.
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  /// Makes more of the answer, as far as there is room for it and work left.
  void pump(turn_work& work, wall_time date);
  /// Forgets the answer that is being made.
  void stop_streaming() noexcept;

  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  void append_chunk();

  std::string bytes_;
  std::size_t unsent_ = 0;
  std::shared_ptr<body_source> source_;
  response head_;  // of the answer that is being made, without its body
  answer_form form_;
  std::string piece_;
  bool begun_ = false;
  /// There was an answer with a source since it was last forgotten.
  bool used_ = false;
  bool broken_ = false;
};

}  // namespace weir::http
