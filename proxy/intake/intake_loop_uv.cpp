// SPDX-License-Identifier: Apache-2.0
#include "intake/intake_loop_uv.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/assert.hpp"
#include "intake/intake_client_uv.hpp"

namespace weir {
namespace {

// All connections of a loop share one buffer, because a connection copies what it keeps. Larger
// reads cost less per byte, up to 256 KiB on loopback.
constexpr std::size_t read_buffer_bytes = std::size_t{256} << 10;
constexpr std::uint64_t timer_interval_ms = 250;
// A connection is closed when its client has read nothing of its answers for so long.
constexpr std::int64_t write_stall_ns_max = 60'000'000'000;
// Fewer bytes read in that time count as none.
constexpr std::size_t write_progress_bytes = 4096;
// The same while the memory for requests is short, and for bodies that make no progress.
constexpr std::int64_t stall_when_short_ns_max = 2'000'000'000;
// A budget is short when more than one part in so many of it is in use.
constexpr std::size_t short_part = 2;
// Once a turn has lasted so long, connections get `late_work` each: small requests are served on,
// large ones wait for the next turn. Of those that wait at least one is served.
constexpr std::uint64_t turn_ns_max = 2'000'000;
constexpr std::size_t late_work = 512;
// What agreeing on a transport may take of a turn, all connections together: a TLS handshake costs
// more than some hundred small requests. At least one is served; the others wait for later turns.
constexpr std::uint64_t handshake_ns_per_turn = 250'000;
// Of those that waited, so many are looked at again in a turn.
constexpr int handshakes_per_turn = 4;
// A connection whose peer broke the transport's protocol is closed after so long at the latest.
constexpr std::int64_t broken_ns_max = 1'000'000'000;
// Bytes read from one connection in one turn.
constexpr std::size_t turn_bytes_max = 2 * read_buffer_bytes;
// A connection keeps an empty buffer up to this size.
constexpr std::size_t kept_bytes_max = 4096;
// Rounds of pipelined requests in one turn; then the loop looks at its other sockets first.
constexpr int rounds_per_turn_max = 64;

}  // namespace

intake_loop::intake_loop(std::unique_ptr<loop_worker> worker, clock_source clock)
    : worker_(std::move(worker)), clock_(std::move(clock)), read_buffer_(read_buffer_bytes) {
  WEIR_ASSERT(uv_loop_init(&loop_) == 0);
  WEIR_ASSERT(uv_async_init(&loop_, &wake_, on_wake) == 0);
  WEIR_ASSERT(uv_check_init(&loop_, &check_) == 0);
  WEIR_ASSERT(uv_timer_init(&loop_, &timer_) == 0);
  WEIR_ASSERT(uv_idle_init(&loop_, &idle_) == 0);
  wake_.data = check_.data = timer_.data = idle_.data = this;
  WEIR_ASSERT(uv_check_start(&check_, on_check) == 0);
  worker_->attach([this] { uv_async_send(&wake_); });
}

intake_loop::~intake_loop() {
  stop();
  WEIR_ASSERT(uv_loop_close(&loop_) == 0);
}

void intake_loop::on_wake(uv_async_t* handle) {
  auto& self = *static_cast<intake_loop*>(handle->data);
  // Before the sockets are taken: those that were accepted before a listener went are opened by
  // then.
  std::vector<std::uint32_t> gone;
  for (std::uint32_t listener = 0; self.listeners_gone_.try_dequeue(listener);) {
    gone.push_back(listener);
  }
  accepted_socket socket;
  while (self.accepted_.try_dequeue(socket)) {
    self.open_client(std::move(socket));
  }
  if (!gone.empty()) {
    for (client* c : self.clients_) {
      if (std::find(gone.begin(), gone.end(), c->machine.peer().listener) != gone.end()) {
        // Its client may be about to send a request: that one is answered, too.
        c->machine.finish_after_current(/*input_waits=*/true);
        self.touch(*c);
      }
    }
  }
  if (self.finishing_.load()) {
    for (client* c : self.clients_) {
      c->machine.finish_after_current(c->machine.idle() && c->input_waits());
      self.touch(*c);
    }
  }
  if (self.stopping_.load()) {
    while (!self.clients_.empty()) {
      self.close_client(*self.clients_.back());
    }
    self.worker_->detach();
    for (auto* h :
         {reinterpret_cast<uv_handle_t*>(&self.wake_), reinterpret_cast<uv_handle_t*>(&self.check_),
          reinterpret_cast<uv_handle_t*>(&self.timer_),
          reinterpret_cast<uv_handle_t*>(&self.idle_)}) {
      if (uv_is_closing(h) == 0) {
        uv_close(h, nullptr);
      }
    }
  }
}

void intake_loop::open_client(accepted_socket socket) {
  auto opened = std::make_unique<client>(*this, *socket.limits, std::move(socket.between));
  opened->token = std::move(socket.token);
  opened->place = std::move(socket.place);
  opened->established_by = clock_().steady.after(socket.limits->head_timeout_ns);
  const bool has_memory = lease_transport(*opened, socket.share);
  int error = 0;
  if (socket.kind == listen_address::family::tcp) {
    uv_tcp_init(&loop_, &opened->tcp);
    error = uv_tcp_open(&opened->tcp, socket.fd);
    uv_tcp_nodelay(&opened->tcp, 1);
  } else {
    uv_pipe_init(&loop_, &opened->pipe, 0);
    error = uv_pipe_open(&opened->pipe, socket.fd);
  }
  opened->machine.set_peer(
      {.address = socket.kind == listen_address::family::tcp ? to_string(socket.peer) : "unix",
       .listener = socket.listener,
       .share = std::move(socket.share)});
  client& c = *opened.release();  // on_closed deletes it
  c.handle.data = &c;
  c.index = clients_.size();
  clients_.push_back(&c);
  connections_total_.add();
  if (error != 0) {
    ::close(socket.fd);
  }
  if (error != 0 || !has_memory) {
    close_client(c);
    return;
  }
  if (clients_.size() == 1) {
    uv_timer_start(&timer_, on_timer, timer_interval_ms, timer_interval_ms);
  }
  update_reading(c);
}

bool intake_loop::lease_transport(client& c, const std::shared_ptr<memory_share>& share) {
  memory_budget* memory = worker_->router().memory();
  const std::size_t bytes = c.between->held_bytes();
  if (bytes == 0 || memory == nullptr) {
    return true;
  }
  c.transport_lease = memory_lease(*memory, share);
  if (c.transport_lease.grow_to(bytes)) {
    return true;
  }
  transports_failed_.add();
  return false;
}

void intake_loop::on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  client& c = *static_cast<client*>(handle->data);
  intake_loop& self = *c.owner;
  if (self.handshake_ns_ > handshake_ns_per_turn && !c.between->established()) {
    *buffer = uv_buf_init(nullptr, 0);
    return;
  }
  *buffer = uv_buf_init(self.read_buffer_.data(), static_cast<unsigned>(self.read_buffer_.size()));
}

