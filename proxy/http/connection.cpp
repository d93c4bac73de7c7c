// SPDX-License-Identifier: Apache-2.0
//
// The machine behind http::connection. A request goes through the phases head, body, waiting (its
// answer is outstanding) and, when it was answered early, discard; then the next one begins. Pure:
// the time is passed in. Loop: the connection's.
#include "http/connection.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "codec/gzip.hpp"
#include "http/framing.hpp"
#include "http/head.hpp"

namespace weir::http {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
// A client that was refused before `100 Continue` most likely sends no body: no long wait for it.
constexpr std::int64_t unasked_body_timeout_ns = 2'000'000'000;
// So long is read what may follow a request of unknown length: a reset may overtake the answer.
constexpr std::int64_t unknown_length_linger_ns = 2'000'000'000;
// The inflater's window and tables (90 KiB) go when a connection has been idle for this long.
constexpr std::int64_t inflater_idle_ns = 1'000'000'000;
// Pipelined requests are not begun while more than this waits to be sent.
constexpr std::size_t output_bytes_max = 1024 * 1024;
// Buffers up to these sizes stay with an idle connection.
constexpr std::size_t headers_kept_max = 32;
constexpr std::size_t output_kept_max = 4096;

enum class phase : std::uint8_t {
  head,     // a request's head is awaited, or a part of it is here
  body,     // an exchange is open and its body arrives
  waiting,  // the body is complete, the answer outstanding
  discard,  // answered early: the rest of the body is thrown away
  closed,   // nothing more is read
};

std::int64_t later(std::int64_t now_ns, std::int64_t by_ns) noexcept {
  return by_ns > never - now_ns ? never : now_ns + by_ns;
}

}  // namespace

struct connection::state {
  state(connection& owner, router& served, const connection_limits& bounds, std::int64_t begin_ns)
      : self(owner), requests(served), limits(bounds), now_ns(begin_ns) {
    deadline_ns = later(begin_ns, limits.idle_timeout_ns);
  }

  void drive(std::string_view bytes);
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
  void end_body();
  void next_request();
  void refuse_head(int status, std::string_view why);
  void refuse_body(body_failure why, bool close);
  void damaged_framing();
  void give(response& given);
  void cut_off();
  void close() noexcept;
  void give_up_buffers();
  [[nodiscard]] bool may_begin() const noexcept {
    return at == phase::head && output.size() <= output_bytes_max;
  }

  connection& self;
  router& requests;
  const connection_limits limits;
  std::int64_t now_ns;
  std::int64_t deadline_ns;
  std::int64_t idle_since_ns = 0;
  phase at = phase::head;
  bool answered = false;
  bool driving = false;  // inside drive(): resume() has nothing to do
  bool peer_ended = false;
  bool finishing = false;
  bool keep_alive = true;  // after the current answer
  bool head_only = false;
  bool version_1_0 = false;
  bool continue_owed = false;  // `100 Continue` is awaited and was not sent
  framing body;
  std::size_t scanned = 0;
  std::string partial;  // a head that did not arrive in one piece
  std::function<void()> answered_call;
  std::string pending;  // pipelined bytes behind an outstanding answer
  std::string output;
  request_head head;
  connection_peer peer;
  std::unique_ptr<exchange> current;
  std::unique_ptr<gzip_inflater> inflater;
};

// Requires: `bytes` does not point into this object's buffers.
void connection::state::drive(std::string_view bytes) {
  driving = true;
  settle();
  while (!bytes.empty() && at != phase::closed && at != phase::waiting) {
    if (at == phase::head) {
      if (!may_begin()) {
        break;
      }
      take_head(bytes);
    } else {
      take_body(bytes);
    }
    settle();
  }
  if (at == phase::closed) {
    bytes = {};
  }
  pending.append(bytes);
  run_dry();
  give_up_buffers();
  driving = false;
}

// All that could be read was read: if the peer is gone, what is incomplete stays so.
void connection::state::run_dry() {
  if (!peer_ended || !pending.empty()) {
    return;
  }
  if (at == phase::body || at == phase::discard) {
    cut_off();
  } else if (at == phase::head) {
    close();
  }
}

