// SPDX-License-Identifier: Apache-2.0
//
// The way out of http::connection: answers, refusals, the end, and the lease that bounds what a
// connection holds. Pure. Loop: the connection's.
#include <utility>

#include "base/assert.hpp"
#include "http/connection_state.hpp"

namespace weir::http {
namespace {

// How long a client that was refused in HTTP/2 is listened to.
constexpr std::int64_t http2_linger_ns = 2'000'000'000;
constexpr std::size_t lease_step_bytes = 4096;
// A lease shrinks only by more than this, so that the budget is not touched at every turn.
constexpr std::size_t lease_slack_bytes = std::size_t{64} << 10;
// An answer's body up to this size needs no lease of its own.
constexpr std::size_t small_answer_bytes = 2048;
// The body of the 503 that replaces an answer for which there is no memory.
constexpr std::string_view no_memory_body =
    "{\"error\":\"timeout: the memory for answers that wait to be read is used up\"}\n";
// Buffers up to these sizes stay with an idle connection.
constexpr std::size_t headers_kept_max = 32;
constexpr std::size_t output_kept_max = 4096;

}  // namespace

// The connection's own answer, to bytes that never became a request.
void connection::state::refuse_head(int status, std::string_view why) {
  response refused;
  refused.status = status;
  refused.content_type = "text/plain; charset=utf-8";
  refused.body.append(why).append("\n");
  append_response(refused, now.wall, false, false, out.bytes());
  close();
}

// The client says that it speaks HTTP/2. It is answered so once a frame shows that it does.
void connection::state::begin_http2() {
  std::string{}.swap(partial);
  http2 = std::make_unique<http2_refusal>();
  at = phase::http2;
  deadline = now.steady.after(limits.head_timeout_ns);
}

void connection::state::take_http2(std::string_view& bytes) {
  const http2_refusal::status came = http2->receive(bytes, out.bytes());
  bytes = {};
  if (came == http2_refusal::status::over) {
    end_http2();
  }
}

// All is said. What still comes is read for a while, because closing at once would send a reset,
// which may overtake the answer.
void connection::state::end_http2() {
  const bool answered_so = http2->begun();
  http2.reset();
  if (!answered_so) {
    refuse_head(505, "This port speaks HTTP/1.1 and HTTP/1.0 only.");
    return;
  }
  if (peer_ended) {
    close();
    return;
  }
  answered = true;
  keep_alive = false;
  at = phase::discard;
  body.until_end = true;
  deadline = now.steady.after(http2_linger_ns);
}

void connection::state::refuse_body(body_failure why, bool close_after) {
  response refused = current->fail(why);
  WEIR_ASSERT(!answered);
  refused.close = refused.close || close_after;
  give(refused);
}

void connection::state::give(response& reply) {
  WEIR_ASSERT((at == phase::body || at == phase::waiting) && !answered);
  answered = true;
  if (reply.body.size() > small_answer_bytes && !fit_lease(0, reply.body.size())) {
    shorten(reply);
  }
  keep_alive = keep_alive && !reply.close && !finishing;
  if (at == phase::body && body.expected()) {
    // What is left of the body has to be read first. A client that awaits `100 Continue` may or may
    // not send it, so the next byte's meaning would be a guess.
    keep_alive = keep_alive && !continue_owed && body.remaining <= limits.discard_bytes_max;
  }
  if (at == phase::body && body.length_unknown) {
    keep_alive = false;  // where the next request would begin is a guess
  }
  if (reply.source != nullptr) {
    keep_alive = keep_alive && !version_1_0 && !body.expected();
    body = framing{};  // of a request that needs no body
  }
  if (keep_alive && version_1_0) {
    reply.headers.emplace_back("Connection", "keep-alive");
  }
  out.put(reply, {.keep_alive = keep_alive, .head_only = head_only, .version_1_0 = version_1_0},
          now.wall);
}

// Replaces an answer for which there is no memory by its brief form, or by a short 503.
void connection::state::shorten(response& reply) {
  requests.answer_lost();
  if (!reply.brief_body.empty()) {
    reply.body = std::move(reply.brief_body);
    return;
  }
  reply.status = 503;
  reply.content_type = "application/json";
  reply.body = no_memory_body;
  reply.close = true;
}

void connection::state::close() noexcept {
  at = phase::closed;
  deadline = steady_time::never();
  current.reset();
  http2.reset();
  feed.end(requests.inflaters());
  out.stop_streaming();
  std::string{}.swap(pending);
  std::string{}.swap(partial);
  static_cast<void>(fit_lease());  // it only shrinks
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
  if (out.bytes().empty() && out.bytes().capacity() > output_kept_max) {
    out.bytes().shrink_to_fit();
  }
}

std::size_t connection::state::held_bytes() const noexcept {
  return feed.held_bytes() + out.held_bytes() + pending.capacity() + partial.capacity();
}

bool connection::state::fit_lease(std::size_t more, std::size_t answer_bytes) noexcept {
  const std::size_t held = held_bytes() + more + answer_bytes;
  const std::size_t wanted = held <= unleased_bytes_max ? 0
                                                        : (held + lease_step_bytes - 1) /
                                                              lease_step_bytes * lease_step_bytes;
  if (wanted > lease.bytes()) {
    // The reserve is for requests: answers that wait to be read have no part in it.
    return lease.grow_to(wanted, out.held_bytes() + answer_bytes <= unleased_bytes_max);
  }
  if (wanted == 0 || lease.bytes() - wanted > lease_slack_bytes) {
    lease.shrink_to(wanted);
  }
  return true;
}

// The budget has no room for what the connection holds: a request without an answer is answered
// 503, and pipelined requests behind an answer are discarded with the connection.
void connection::state::shed() {
  if (at == phase::body && !answered) {
    if (current->give_way() && fit_lease()) {
      return;
    }
    refuse_body(body_failure::overloaded, false);
    std::string all;
    all.swap(pending);
    std::string_view bytes = all;
    advance(bytes);  // the rest of the body is thrown away
    pending.assign(bytes);
    run_dry();
    if (fit_lease()) {
      return;
    }
  }
  if (out.streaming()) {
    requests.answer_lost();
    if (!out.begun()) {
      response lost;
      shorten(lost);
      out.stop_streaming();
      append_response(lost, now.wall, false, false, out.bytes());
    }
    close();
    return;
  }
  if (at == phase::head && !partial.empty()) {
    refuse_head(503, "The memory for requests in flight is used up: try again later.");
    return;
  }
  if (pending.empty()) {
    return;
  }
  // Pipelined requests for which there is no memory: the connection ends with the answer before
  // them.
  std::string{}.swap(pending);
  finishing = true;
  if (at == phase::head) {
    close();
  }
}

}  // namespace weir::http