void intake_loop::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  client& c = *static_cast<client*>(stream->data);
  intake_loop& self = *c.owner;
  if (count == 0) {
    return;
  }
  if (count == UV_ENOBUFS) {  // as on_allocate had it
    self.handshakes_.push_back(&c);
    c.handshake_waits = std::prev(self.handshakes_.end());
    self.update_reading(c);
    return;
  }
  self.begin_turn_of(c);
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    self.bytes_received_.add(bytes);
    c.turn_bytes += bytes;
    const auto said = self.receive_of(c, {buffer->base, bytes});
    if (!said) {
      c.turn_bytes = 0;
      self.end_broken(c);
      return;
    }
    if (c.transport_lease.bytes() > 0) {
      c.transport_lease.shrink_to(c.between->held_bytes());
    }
    c.machine.receive(*said, self.clock_(), c.work);
    if (c.between->peer_ended()) {
      c.machine.receive_end(self.clock_());
    }
  } else {
    c.machine.receive_end(self.clock_());
    if (count != UV_EOF) {
      self.close_client(c);
      return;
    }
  }
  self.touch(c);
  if (static_cast<std::size_t>(count) == buffer->len) {
    // There may be more, and libuv would read it now. Otherwise reading is looked at once the turn
    // ends: stopping and starting it within a turn costs two system calls a request.
    self.update_reading(c);
  }
}

std::optional<std::string_view> intake_loop::receive_of(client& c, std::string_view bytes) {
  if (c.between->established()) {
    return c.between->receive(bytes);
  }
  const std::uint64_t began_ns = uv_hrtime();
  const auto said = c.between->receive(bytes);
  handshake_ns_ += uv_hrtime() - began_ns;
  return said;
}

// The peer may still be sending: were the socket closed now, it might never read why.
void intake_loop::end_broken(client& c) {
  if (c.broken) {
    return;
  }
  c.broken = true;
  transports_failed_.add();
  send(c);  // the protocol's own words, as far as the socket takes them
  if (!c.closing) {
    half_close(c);
    c.ended = true;
    c.established_by = clock_().steady.after(broken_ns_max);
  }
}

void intake_loop::on_check(uv_check_t* handle) {
  auto& self = *static_cast<intake_loop*>(handle->data);
  self.serve_queue();
  self.settle_touched();
  self.end_turn();
}

void intake_loop::on_idle(uv_idle_t*) {}

