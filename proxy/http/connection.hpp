// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/1.1 connection as a pure machine: bytes in, exchanges driven, bytes out. It frames
// requests (llhttp reads the heads), keeps limits and deadlines, inflates bodies and orders
// answers. It owns no socket and reads no clock; intake/ moves its bytes and passes in the
// moment: deadlines run on the steady clock, `Date` is the wall clock's.
//
// A request answered before its body is complete: the rest is read and thrown away, and the
// connection goes on. It ends after such an answer where the rest is known to be longer than
// `discard_bytes_max` (or turns out to be), where the body is above its limit, and where the client
// awaits `100 Continue` and so may or may not send it. Where nothing says how long the rest is, it
// is read for a while after the answer, and the connection ends.
//
// What it holds (bytes that wait, answers not sent, an inflater) is leased from the router's
// budget. When that has no more, the request is answered 503; where even the answer finds no room,
// a short one takes its place and the connection ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/memory_budget.hpp"
#include "base/times.hpp"
#include "base/turn_work.hpp"
#include "http/body_feed.hpp"
#include "http/message.hpp"

namespace weir::http {

struct connection_limits {
  std::uint64_t head_bytes_max = std::uint64_t{16} << 10;
  /// Of a body, inflated; what is on the wire may not be longer either.
  std::uint64_t body_bytes_max = 25'000'000;
  /// Bytes that a coded body may become for each of its bytes (see decoding_bounds); 0: any number.
  std::uint64_t inflate_ratio_max = 2'000;
  /// Bytes of a refused body that are read and thrown away so that its client reads the answer.
  std::uint64_t discard_bytes_max = 64'000'000;
  std::int64_t head_timeout_ns = 10'000'000'000;
  std::int64_t body_timeout_ns = 60'000'000'000;
  std::int64_t idle_timeout_ns = 300'000'000'000;
};

/// Why a body is incomplete or cannot be read.
enum class body_failure : std::uint8_t {
  too_large,         // Content-Length, or what was read or inflated, is above the limit: 413
  too_dense,         // it inflates to too many times its bytes: 413
  too_wide,          // its decoder would need too much memory: 415
  damaged_gzip,      // not gzip, or a wrong checksum: 400
  damaged_deflate,   // the same
  damaged_zstd,      // the same
  truncated,         // the body ended inside what is coded: 400
  unknown_encoding,  // Content-Encoding names a coding that is not read here, or too many: 415
  length_unknown,    // nothing says where it ends: 411, connection closed
  timeout,           // it did not arrive in time: 408, connection closed
  overloaded,        // the memory for requests in flight was used up: 503
  stalled,           // it stood still while that memory was short: 503, connection closed
  cut_off,           // the client closed or sent broken framing; no one is left to read an answer
};

/// The client, as far as the intake that accepted the connection knows it.
struct connection_peer {
  /// "192.0.2.1:4711", or "unix".
  std::string address{};
  /// Index of the listener that accepted it, in the order in which listeners were opened.
  std::uint32_t listener = 0;
  /// What all connections of its address hold of the memory for requests; nullptr: not counted.
  std::shared_ptr<memory_share> share{};
};

class connection;

/// One request and its answer. Created by the router when the head is complete; its connection
/// deletes it once the answer is written or the connection ends. Loop: the connection's.
class exchange {
 public:
  virtual ~exchange() = default;

  /// A piece of the body, inflated. Not called after an answer was given.
  virtual void body(std::string_view piece) = 0;
  /// The same for an exchange to which a piece may be much work: it spends from `work` and returns
  /// how many bytes of the piece it took, fewer than all only when the work was used up. The rest
  /// is passed again.
  [[nodiscard]] virtual std::size_t take(std::string_view piece, turn_work& work) {
    static_cast<void>(work);
    body(piece);
    return piece.size();
  }
  /// The body is complete. The answer may be given now or, by `connection::answer`, later.
  virtual void complete() = 0;
  /// The body will not be complete. Returns the answer (ignored for `cut_off`).
  [[nodiscard]] virtual response fail(body_failure why) = 0;
  /// The budget has no memory left for the connection: gives back what the exchange can do without.
  /// False: it has nothing to give back.
  [[nodiscard]] virtual bool give_way() noexcept { return false; }
  /// Whether a body could change the answer. If so, one whose end cannot be known is refused
  /// (`length_unknown`) and never taken for an empty one.
  [[nodiscard]] virtual bool takes_body() const { return false; }
  /// Takes a body with `Content-Encoding: snappy` as it is, and decodes it itself. For others it is
  /// an unknown encoding.
  [[nodiscard]] virtual bool reads_snappy() const { return false; }
  /// It takes nothing of the body yet: what arrived waits, and nothing more is read. Once that has
  /// changed, `connection::more_to_answer` is called.
  [[nodiscard]] virtual bool holds_body() const noexcept { return false; }
  /// Nobody needs its answer once the peer has closed its side.
  [[nodiscard]] virtual bool ends_with_peer() const noexcept { return false; }
  /// The body's Content-Encoding named no coding, and its first bytes showed what it is.
  virtual void encoding_ignored() {}
};

/// Opens an exchange for each request, and has what the connections of its loop share. It must
/// outlive them. Loop: theirs.
class router {
 public:
  virtual ~router() = default;
  /// What connections lease their memory from; nullptr: nothing bounds it.
  [[nodiscard]] virtual memory_budget* memory() noexcept { return nullptr; }
  /// An answer was replaced by a shorter one because the memory was used up.
  virtual void answer_lost() {}
  [[nodiscard]] inflater_pool& inflaters() noexcept { return inflaters_; }
  /// Called when a head is complete, before any body and before `100 Continue`. The exchange may
  /// answer at once through `on.answer(...)`: what follows of the body is then discarded.
  [[nodiscard]] virtual std::unique_ptr<exchange> open(const request_head& head,
                                                       connection& on) = 0;

