// SPDX-License-Identifier: Apache-2.0
//
// The machine behind http::connection. A request goes through the phases head, body, waiting (its
// answer is outstanding) and, when it was answered early, discard; then the next one begins. Pure:
// the moment is passed in. Loop: the connection's.
#include "http/connection.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "http/connection_state.hpp"
#include "http/head.hpp"

namespace weir::http {
namespace {

// A client that was refused before `100 Continue` most likely sends no body: its connection does
// not wait long for one.
constexpr std::int64_t unasked_body_timeout_ns = 2'000'000'000;
// How long bytes behind a request of unknown length are read after its answer: closing at once
// would send a reset, which may overtake the answer.
constexpr std::int64_t unknown_length_linger_ns = 2'000'000'000;
// What reading a head costs, in units of `turn_work`.
constexpr std::size_t head_work = 32;
// A body makes progress when so many more bytes of it have arrived: a client that sends a byte now
// and then makes none.
constexpr std::uint64_t progress_bytes = std::uint64_t{16} << 10;

}  // namespace

void connection::state::set_peer(connection_peer new_peer) {
  peer = std::move(new_peer);
  lease =
      requests.memory() == nullptr ? memory_lease{} : memory_lease(*requests.memory(), peer.share);
}

void connection::state::receive(std::string_view bytes, const moment& when, turn_work& with) {
  now = when;
  if (at == phase::closed) {
    return;
  }
  if (paused) {
    // The loop had no turn for it: that time is not the client's.
    if (at == phase::body) {
      deadline = deadline.after(now.steady - *paused);
    }
    paused.reset();
  }
  work = &with;
  if (pending.empty()) {
    drive(bytes);
  } else {
    std::string all;
    all.swap(pending);
    all.append(bytes);
    drive(all);
  }
  work = nullptr;
  if (wants_turn()) {
    paused = now.steady;
  }
}

// Requires: `bytes` does not point into this object's buffers.
void connection::state::drive(std::string_view bytes) {
  driving = true;
  advance(bytes);
  if (at == phase::closed) {
    bytes = {};
  }
  pending.append(bytes);
  run_dry();
  give_up_buffers();
  if (!fit_lease()) {
    shed();
  }
  driving = false;
}

// Reads `bytes` as far as answers, work and memory allow, and leaves the rest in `bytes`.
void connection::state::advance(std::string_view& bytes) {
  settle();
  while (at != phase::closed && at != phase::waiting) {
    if (holds_body()) {
      return;
    }
    if (at == phase::body && feed.behind()) {
      if (work->done()) {
        return;
      }
      go_on();
    } else if (bytes.empty()) {
      return;
    } else if (at == phase::head) {
      // Answers that are not sent yet need memory, too.
      if (!may_begin() || work->done() ||
          (out.bytes().size() > unleased_bytes_max / 2 && !fit_lease(0, unleased_bytes_max))) {
        return;
      }
      take_head(bytes);
      work->spend(head_work);
    } else if (at == phase::http2) {
      take_http2(bytes);
      work->spend(head_work);
    } else {
      take_body(bytes);
      work->spend(1);
    }
    settle();
  }
}

// All bytes were read: if the peer has closed its side, an incomplete request stays incomplete.
void connection::state::run_dry() {
  if (!peer_ended || !pending.empty() || (at == phase::body && feed.behind())) {
    return;
  }
  if (at == phase::body || at == phase::discard) {
    cut_off();
  } else if (at == phase::head) {
    close();
  } else if (at == phase::http2) {
    end_http2();
  }
}

// Follows an answer. Called once the exchange's functions have returned, because it deletes it.
void connection::state::settle() {
  if (!answered || !(at == phase::body || at == phase::waiting)) {
    return;
  }
  current.reset();
  feed.end(requests.inflaters());
  if (at == phase::waiting && !(body.length_unknown && !keep_alive)) {
    out.pump(*work, now.wall);
    if (out.streaming()) {
      return;
    }
    if (out.broken()) {
      close();
    } else {
      next_request();
    }
    return;
  }
  at = phase::discard;
  body.until_end = body.length_unknown;
  if (body.until_end) {
    deadline = std::min(deadline, now.steady.after(unknown_length_linger_ns));
  }
  if (continue_owed) {
    deadline = std::min(deadline, now.steady.after(unasked_body_timeout_ns));
  }
  if (!body.expected() && !body.until_end) {
    end_body();
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
    deadline = now.steady.after(limits.head_timeout_ns);
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
  if (head_bytes == http2_refusal::begin) {
    begin_http2();
    return;
  }
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
  body.progress = now.steady;
  continue_owed = head.expect_continue && body.expected();
  deadline = now.steady.after(limits.body_timeout_ns);
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
  if (!answered && (body.encoding == coding::unknown ||
                    (body.encoding == coding::snappy && !current->reads_snappy()))) {
    refuse_body(body_failure::unknown_encoding, false);
  }
  if (answered) {
    return;
  }
  if (body.encoding == coding::coded) {
    begin_inflating();
    if (answered) {
      return;
    }
  }
  if (continue_owed) {
    out.bytes().append("HTTP/1.1 100 Continue\r\n\r\n");
    continue_owed = false;
  }
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
  if (body.remaining == 0 && (at == phase::body || at == phase::discard) && !feed.behind()) {
    end_body();
  }
}

void connection::state::take_chunks(std::string_view& bytes) {
  const chunk_decoder::step step = body.chunks.next(bytes);
  bytes.remove_prefix(step.consumed);
  switch (step.kind) {
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
  if (at == phase::body) {
    const std::uint64_t left = limits.body_bytes_max - body.wire_bytes;
    // The bytes within the limit are handed on first, so that how they were split makes no
    // difference.
    const std::string_view fits =
        piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size())));
    piece.remove_prefix(fits.size());
    body.wire_bytes += fits.size();
    if (body.wire_bytes - body.progress_bytes >= progress_bytes) {
      body.progress_bytes = body.wire_bytes;
      body.progress = now.steady;
    }
    decode(fits);
    if (piece.empty()) {
      return;
    }
    if (!answered) {
      refuse_body(body_failure::too_large, true);
    }
  }
  discard(piece);
}