// A connection gets its work once a turn, however often something wakes it.
void intake_loop::begin_turn_of(client& c) {
  if (c.turn != turn_) {  // of the first of a turn it is so: `late` learns when that began
    c.turn = turn_;
    c.work = turn_work(late() ? late_work : turn_work::units_per_turn);
  }
}

bool intake_loop::late() {
  const std::uint64_t now = uv_hrtime();
  if (turn_began_ns_ == 0) {
    turn_began_ns_ = now;
  }
  return now - turn_began_ns_ > turn_ns_max;
}

void intake_loop::queue(client& c) {
  if (!c.queued && !c.closing) {
    c.queued = true;
    queue_.push_back(&c);
  }
}

// Round robin: a connection that this turn has no time for is the first in the next one.
void intake_loop::serve_queue() {
  bool served = false;
  for (std::size_t waiting = queue_.size(); waiting > 0 && !(served && late()); --waiting) {
    client& c = *queue_.front();
    queue_.pop_front();
    c.queued = false;
    begin_turn_of(c);
    c.machine.resume(clock_(), c.work);
    touch(c);
    served = true;
  }
}

void intake_loop::end_turn() {
  ++turn_;
  turn_began_ns_ = 0;
  handshake_ns_ = 0;
  for (int i = 0; i < handshakes_per_turn && !handshakes_.empty(); ++i) {
    client& c = *handshakes_.front();
    leave_handshakes(c);
    update_reading(c);
  }
  if (uv_is_closing(reinterpret_cast<uv_handle_t*>(&idle_)) != 0) {
    return;
  }
  if (queue_.empty()) {
    uv_idle_stop(&idle_);
  } else {
    uv_idle_start(&idle_, on_idle);
  }
}

void intake_loop::leave_handshakes(client& c) {
  if (c.handshake_waits) {
    handshakes_.erase(*c.handshake_waits);
    c.handshake_waits.reset();
  }
}

void intake_loop::touch(client& c) {
  if (!c.touched && !c.closing) {
    c.touched = true;
    touched_.push_back(&c);
  }
}

void intake_loop::settle_touched() {
  const auto has_more = [this] { return !touched_.empty() || worker_->has_work(); };
  for (int round = 0; round < rounds_per_turn_max && has_more(); ++round) {
    if (worker_->has_work()) {
      worker_->end_of_turn();  // touches the connections that it answers
    }
    const moment now = clock_();
    std::vector<client*> turn;
    turn.swap(touched_);
    for (client* c : turn) {
      c->touched = false;
      if (!c->closing) {
        begin_turn_of(*c);
        c->machine.resume(now, c->work);
        settle(*c);
      }
    }
    if (!worker_->has_work()) {
      turn.clear();
      if (touched_.empty()) {
        touched_.swap(turn);  // keeps the buffer
      }
      return;
    }
    // `resume` parsed pipelined requests: they are this turn's work too.
    for (client* c : turn) {
      touch(*c);
    }
  }
  if (has_more()) {
    uv_async_send(&wake_);
  }
}

void intake_loop::settle(client& c) {
  send(c);
  if (c.machine.wants_close() || c.machine.wants_half_close()) {
    end_transport(c);
  }
  if (c.machine.wants_close() && c.sending.empty() && c.machine.output().empty()) {
    close_client(c);
    return;
  }
  if (c.machine.wants_half_close() && !c.half_closed && c.sending.empty() &&
      c.machine.output().empty()) {
    half_close(c);
  }
  if (c.machine.wants_turn()) {
    queue(c);
  }
  c.turn_bytes = 0;
  update_reading(c);
}

// Once the last output was written.
void intake_loop::end_transport(client& c) {
  if (!c.ended && c.sending.empty() && c.machine.output().empty()) {
    c.ended = true;
    c.between->end();
    send(c);
  }
}

void intake_loop::half_close(client& c) {
  c.half_closed = true;
  uv_os_fd_t fd = -1;
  if (uv_fileno(&c.handle, &fd) == 0) {
    ::shutdown(fd, SHUT_WR);  // of a peer that is gone already, reading tells
  }
}

void intake_loop::send(client& c) {
  if (!c.sending.empty() || c.closing || (c.broken && c.half_closed)) {
    return;
  }
  std::string& output = c.between->send(c.machine.output());
  if (output.empty()) {
    return;
  }
  uv_buf_t buffer = uv_buf_init(output.data(), static_cast<unsigned>(output.size()));
  const int written = uv_try_write(&c.stream, &buffer, 1);
  if (written == static_cast<int>(output.size())) {
    output.clear();
    if (output.capacity() > kept_bytes_max) {
      std::string{}.swap(output);
      c.machine.set_unsent(0);
    }
    return;
  }
  if (written < 0 && written != UV_EAGAIN) {
    close_client(c);
    return;
  }
  c.sending.swap(output);
  output.clear();
  c.machine.set_unsent(c.sending.size());
  const std::size_t done = written > 0 ? static_cast<std::size_t>(written) : 0;
  buffer = uv_buf_init(c.sending.data() + done, static_cast<unsigned>(c.sending.size() - done));
  c.write_progress = clock_().steady;
  c.write_left = buffer.len;
  if (uv_write(&c.write, &c.stream, &buffer, 1, on_written) != 0) {
    close_client(c);
  }
}