 private:
  inflater_pool inflaters_;
};

class connection {
 public:
  connection(router& requests, const connection_limits& limits, const moment& now);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Before the first `receive`.
  void set_peer(connection_peer peer);
  [[nodiscard]] const connection_peer& peer() const noexcept;

  /// Bytes that arrived. While an answer is outstanding further requests wait inside (pipelining):
  /// at most one read's bytes, because `wants_input()` is false then. What goes beyond the turn's
  /// work waits likewise.
  void receive(std::string_view bytes, const moment& now, turn_work& work);
  /// The same with as much work as it takes.
  void receive(std::string_view bytes, const moment& now);
  /// The peer closed its side.
  void receive_end(const moment& now);
  /// Time went on: deadlines are looked at.
  void tick(const moment& now);

  /// Gives the answer to the current exchange. From within `exchange::complete`, from
  /// `router::open`, or later from the loop, but once per exchange.
  void answer(response&& reply);
  /// The current exchange has its answer, and is told nothing more.
  [[nodiscard]] bool answered() const noexcept;
  /// `call` is called after each answer, so that the owner knows which connection has output
  /// although it received nothing. It must not call the connection.
  void when_answered(std::function<void()> call);
  /// From outside `receive`: an answer that is made while it is sent has more again, or an exchange
  /// takes its body now.
  void more_to_answer();
  /// Goes on with what waits inside: bytes beyond an earlier turn's work, requests behind an answer
  /// that was outstanding, an answer that is made while it is sent. Call it after `answer` was
  /// called from outside `receive`, and as long as `wants_turn()`. Never wrong to call.
  void resume(const moment& now, turn_work& work);
  void resume(const moment& now);
  /// There is something to go on with.
  [[nodiscard]] bool wants_turn() const noexcept;

  /// No further request is served; the connection ends after the current one (shutdown). With
  /// `input_waits` a request is on its way already and is the last.
  void finish_after_current(bool input_waits = false);

  /// Since when the body that is awaited makes no progress; nullopt: no body is awaited.
  [[nodiscard]] std::optional<steady_time> stalled_since() const noexcept;
  /// Refuses that body as `stalled`; the connection ends with the answer, or soon after. Call
  /// `resume` next.
  void give_up_body(const moment& now);

  /// Bytes to send; the caller takes them (swap or erase).
  [[nodiscard]] std::string& output() noexcept;
  /// So many bytes of the output that was taken are not sent yet. While there are some, no further
  /// request is begun: a client that does not read is not served.
  void set_unsent(std::size_t bytes);
  /// False while an answer is outstanding, not sent, or work is left: stop reading from the socket.
  [[nodiscard]] bool wants_input() const noexcept;
  /// Close the socket once `output()` is sent.
  [[nodiscard]] bool wants_close() const noexcept;
  /// All of `output()` that will come is there, and the peer's last bytes are being read: once it
  /// is sent, close the sending side, so that a peer who waits for the end goes on.
  [[nodiscard]] bool wants_half_close() const noexcept;
  /// What is outstanding is for nobody once the peer has closed its side, which nothing tells while
  /// `wants_input()` is false: look, and close the connection.
  [[nodiscard]] bool ends_with_peer() const noexcept;
  /// No request is begun and nothing is to be sent.
  [[nodiscard]] bool idle() const noexcept;
  /// Bytes leased from the router's memory, for the current request and for answers.
  [[nodiscard]] std::size_t leased_bytes() const noexcept;
  /// When `tick` has something to do.
  [[nodiscard]] steady_time deadline() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir::http