void connection::state::discard(std::string_view piece) {
  body.discarded_bytes += piece.size();
  if (body.discarded_bytes > limits.discard_bytes_max) {
    close();
  }
}

void connection::state::end_body() {
  if (at == phase::discard) {
    next_request();
    return;
  }
  const bool shown_only = body.encoding == coding::doubtful && body.wire_bytes > 0;
  body.chunked = false;
  body.remaining = 0;
  if (!answered && shown_only) {
    look_at_coding();
    if (!answered && feed.behind()) {
      return;  // out of work: `go_on` comes back here
    }
  }
  at = phase::waiting;
  deadline = steady_time::never();
  if (answered) {
    return;
  }
  // `Content-Encoding: gzip` and no bytes is no body: some clients set it on every request.
  if (body.encoding == coding::coded && body.wire_bytes > 0 && !feed.complete()) {
    refuse_body(body_failure::truncated, false);
    return;
  }
  feed.end(requests.inflaters());
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
  deadline = now.steady.after(limits.idle_timeout_ns);
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

void connection::state::cut_off() {
  if (at == phase::body && !answered) {
    static_cast<void>(current->fail(body_failure::cut_off));
  }
  close();
}

bool connection::state::wants_turn() const noexcept {
  switch (at) {
    case phase::head:
      return !pending.empty() && may_begin();
    case phase::body:
      return answered || (!holds_body() && (feed.behind() || !pending.empty()));
    case phase::waiting:
      return answered && (!out.streaming() || out.wants_pump());
    case phase::discard:
    case phase::http2:
      return !pending.empty();
    case phase::closed:
      break;
  }
  return false;
}

connection::connection(router& requests, const connection_limits& limits, const moment& now)
    : state_(std::make_unique<state>(*this, requests, limits, now)) {}
connection::~connection() = default;

void connection::set_peer(connection_peer peer) {
  state_->set_peer(std::move(peer));
}

const connection_peer& connection::peer() const noexcept {
  return state_->peer;
}

void connection::receive(std::string_view bytes, const moment& now, turn_work& work) {
  state_->receive(bytes, now, work);
}

void connection::receive(std::string_view bytes, const moment& now) {
  turn_work all(std::numeric_limits<std::size_t>::max());
  state_->receive(bytes, now, all);
}

void connection::receive_end(const moment& now) {
  state_->peer_ended = true;
  receive({}, now);
}

void connection::tick(const moment& now) {
  state& self = *state_;
  if (now.steady < self.deadline || self.wants_turn()) {
    return;
  }
  self.now = now;
  if (self.at == phase::head && !self.partial.empty()) {
    self.refuse_head(408, "The request's head did not arrive in time.");
    return;
  }
  if (self.at == phase::body) {
    self.refuse_body(body_failure::timeout, true);
  }
  self.close();
}

void connection::answer(response&& reply) {
  state_->give(reply);
  more_to_answer();
}

bool connection::answered() const noexcept {
  return state_->answered;
}

void connection::when_answered(std::function<void()> call) {
  state_->answered_call = std::move(call);
}

void connection::more_to_answer() {
  if (state_->answered_call) {
    state_->answered_call();
  }
}

void connection::resume(const moment& now, turn_work& work) {
  if (!state_->driving) {
    state_->receive({}, now, work);
  }
}

void connection::resume(const moment& now) {
  turn_work all(std::numeric_limits<std::size_t>::max());
  resume(now, all);
}

bool connection::wants_turn() const noexcept {
  return state_->wants_turn();
}

void connection::finish_after_current(bool input_waits) {
  state_->finishing = true;
  if (state_->at == phase::head && state_->partial.empty() && state_->pending.empty() &&
      !input_waits) {
    state_->close();
  }
}

std::optional<steady_time> connection::stalled_since() const noexcept {
  if (state_->at != phase::body || state_->wants_turn()) {
    return std::nullopt;
  }
  return state_->body.progress;
}

void connection::give_up_body(const moment& now) {
  state& self = *state_;
  self.now = now;
  if (self.at == phase::body && !self.answered) {
    self.refuse_body(body_failure::stalled, true);
    // What still comes is thrown away, so that its client can read the answer.
    self.deadline = now.steady.after(unasked_body_timeout_ns);
  }
}

std::string& connection::output() noexcept {
  return state_->out.bytes();
}

void connection::set_unsent(std::size_t bytes) {
  state_->out.set_unsent(bytes);
  static_cast<void>(state_->fit_lease());  // it only shrinks
}

bool connection::wants_input() const noexcept {
  const state& now = *state_;
  return now.pending.empty() && !now.peer_ended &&
         ((now.at == phase::head && now.may_begin()) ||
          (now.at == phase::body && !now.feed.behind() && !now.holds_body()) ||
          now.at == phase::discard || (now.at == phase::http2 && now.out.unsent() == 0));
}

bool connection::wants_close() const noexcept {
  return state_->at == phase::closed;
}

bool connection::wants_half_close() const noexcept {
  return state_->at == phase::discard && state_->body.until_end;
}

bool connection::ends_with_peer() const noexcept {
  const state& now = *state_;
  return now.out.ends_with_peer() ||
         (now.at == phase::waiting && !now.answered && now.current->ends_with_peer());
}

std::size_t connection::leased_bytes() const noexcept {
  return state_->lease.bytes();
}

bool connection::idle() const noexcept {
  return state_->at == phase::head && state_->partial.empty() && state_->pending.empty() &&
         state_->out.bytes().empty() && state_->out.unsent() == 0;
}

steady_time connection::deadline() const noexcept {
  return state_->deadline;
}

}  // namespace weir::http