void intake_loop::on_written(uv_write_t* request, int status) {
  client& c = *static_cast<client*>(request->handle->data);
  std::string{}.swap(c.sending);
  if (c.closing) {
    return;
  }
  c.machine.set_unsent(0);
  if (status != 0) {
    c.owner->close_client(c);
    return;
  }
  c.owner->touch(c);
}

void intake_loop::update_reading(client& c) {
  // A client that does not take its answers is not read from either.
  const bool rests = c.turn_bytes >= turn_bytes_max;  // until the turn ends
  const bool wanted =
      !c.closing && !rests && !c.handshake_waits && c.sending.empty() && c.machine.wants_input();
  if (wanted == c.reading) {
    return;
  }
  c.reading = wanted;
  if (wanted) {
    uv_read_start(&c.stream, on_allocate, on_read);
  } else if (!c.closing) {
    uv_read_stop(&c.stream);
  }
}

void intake_loop::close_client(client& c) {
  if (c.closing) {
    return;
  }
  c.closing = true;
  c.reading = false;
  clients_[c.index] = clients_.back();
  clients_[c.index]->index = c.index;
  clients_.pop_back();
  if (c.touched) {
    std::erase(touched_, &c);
  }
  if (c.queued) {
    std::erase(queue_, &c);
  }
  leave_handshakes(c);
  if (clients_.empty()) {
    uv_timer_stop(&timer_);
  }
  uv_close(&c.handle, on_closed);
}

void intake_loop::on_closed(uv_handle_t* handle) {
  const std::unique_ptr<client> c(static_cast<client*>(handle->data));
  c->owner->connections_.fetch_sub(1, std::memory_order_relaxed);
}

void intake_loop::on_timer(uv_timer_t* handle) {
  auto& self = *static_cast<intake_loop*>(handle->data);
  self.look_at_deadlines();
  self.settle_touched();
}

bool intake_loop::memory_short() const {
  const memory_budget* memory = worker_->router().memory();
  return memory != nullptr && memory->used() > memory->limit() / short_part;
}

void intake_loop::look_at_sending(client& c, steady_time now) {
  const std::size_t left = uv_stream_get_write_queue_size(&c.stream);
  if (left + write_progress_bytes <= c.write_left) {
    c.write_left = left;
    c.write_progress = now;
  }
  // The end of weir does not wait for who does not read, such as who watches and looks away.
  const bool in_the_way =
      finishing_.load() || (c.sending.size() > kept_bytes_max && memory_short());
  if (now - c.write_progress > (in_the_way ? stall_when_short_ns_max : write_stall_ns_max)) {
    write_stalls_.add();
    close_client(c);
  }
}

// Gives up bodies that make no progress, the longest waits first, until the budget is not short.
void intake_loop::give_up_stalled(const moment& now) {
  std::vector<std::pair<steady_time, client*>> stalled;
  for (client* c : clients_) {
    const auto since = c->machine.stalled_since();
    if (since && now.steady - *since > stall_when_short_ns_max) {
      stalled.emplace_back(*since, c);
    }
  }
  std::sort(stalled.begin(), stalled.end());
  for (const auto& [since, c] : stalled) {
    if (!memory_short()) {
      return;
    }
    c->machine.give_up_body(now);
    stalled_bodies_.add();
    touch(*c);
  }
}

void intake_loop::look_at_deadlines() {
  const moment now = clock_();
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    client& c = *clients_[i];
    if (!c.sending.empty()) {
      look_at_sending(c, now.steady);
      if (c.closing) {
        --i;  // the last client took its place
        continue;
      }
    }
    if (c.machine.ends_with_peer() && c.peer_has_ended()) {
      close_client(c);
      --i;  // the last client took its place
      continue;
    }
    if (now.steady >= c.established_by && (c.broken || !c.between->established())) {
      transports_failed_.add(c.broken ? 0 : 1);
      close_client(c);
      --i;
      continue;
    }
    // A request that has arrived already is read first: its client was in time.
    if (now.steady >= c.machine.deadline() && !(c.machine.idle() && c.input_waits())) {
      c.machine.tick(now);
      touch(c);
    }
  }
  if (memory_short()) {
    give_up_stalled(now);
  }
}

}  // namespace weir