// What an answer changes, done only after the exchange's own functions have returned.
void connection::state::settle() {
  if (!answered || !(at == phase::body || at == phase::waiting)) {
    return;
  }
  current.reset();
  if (at == phase::waiting && !(body.length_unknown && !keep_alive)) {
    next_request();
    return;
  }
  at = phase::discard;
  body.until_end = body.length_unknown;
  if (body.until_end) {
    deadline_ns = std::min(deadline_ns, later(now_ns, unknown_length_linger_ns));
  }
  if (continue_owed) {
    deadline_ns = std::min(deadline_ns, later(now_ns, unasked_body_timeout_ns));
  }
}

void connection::state::take_head(std::string_view& bytes) {
  if (partial.empty()) {
    // Some clients send an empty line after a body; it belongs to no request.
    while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) {
      bytes.remove_prefix(1);
    }
    if (bytes.empty()) {
      return;
    }
    if (const auto refused = refuse_first_byte(bytes.front())) {
      refuse_head(refused->status, refused->why);
      return;
    }
    scanned = 0;
    deadline_ns = later(now_ns, limits.head_timeout_ns);
  }
  const std::size_t before = partial.size();
  std::string_view text = bytes;
  if (before > 0) {
    partial.append(bytes.substr(0, limits.head_bytes_max + 1 - before));
    text = partial;
  }
  const auto end = find_head_end(text, scanned);
  if (end.value_or(text.size()) > limits.head_bytes_max) {
    refuse_head(431, "The request's first line and headers are longer than is served here.");
    return;
  }
  if (!end) {
    if (before == 0) {
      partial.assign(bytes);
    }
    bytes = {};
    return;
  }
  bytes.remove_prefix(*end - before);
  open(text.substr(0, *end), bytes);
}

void connection::state::open(std::string_view head_bytes, std::string_view following) {
  if (const auto refused = parse_head(head_bytes, head)) {
    refuse_head(refused->status, refused->why);
    return;
  }
  at = phase::body;
  answered = false;
  keep_alive = head.keep_alive;
  head_only = head.method == method::head;
  version_1_0 = head.version_1_0;
  body = framing_of(head, following);
  continue_owed = head.expect_continue && body.expected();
  deadline_ns = later(now_ns, limits.body_timeout_ns);
  current = requests.open(head, self);
  WEIR_ASSERT(current != nullptr || answered);
  head.headers.clear();
  std::string{}.swap(partial);
  begin_body();
}

void connection::state::begin_body() {
  if (!answered && body.remaining > limits.body_bytes_max) {
    refuse_body(body_failure::too_large, true);
  }
  if (body.length_unknown && !answered && current->takes_body()) {
    refuse_body(body_failure::length_unknown, true);
  }
  if (!body.expected()) {
    if (!body.length_unknown || !answered) {
      end_body();
    }
    return;
  }
  if (!answered && body.encoding == coding::unknown) {
    refuse_body(body_failure::unknown_encoding, false);
  }
  if (answered) {
    return;
  }
  if (continue_owed) {
    output.append("HTTP/1.1 100 Continue\r\n\r\n");
    continue_owed = false;
  }
  if (body.encoding == coding::gzip) {
    begin_inflating();
  }
}

void connection::state::begin_inflating() {
  if (inflater == nullptr) {
    inflater = std::make_unique<gzip_inflater>();
  }
  inflater->reset(limits.body_bytes_max);
}

void connection::state::take_body(std::string_view& bytes) {
  if (body.until_end) {
    discard(bytes);
    bytes = {};
    return;
  }
  if (body.chunked) {
    take_chunks(bytes);
    return;
  }
  const auto length =
      static_cast<std::size_t>(std::min<std::uint64_t>(body.remaining, bytes.size()));
  body.remaining -= length;
  take_piece(bytes.substr(0, length));
  bytes.remove_prefix(length);
  if (body.remaining == 0 && at != phase::closed) {
    end_body();
  }
}

void connection::state::take_chunks(std::string_view& bytes) {
  const chunk_decoder::step step = body.chunks.next(bytes);
  bytes.remove_prefix(step.consumed);
  switch (step.what) {
    case chunk_decoder::status::more:
      return;
    case chunk_decoder::status::data:
      take_piece(step.data);
      return;
    case chunk_decoder::status::done:
      end_body();
      return;
    case chunk_decoder::status::damaged:
      damaged_framing();
      return;
  }
}

