// SPDX-License-Identifier: Apache-2.0
//
// The state of one connection, for the files that work on it: connection.cpp (requests come in),
// connection_decoding.cpp (their bodies) and connection_answers.cpp (answers go out; the memory
// lease). No part of the interface: private
// to http/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/connection.hpp"
#include "http/framing.hpp"
#include "http/http2_refusal.hpp"
#include "http/outbox.hpp"

namespace weir::http {

/// Pipelined requests are not begun while more than this waits to be sent.
inline constexpr std::size_t output_bytes_max = std::size_t{64} << 10;
/// Bytes that a connection may hold without a lease: usual heads and answers.
inline constexpr std::size_t unleased_bytes_max = std::size_t{8} << 10;

enum class phase : std::uint8_t {
  head,     // a request's head is awaited, or a part of it is here
  body,     // an exchange is open and its body arrives
  waiting,  // the body is complete, the answer outstanding
  discard,  // answered early: the rest of the body is thrown away
  http2,    // the client speaks HTTP/2, which is refused in HTTP/2
  closed,   // nothing more is read
};

struct connection::state {
  state(connection& owner, router& served, const connection_limits& bounds, const moment& begin)
      : self(owner),
        requests(served),
        limits(bounds),
        now(begin),
        deadline(begin.steady.after(limits.idle_timeout_ns)) {
    set_peer({});
  }

  void set_peer(connection_peer new_peer);
  void receive(std::string_view bytes, const moment& when, turn_work& with);
  void drive(std::string_view bytes);
  void advance(std::string_view& bytes);
  void run_dry();
  void settle();
  void take_head(std::string_view& bytes);
  void open(std::string_view head_bytes, std::string_view following);
  void begin_body();
  void take_body(std::string_view& bytes);
  void take_chunks(std::string_view& bytes);
  void take_piece(std::string_view piece);
  void discard(std::string_view piece);
  void begin_inflating();
  void decode(std::string_view piece);
  void inflate(std::string_view piece);
  void look_at_coding();
  void go_on();
  void judge(feed_status status);
  void end_body();
  void next_request();
  void begin_http2();
  void take_http2(std::string_view& bytes);
  void end_http2();
  void refuse_head(int status, std::string_view why);
  void refuse_body(body_failure why, bool close);
  void damaged_framing();
  void give(response& reply);
  void shorten(response& reply);
  void cut_off();
  void close() noexcept;
  void give_up_buffers();
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  /// Makes the lease as large as what is held and `more` and `answer_bytes`, which are about to be
  /// held for a request and for an answer. False: there is no memory for it.
  [[nodiscard]] bool fit_lease(std::size_t more = 0, std::size_t answer_bytes = 0) noexcept;
  void shed();
  [[nodiscard]] bool may_begin() const noexcept {
    return at == phase::head && out.unsent() == 0 && out.bytes().size() <= output_bytes_max;
  }
  [[nodiscard]] bool wants_turn() const noexcept;
  [[nodiscard]] bool holds_body() const noexcept {
    return at == phase::body && !answered && current->holds_body();
  }

  connection& self;
  router& requests;
  const connection_limits limits;
  moment now;  // of the call that is under way
  steady_time deadline;
  std::optional<steady_time> paused;  // since when bytes wait for a turn, if they do
  turn_work* work = nullptr;          // of the call that is under way
  phase at = phase::head;
  bool answered = false;
  bool driving = false;  // inside drive(): resume() has nothing to do
  bool peer_ended = false;
  bool finishing = false;
  bool keep_alive = true;  // after the current answer
  bool head_only = false;
  bool version_1_0 = false;
  bool continue_owed = false;  // the client awaits `100 Continue`, which was not sent
  framing body;
  body_feed feed;
  outbox out;
  memory_lease lease;
  std::size_t scanned = 0;
  std::string partial;  // a head that did not arrive in one piece
  std::function<void()> answered_call;
  std::string pending;  // bytes behind an outstanding answer, or beyond a turn's work
  request_head head;
  connection_peer peer;
  std::unique_ptr<exchange> current;
  std::unique_ptr<http2_refusal> http2;
};

}  // namespace weir::http
