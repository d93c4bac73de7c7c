// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/published.hpp"
#include "intake/client_shares.hpp"
#include "intake/socket_posix.hpp"
#include "intake/stream_listener.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

// All connections share one buffer: what is kept of it is copied.
constexpr std::size_t read_buffer_bytes = std::size_t{64} << 10;
constexpr int accepts_per_wake_max = 64;
// When the process is out of descriptors, and where bytes found no room, the next try comes with
// the timer.
constexpr std::uint64_t timer_interval_ms = 50;
// In which a transport has to be established.
constexpr std::int64_t handshake_ns_max = 10'000'000'000;
// At the end a connection is read until the kernel has nothing more, but not for ever: a sender may
// go on. The kernel's own buffer is smaller.
constexpr std::size_t rest_bytes_max = std::size_t{8} << 20;

}  // namespace

struct stream_listener::state {
  struct connection {
    union {
      uv_handle_t handle;
      uv_stream_t stream;
      uv_tcp_t tcp;
      uv_pipe_t pipe;
    };
    state* owner = nullptr;
    std::unique_ptr<transport> between;
    std::unique_ptr<stream_client> client;
    std::shared_ptr<const connection_place> place;
    std::size_t index = 0;
    steady_time opened_at{};
    steady_time last_input{};
    /// The bytes before found no room: not read from.
    bool paused = false;
    bool reading = false;
    /// `client->end()` was called.
    bool ended = false;
    bool closing = false;
    /// Once nothing is accepted any more: bytes that may still be read.
    std::size_t rest = rest_bytes_max;

    connection() : tcp{} {}
  };

  state(listening_socket opened, const stream_listener_options& configured,
        std::unique_ptr<stream_worker> work)
      : listening(std::move(opened)),
        address(listening.address),
        name(to_string(address)),
        options(configured),
        worker(std::move(work)),
        limits(std::make_shared<const stream_limits>(configured.limits)),
        buffer(read_buffer_bytes) {}

  listening_socket listening;
  const listen_address address;
  const std::string name;
  const stream_listener_options options;
  std::unique_ptr<stream_worker> worker;
  published<stream_limits> limits;
  std::vector<char> buffer;
  uv_loop_t loop{};
  uv_poll_t poll{};
  uv_async_t wake{};
  uv_timer_t flush_timer{};
  uv_timer_t timer{};
  client_shares shares;
  std::vector<connection*> connections;
  std::size_t ended_open = 0;  // of them, those that ended
  bool flush_due = false;
  bool begun = false;
  bool ending = false;  // nothing is accepted any more
  bool closed = false;  // the loop's own handles are
  std::thread thread;
  std::atomic<bool> finishing{false};
  std::atomic<bool> stopping{false};
  std::atomic<bool> is_open{true};
  std::atomic<std::size_t> open_now{0};
  std::atomic<std::size_t> paused_now{0};
  counter accepted;
  counter refused;
  counter idle_closed;
  counter transports_failed;
  counter bytes;
  counter pauses;

  static void on_allocate(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  static void on_closed(uv_handle_t* handle);

  void prepare();
  void run();
  void watch();
  void start_timer();
  void accept_waiting(int most);
  void open_connection(int fd);
  /// False: nothing more comes, for the peer said so or broke the transport's protocol.
  [[nodiscard]] bool take(connection& c, std::string_view received);
  /// What the transport itself has to say, as far as the socket takes it.
  void say(connection& c);
  void end(connection& c);
  void pause(connection& c, bool wanted);
  void set_reading(connection& c, bool wanted);
  void read_rest(connection& c);
  void flush();
  void resume_paused();
  void schedule_flush();
  void close_settled();
  void close(connection& c);
  void look_around();
  void begin_end();
  void close_if_done();
};

void stream_listener::state::prepare() {
  WEIR_ASSERT(uv_loop_init(&loop) == 0);
  WEIR_ASSERT(uv_async_init(&loop, &wake, [](uv_async_t* handle) {
                auto& self = *static_cast<state*>(handle->data);
                if (self.finishing.load()) {
                  self.begin_end();
                }
                self.close_if_done();
              }) == 0);
  WEIR_ASSERT(uv_timer_init(&loop, &flush_timer) == 0);
  WEIR_ASSERT(uv_timer_init(&loop, &timer) == 0);
  WEIR_ASSERT(uv_poll_init(&loop, &poll, listening.socket.get()) == 0);
  wake.data = flush_timer.data = timer.data = poll.data = this;
}

void stream_listener::state::watch() {
  uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<state*>(handle->data)->accept_waiting(accepts_per_wake_max);
  });
}