void connection::state::take_piece(std::string_view piece) {
  settle();  // an answer may have been given between two reads
  if (at == phase::body) {
    const std::uint64_t left = limits.body_bytes_max - body.wire_bytes;
    const std::string_view fits =
        piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size())));
    body.wire_bytes += fits.size();
    piece.remove_prefix(fits.size());
    decode(fits);
    if (piece.empty()) {
      return;
    }
    // What still fits was handed on first, so that how the bytes were split makes no difference.
    if (!answered) {
      refuse_body(body_failure::too_large, true);
    }
    settle();
  }
  discard(piece);
}

void connection::state::discard(std::string_view piece) {
  body.discarded_bytes += piece.size();
  if (body.discarded_bytes > limits.discard_bytes_max) {
    close();
  }
}

void connection::state::decode(std::string_view piece) {
  if (body.encoding == coding::doubtful) {
    if (!body.show(piece)) {
      return;
    }
    look_at_coding();
  }
  if (!answered) {
    inflate(piece);
  }
}

// The body's first bytes are here, or all of it: they tell what Content-Encoding does not.
void connection::state::look_at_coding() {
  body.encoding = coding_shown(body.shown);
  if (body.encoding == coding::unknown) {
    refuse_body(body_failure::unknown_encoding, false);
    return;
  }
  current->encoding_ignored();
  if (body.encoding == coding::gzip) {
    begin_inflating();
  }
  const std::string shown = std::move(body.shown);
  inflate(shown);
}

void connection::state::inflate(std::string_view piece) {
  if (piece.empty()) {
    return;
  }
  if (body.encoding != coding::gzip) {
    current->body(piece);
    return;
  }
  const inflate_status status = inflater->feed(piece, [this](std::string_view inflated) {
    if (!answered) {
      current->body(inflated);
    }
  });
  if (answered) {
    return;
  }
  switch (status) {
    case inflate_status::more:
      return;
    case inflate_status::damaged:
      refuse_body(body_failure::damaged_gzip, false);
      return;
    case inflate_status::too_long:
      refuse_body(body_failure::too_large, true);
      return;
  }
}

void connection::state::end_body() {
  if (at == phase::discard) {
    next_request();
    return;
  }
  if (!answered && body.encoding == coding::doubtful && body.wire_bytes > 0) {
    look_at_coding();
  }
  body.chunked = false;
  body.remaining = 0;
  at = phase::waiting;
  deadline_ns = never;
  if (answered) {
    return;
  }
  // A gzip body of no bytes at all is no body: clients set the header on every request.
  if (body.encoding == coding::gzip && body.wire_bytes > 0 && !inflater->complete()) {
    refuse_body(body_failure::truncated_gzip, false);
    return;
  }
  current->complete();
}

void connection::state::next_request() {
  answered = false;
  continue_owed = false;
  body = framing{};
  if (!keep_alive || finishing) {
    close();
    return;
  }
  at = phase::head;
  idle_since_ns = now_ns;
  deadline_ns = later(now_ns, limits.idle_timeout_ns);
}

// The connection's own answer, to bytes that never became a request.
void connection::state::refuse_head(int status, std::string_view why) {
  response refused;
  refused.status = status;
  refused.content_type = "text/plain; charset=utf-8";
  refused.body.append(why).append("\n");
  append_response(refused, now_ns, false, false, output);
  close();
}

void connection::state::refuse_body(body_failure why, bool close_after) {
  response refused = current->fail(why);
  WEIR_ASSERT(!answered);
  refused.close = refused.close || close_after;
  give(refused);
}

void connection::state::damaged_framing() {
  if (answered) {
    close();
    return;
  }
  static_cast<void>(current->fail(body_failure::cut_off));
  refuse_head(400,
              "The body's chunks are not framed as HTTP/1.1 says (Transfer-Encoding: chunked).");
}

void connection::state::give(response& given) {
  WEIR_ASSERT((at == phase::body || at == phase::waiting) && !answered);
  answered = true;
  keep_alive = keep_alive && !given.close && !finishing;
  if (at == phase::body && body.expected()) {
    // What is left of the body has to be read first. A client that awaits `100 Continue` may or may
    // not send it, so the next byte's meaning would be a guess.
    keep_alive = keep_alive && !continue_owed && body.remaining <= limits.discard_bytes_max;
  }
  if (at == phase::body && body.length_unknown) {
    keep_alive = false;  // where the next request would begin is a guess
  }
  if (keep_alive && version_1_0) {
    given.headers.emplace_back("Connection", "keep-alive");
  }
  append_response(given, now_ns, keep_alive, head_only, output);
}

void connection::state::cut_off() {
  if (at == phase::body && !answered) {
    static_cast<void>(current->fail(body_failure::cut_off));
  }
  close();
}

void connection::state::close() noexcept {
  at = phase::closed;
  deadline_ns = never;
  current.reset();
  inflater.reset();
  pending.clear();
  partial.clear();
}

// An idle connection holds little more than this object.
void connection::state::give_up_buffers() {
  if (pending.empty() && pending.capacity() > output_kept_max) {
    pending.shrink_to_fit();
  }
  if (at != phase::head && at != phase::closed) {
    return;
  }
  if (head.headers.capacity() > headers_kept_max) {
    std::vector<header_field>{}.swap(head.headers);
  }
  if (output.empty() && output.capacity() > output_kept_max) {
    output.shrink_to_fit();
  }
}

connection::connection(router& requests, const connection_limits& limits, std::int64_t now_ns)
    : state_(std::make_unique<state>(*this, requests, limits, now_ns)) {}
connection::~connection() = default;

void connection::set_peer(connection_peer peer) {
  state_->peer = std::move(peer);
}

const connection_peer& connection::peer() const noexcept {
  return state_->peer;
}

void connection::receive(std::string_view bytes, std::int64_t now_ns) {
  state_->now_ns = now_ns;
  if (state_->at == phase::closed) {
    return;
  }
  if (state_->pending.empty()) {
    state_->drive(bytes);
    return;
  }
  std::string all;
  all.swap(state_->pending);
  all.append(bytes);
  state_->drive(all);
}

void connection::receive_end(std::int64_t now_ns) {
  state_->peer_ended = true;
  receive({}, now_ns);
}

void connection::tick(std::int64_t now_ns) {
  resume(now_ns);
  state& now = *state_;
  if (now.at == phase::head && now.inflater != nullptr && now.partial.empty() &&
      now_ns >= later(now.idle_since_ns, inflater_idle_ns)) {
    now.inflater.reset();
  }
  if (now_ns < now.deadline_ns) {
    return;
  }
  if (now.at == phase::head && !now.partial.empty()) {
    now.refuse_head(408, "The request's head did not arrive in time.");
    return;
  }
  if (now.at == phase::body) {
    now.refuse_body(body_failure::timeout, true);
  }
  now.close();
}

void connection::answer(response given) {
  state_->give(given);
  if (state_->answered_call) {
    state_->answered_call();
  }
}

void connection::when_answered(std::function<void()> call) {
  state_->answered_call = std::move(call);
}

void connection::resume(std::int64_t now_ns) {
  state_->now_ns = now_ns;
  if (!state_->driving) {
    receive({}, now_ns);
  }
}

void connection::finish_after_current() {
  state_->finishing = true;
  if (state_->at == phase::head && state_->partial.empty()) {
    state_->close();
  }
}

std::string& connection::output() noexcept {
  return state_->output;
}

bool connection::wants_input() const noexcept {
  const phase at = state_->at;
  return (at == phase::head && state_->pending.empty() && state_->may_begin()) ||
         at == phase::body || at == phase::discard;
}

bool connection::wants_close() const noexcept {
  return state_->at == phase::closed;
}

bool connection::wants_half_close() const noexcept {
  return state_->at == phase::discard && state_->body.until_end;
}

bool connection::idle() const noexcept {
  return state_->at == phase::head && state_->partial.empty() && state_->pending.empty() &&
         state_->output.empty();
}

std::int64_t connection::deadline_ns() const noexcept {
  const state& now = *state_;
  if (!now.pending.empty() && now.may_begin()) {
    return now.now_ns;  // requests wait for nothing but resume()
  }
  if (now.at == phase::head && now.inflater != nullptr && now.partial.empty()) {
    return std::min(now.deadline_ns, later(now.idle_since_ns, inflater_idle_ns));
  }
  return now.deadline_ns;
}

}  // namespace weir::http