void stream_listener::state::start_timer() {
  uv_timer_start(
      &timer, [](uv_timer_t* handle) { static_cast<state*>(handle->data)->look_around(); },
      timer_interval_ms, timer_interval_ms);
}

void stream_listener::state::run() {
  if (begun) {
    watch();
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  is_open.store(false);
}

void stream_listener::state::accept_waiting(int most) {
  for (int i = 0; i < most; ++i) {
    const int fd =
        ::accept4(listening.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      open_connection(fd);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      journal_limited("accept", journal_level::error,
                      std::string("cannot accept connections: ") + std::strerror(errno) +
                          "; raise the limit of open files (ulimit -n, LimitNOFILE)");
      uv_poll_stop(&poll);  // the timer begins it again
      start_timer();
      return;
    }
    if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void stream_listener::state::open_connection(int fd) {
  const bool is_unix = address.kind == listen_address::family::unix_socket;
  const peer_address peer = is_unix ? peer_address{} : peer_of(fd);
  auto opened = std::make_unique<connection>();
  opened->owner = this;
  opened->between = options.transports();
  opened->opened_at = opened->last_input = options.clock().steady;
  const std::shared_ptr<const stream_limits> now = limits.current();
  std::string why;
  if (connections.size() >= now->connections_max) {
    why = "tcp.connections = " + std::to_string(now->connections_max) + " are open";
  } else if (opened->place = shares.place_of(peer, now->connections_per_address);
             opened->place == nullptr) {
    why = "tcp.connections_per_address = " + std::to_string(now->connections_per_address) +
          " are open from the address of " + to_string(peer);
  } else if (opened->client = worker->open({.address = is_unix ? "unix" : to_string(peer),
                                            .share = shares.of(peer),
                                            .transport_bytes = opened->between->held_bytes()});
             opened->client == nullptr) {
    why = "the memory for requests in flight is used up";
  }
  if (!why.empty()) {
    refused.add();
    journal_limited("connections " + name, journal_level::warning,
                    name + ": refused a connection: " + why);
    ::close(fd);
    return;
  }
  int error = 0;
  if (is_unix) {
    uv_pipe_init(&loop, &opened->pipe, 0);
    error = uv_pipe_open(&opened->pipe, fd);
  } else {
    uv_tcp_init(&loop, &opened->tcp);
    error = uv_tcp_open(&opened->tcp, fd);
    // A sender that vanished without a word is found out before its lines' idle timeout, if that is
    // long.
    uv_tcp_keepalive(&opened->tcp, 1, 60);
  }
  connection& c = *opened.release();  // on_closed deletes it
  c.handle.data = &c;
  c.index = connections.size();
  connections.push_back(&c);
  open_now.store(connections.size());
  accepted.add();
  if (error != 0) {
    ::close(fd);
    end(c);
    close(c);
    return;
  }
  if (connections.size() == 1) {
    start_timer();
  }
  set_reading(c, true);
}

void stream_listener::state::on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  connection& c = *static_cast<connection*>(handle->data);
  std::vector<char>& of_loop = c.owner->buffer;
  *buffer = uv_buf_init(of_loop.data(), static_cast<unsigned>(c.client->room(of_loop.size())));
}

void stream_listener::state::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  connection& c = *static_cast<connection*>(stream->data);
  state& self = *c.owner;
  if (count == 0) {
    c.client->receive({});  // the room that was asked for is not needed
    return;
  }
  if (count == UV_ENOBUFS) {
    self.pause(c, true);
    return;
  }
  const bool good = count > 0 && self.take(c, {buffer->base, static_cast<std::size_t>(count)});
  if (!good) {
    self.transports_failed.add(count > 0 && !c.between->peer_ended() ? 1 : 0);
    self.end(c);
  }
  if (self.worker->waiting() >= self.options.flush_bytes) {
    self.flush();
  } else {
    self.schedule_flush();
  }
  self.close_settled();
}

bool stream_listener::state::take(connection& c, std::string_view received) {
  bytes.add(received.size());
  c.rest -= ending ? std::min(c.rest, received.size()) : 0;
  c.last_input = options.clock().steady;
  const auto said = c.between->receive(received);
  c.client->transport_holds(c.between->held_bytes());
  say(c);
  c.client->receive(said.value_or(std::string_view{}));
  return said.has_value() && !c.between->peer_ended();
}

void stream_listener::state::say(connection& c) {
  std::string none;
  std::string& output = c.between->send(none);
  if (output.empty()) {
    return;
  }
  // A handshake's few bytes fit the socket's buffer; a peer that does not read them ends itself.
  uv_buf_t piece = uv_buf_init(output.data(), static_cast<unsigned>(output.size()));
  static_cast<void>(uv_try_write(&c.stream, &piece, 1));
  output.clear();
}

void stream_listener::state::end(connection& c) {
  if (!c.ended) {
    c.ended = true;
    ++ended_open;
    set_reading(c, false);
    pause(c, false);
    c.client->end();
  }
}

void stream_listener::state::pause(connection& c, bool wanted) {
  if (c.paused != wanted) {
    c.paused = wanted;
    paused_now.fetch_add(wanted ? 1 : std::size_t(-1));
    pauses.add(wanted ? 1 : 0);
  }
  if (!c.ended) {
    set_reading(c, !wanted);
  }
}

void stream_listener::state::set_reading(connection& c, bool wanted) {
  if (c.closing || c.reading == wanted) {
    return;
  }
  c.reading = wanted;
  if (wanted) {
    uv_read_start(&c.stream, on_allocate, on_read);
  } else {
    uv_read_stop(&c.stream);
  }
}

void stream_listener::state::read_rest(connection& c) {
  uv_os_fd_t fd = -1;
  if (uv_fileno(&c.handle, &fd) != 0) {
    c.rest = 0;
  }
  while (c.rest > 0 && !c.ended) {
    const std::size_t room = c.client->room(std::min(c.rest, buffer.size()));
    if (room == 0) {
      return;  // the timer comes back to it
    }
    const ssize_t count = ::recv(fd, buffer.data(), room, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0 || !take(c, {buffer.data(), static_cast<std::size_t>(count)})) {
      break;
    }
    if (worker->waiting() >= options.flush_bytes) {
      worker->flush();
    }
  }
  end(c);
}

void stream_listener::state::flush() {
  worker->flush();
  if (flush_due) {
    flush_due = false;
    uv_timer_stop(&flush_timer);
  }
  if (paused_now.load() > 0) {
    resume_paused();
  }
  schedule_flush();  // what a group commit has not settled yet is looked at again
}

void stream_listener::state::resume_paused() {
  const steady_time now = options.clock().steady;
  for (connection* each : connections) {
    if (each->paused) {
      each->last_input = now;  // the wait was not its own
      pause(*each, each->client->room(buffer.size()) == 0);
    }
  }
}

void stream_listener::state::schedule_flush() {
  if (worker->waiting() > 0 && !flush_due && !closed) {
    flush_due = true;
    uv_update_time(&loop);
    uv_timer_start(
        &flush_timer,
        [](uv_timer_t* handle) {
          auto& self = *static_cast<state*>(handle->data);
          self.flush();
          self.close_settled();
        },
        static_cast<std::uint64_t>(options.flush_after.count()), 0);
  }
}

void stream_listener::state::close_settled() {
  for (std::size_t i = 0; i < connections.size() && ended_open > 0;) {
    connection& c = *connections[i];
    if (c.ended && c.client->settled()) {
      close(c);  // the last one takes its place
    } else {
      ++i;
    }
  }
  close_if_done();
}

void stream_listener::state::close(connection& c) {
  if (c.closing) {
    return;
  }
  set_reading(c, false);
  c.between->end();
  say(c);
  c.closing = true;
  ended_open -= c.ended ? 1 : 0;
  c.client.reset();
  connections[c.index] = connections.back();
  connections[c.index]->index = c.index;
  connections.pop_back();
  open_now.store(connections.size());
  uv_close(&c.handle, on_closed);
}

void stream_listener::state::on_closed(uv_handle_t* handle) {
  const std::unique_ptr<connection> c(static_cast<connection*>(handle->data));
}

// Now and then: connections that rested are read again, idle ones end.
void stream_listener::state::look_around() {
  if (!ending) {
    watch();
    if (connections.empty()) {
      uv_timer_stop(&timer);
    }
  }
  flush();
  const steady_time now = options.clock().steady;
  const std::int64_t idle_ns = std::chrono::nanoseconds(limits.current()->idle_timeout).count();
  for (connection* each : std::vector<connection*>(connections)) {
    if (each->ended) {
      continue;
    }
    if (ending) {
      read_rest(*each);
    } else if (now - each->opened_at > handshake_ns_max && !each->between->established()) {
      transports_failed.add();
      end(*each);
    } else if (!each->paused && now - each->last_input > idle_ns) {
      idle_closed.add();
      end(*each);
    }
  }
  schedule_flush();
  close_settled();
}

void stream_listener::state::begin_end() {
  if (!ending) {
    ending = true;
    if (begun) {
      accept_waiting(SOMAXCONN);
    }
    uv_close(reinterpret_cast<uv_handle_t*>(&poll), nullptr);
    listening.socket = unique_fd{};
    if (address.kind == listen_address::family::unix_socket) {
      ::unlink(address.path.c_str());
    }
    for (connection* each : std::vector<connection*>(connections)) {
      read_rest(*each);
    }
    flush();
  }
  if (stopping.load()) {
    for (connection* each : std::vector<connection*>(connections)) {
      end(*each);
    }
    worker->flush();
    while (!connections.empty()) {
      close(*connections.back());
    }
  }
  close_settled();
}

void stream_listener::state::close_if_done() {
  const bool waits = worker->waiting() > 0 && !stopping.load();
  if (closed || !ending || waits || !connections.empty()) {
    return;
  }
  closed = true;
  for (auto* handle :
       {reinterpret_cast<uv_handle_t*>(&wake), reinterpret_cast<uv_handle_t*>(&flush_timer),
        reinterpret_cast<uv_handle_t*>(&timer)}) {
    uv_close(handle, nullptr);
  }
}

stream_listener::stream_listener(std::unique_ptr<state> built) : state_(std::move(built)) {}

stream_listener::~stream_listener() {
  stop();
  WEIR_ASSERT(uv_loop_close(&state_->loop) == 0);
}

result<std::unique_ptr<stream_listener>> stream_listener::open(
    const stream_listener_options& options, std::unique_ptr<stream_worker> worker) {
  WEIR_ASSERT(options.clock != nullptr);
  auto opened = open_listener(options.listen);
  if (!opened) {
    return opened.error();
  }
  auto built = std::make_unique<state>(std::move(opened).value(), options, std::move(worker));
  built->prepare();
  return std::unique_ptr<stream_listener>(new stream_listener(std::move(built)));
}

void stream_listener::begin() {
  WEIR_ASSERT(!state_->thread.joinable());
  state_->begun = true;
  state_->thread = std::thread([running = state_.get()] { running->run(); });
}

const listen_address& stream_listener::address() const noexcept {
  return state_->address;
}

void stream_listener::set_limits(const stream_limits& limits) {
  if (*state_->limits.current() != limits) {
    state_->limits.publish(std::make_shared<const stream_limits>(limits));
  }
}

void stream_listener::finish() {
  if (!state_->finishing.exchange(true)) {
    uv_async_send(&state_->wake);
  }
}

bool stream_listener::is_open() const noexcept {
  return state_->is_open.load();
}

void stream_listener::stop() {
  state_->finishing.store(true);
  if (state_->stopping.exchange(true)) {
    return;
  }
  if (state_->thread.joinable()) {
    if (state_->is_open.load()) {
      uv_async_send(&state_->wake);
    }
    state_->thread.join();
  } else {
    uv_async_send(&state_->wake);
    state_->run();  // only the handles are left to close
  }
}

void stream_listener::collect(metric_collector& out) const {
  const state& of = *state_;
  const auto add = [&](std::string_view metric, std::string_view help, const counter& value) {
    out.counter_value(metric, help, static_cast<double>(value.value()), {{"listen", of.name}});
  };
  add("weir_tcp_connections_total", "Connections accepted.", of.accepted);
  add("weir_tcp_connections_refused_total",
      "Connections closed at once: tcp.connections, or as many of one address, were open.",
      of.refused);
  add("weir_tcp_idle_connections_total",
      "Connections closed because nothing came for tcp.idle_timeout.", of.idle_closed);
  add("weir_tcp_tls_failures_total",
      "Connections that ended before or within TLS: a handshake that failed or took longer than 10 "
      "seconds, or broken records.",
      of.transports_failed);
  add("weir_tcp_received_bytes_total", "Bytes read.", of.bytes);
  add("weir_tcp_pauses_total",
      "How often a connection was not read from for a while, because its bytes found no room.",
      of.pauses);
  out.gauge_value("weir_tcp_connections", "Connections open.",
                  static_cast<double>(of.open_now.load()), {{"listen", of.name}});
  out.gauge_value("weir_tcp_paused_connections",
                  "Connections that are not read from at the moment.",
                  static_cast<double>(of.paused_now.load()), {{"listen", of.name}});
}

}  // namespace weir
