// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/assert.hpp"
#include "intake/client_shares.hpp"
#include "intake/http_intake.hpp"
#include "intake/intake_loop_uv.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

// Accepted per wake-up of the control loop, so that a flood of connections does not starve signals.
constexpr int accepts_per_wake_max = 64;
// The same when a listener goes, in rounds of so many: as many as the kernel lets wait.
constexpr int accept_rounds_at_end = 64;
// When the process is out of descriptors, how long accepting rests.
constexpr std::uint64_t accept_rest_ms = 200;

constexpr std::string_view too_many_connections =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 46\r\n"
    "Connection: close\r\n\r\n{\"error\":\"timeout: too many open connections\"}";

}  // namespace

struct http_intake::state {
  struct listener {
    state* owner = nullptr;
    http_listener of;
    listening_socket opened;
    uv_poll_t poll{};
    /// Its connections hold it, too.
    std::shared_ptr<const std::uint32_t> token;
  };

  uv_loop_t* control = nullptr;
  std::uint32_t connections_max = 0;
  std::uint32_t connections_per_address = 0;
  std::shared_ptr<const http::connection_limits> limits;
  std::vector<std::unique_ptr<listener>> listeners;
  /// Of removed listeners with connections, the tokens.
  std::vector<std::pair<std::uint32_t, std::weak_ptr<const std::uint32_t>>> gone;
  std::vector<std::unique_ptr<intake_loop>> loops;
  /// Heap-allocated: libuv may call its close callback after the state is gone.
  uv_timer_t* rest = nullptr;
  client_shares shares;
  counter refused;
  bool finished = false;

  static void on_acceptable(uv_poll_t* handle, int status, int events);
  static void on_rested(uv_timer_t* handle);
  /// Whether all that waited was accepted.
  bool accept_from(listener& from);
  void accepted(int fd, const listener& from);
  void refuse(int fd, const std::string& why);
  void poll_all();
  void add(opened_listener opened);
  void close(std::unique_ptr<listener> which);
  void close_listeners();
  [[nodiscard]] std::size_t open_connections() const noexcept;
};

void http_intake::state::on_acceptable(uv_poll_t* handle, int, int) {
  auto& from = *static_cast<listener*>(handle->data);
  from.owner->accept_from(from);
}

bool http_intake::state::accept_from(listener& from) {
  for (int i = 0; i < accepts_per_wake_max; ++i) {
    const int fd =
        ::accept4(from.opened.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      accepted(fd, from);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      journal_limited("accept", journal_level::error,
                      std::string("cannot accept connections: ") + std::strerror(errno) +
                          "; raise the limit of open files (ulimit -n, LimitNOFILE)");
      for (const auto& each : listeners) {
        uv_poll_stop(&each->poll);
      }
      uv_timer_start(rest, on_rested, accept_rest_ms, 0);
      return true;
    }
    if (errno != EINTR && errno != ECONNABORTED) {
      return true;
    }
  }
  return false;
}

void http_intake::state::refuse(int fd, const std::string& why) {
  refused.add();
  journal_limited("connections", journal_level::warning, "refused a connection: " + why);
  [[maybe_unused]] const auto sent =
      ::send(fd, too_many_connections.data(), too_many_connections.size(), MSG_NOSIGNAL);
  ::shutdown(fd, SHUT_WR);
  ::close(fd);
}

void http_intake::state::accepted(int fd, const listener& from) {
  if (open_connections() >= connections_max) {
    refuse(fd, "http.connections = " + std::to_string(connections_max) + " are open");
    return;
  }
  const bool is_tcp = from.opened.address.kind == listen_address::family::tcp;
  const peer_address peer = is_tcp ? peer_of(fd) : peer_address{};
  auto place = shares.place_of(peer, connections_per_address);
  if (place == nullptr) {
    refuse(fd, "http.connections_per_address = " + std::to_string(connections_per_address) +
                   " are open from the address of " + to_string(peer));
    return;
  }
  intake_loop* least = loops.front().get();
  for (const auto& each : loops) {
    if (each->connections() < least->connections()) {
      least = each.get();
    }
  }
  accepted_socket socket{.fd = fd,
                         .kind = from.opened.address.kind,
                         .listener = from.of.number,
                         .token = from.token,
                         .place = std::move(place),
                         .limits = limits,
                         .peer = peer,
                         .share = shares.of(peer)};
  socket.between = from.of.transports();
  least->adopt(std::move(socket));
}

void http_intake::state::on_rested(uv_timer_t* handle) {
  static_cast<state*>(handle->data)->poll_all();
}

void http_intake::state::poll_all() {
  for (const auto& each : listeners) {
    uv_poll_start(&each->poll, UV_READABLE, on_acceptable);
  }
}

void http_intake::state::add(opened_listener opened) {
  auto each = std::make_unique<listener>();
  each->owner = this;
  each->of = std::move(opened.of);
  each->token = std::make_shared<const std::uint32_t>(each->of.number);
  each->opened = std::move(opened.socket);
  each->poll.data = each.get();
  WEIR_ASSERT(uv_poll_init(control, &each->poll, each->opened.socket.get()) == 0);
  uv_poll_start(&each->poll, UV_READABLE, on_acceptable);
  listeners.push_back(std::move(each));
}

void http_intake::state::close(std::unique_ptr<listener> which) {
  if (which->opened.address.kind == listen_address::family::unix_socket) {
    ::unlink(which->opened.address.path.c_str());
  }
  listener* closed = which.release();
  uv_close(reinterpret_cast<uv_handle_t*>(&closed->poll),
           [](uv_handle_t* handle) { delete static_cast<listener*>(handle->data); });
  // At once, so that nobody connects to what is not accepted from.
  closed->opened.socket = unique_fd{};
}

void http_intake::state::close_listeners() {
  for (auto& each : listeners) {
    close(std::move(each));
  }
  listeners.clear();
  if (rest != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(rest),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
    rest = nullptr;
  }
}

std::size_t http_intake::state::open_connections() const noexcept {
  std::size_t sum = 0;
  for (const auto& each : loops) {
    sum += each->connections();
  }
  return sum;
}

opened_listener::~opened_listener() {
  if (socket.socket.get() >= 0 && of.address.kind == listen_address::family::unix_socket) {
    ::unlink(of.address.path.c_str());
  }
}

http_intake::http_intake(std::unique_ptr<state> built) : state_(std::move(built)) {}

http_intake::~http_intake() {
  stop();
}

result<std::unique_ptr<http_intake>> http_intake::start(uv_loop_s* control,
                                                        const http_intake_options& options,
                                                        const worker_factory& make_worker) {
  WEIR_ASSERT(options.loops > 0 && options.clock != nullptr);
  auto opened = open(options.listen);
  if (!opened) {
    return opened.error();
  }
  auto built = std::make_unique<state>();
  built->control = control;
  built->connections_max = options.connections_max;
  built->connections_per_address = options.connections_per_address;
  built->limits = std::make_shared<const http::connection_limits>(options.limits);
  for (std::uint32_t i = 0; i < options.loops; ++i) {
    built->loops.push_back(std::make_unique<intake_loop>(make_worker(i), options.clock));
    built->loops.back()->start();
  }
  built->rest = new uv_timer_t{};
  uv_timer_init(control, built->rest);
  built->rest->data = built.get();
  for (opened_listener& each : opened.value()) {
    built->add(std::move(each));
  }
  return std::unique_ptr<http_intake>(new http_intake(std::move(built)));
}

std::vector<listen_address> http_intake::addresses() const {
  std::vector<const state::listener*> sorted;
  sorted.reserve(state_->listeners.size());
  for (const auto& each : state_->listeners) {
    sorted.push_back(each.get());
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->of.number < b->of.number; });
  std::vector<listen_address> out;
  out.reserve(sorted.size());
  for (const auto* each : sorted) {
    out.push_back(each->opened.address);
  }
  return out;
}

std::vector<std::uint32_t> http_intake::numbers() const {
  std::vector<std::uint32_t> out;
  for (const auto& each : state_->listeners) {
    out.push_back(each->of.number);
  }
  return out;
}

result<std::vector<opened_listener>> http_intake::open(const std::vector<http_listener>& wanted) {
  std::vector<opened_listener> opened;
  for (const http_listener& each : wanted) {
    auto socket = open_listener(each.address);
    if (!socket) {
      return socket.error();
    }
    opened.emplace_back(each, std::move(socket).value());
  }
  return opened;
}

void http_intake::add(std::vector<opened_listener> opened) {
  for (opened_listener& each : opened) {
    state_->add(std::move(each));
  }
}

void http_intake::remove(std::uint32_t number) {
  const auto found = std::find_if(state_->listeners.begin(), state_->listeners.end(),
                                  [number](const auto& each) { return each->of.number == number; });
  if (found == state_->listeners.end()) {
    return;
  }
  // No more rounds than the kernel lets wait: a flood of connections must not keep it open.
  for (int i = 0; i < accept_rounds_at_end && !state_->accept_from(**found); ++i) {
  }
  std::erase_if(state_->gone, [](const auto& each) { return each.second.expired(); });
  state_->gone.emplace_back(number, (*found)->token);
  state_->close(std::move(*found));
  state_->listeners.erase(found);
  for (const auto& each : state_->loops) {
    each->finish_of(number);
  }
}

bool http_intake::may_have_connections(std::uint32_t number) const {
  const auto& there = state_->listeners;
  const auto& gone = state_->gone;
  return std::any_of(there.begin(), there.end(),
                     [number](const auto& each) { return each->of.number == number; }) ||
         std::any_of(gone.begin(), gone.end(), [&](const auto& each) {
           return each.first == number && !each.second.expired();
         });
}

void http_intake::set_limits(std::uint32_t connections_max, std::uint32_t connections_per_address,
                             const http::connection_limits& limits) {
  state_->connections_max = connections_max;
  state_->connections_per_address = connections_per_address;
  state_->limits = std::make_shared<const http::connection_limits>(limits);
}

void http_intake::finish() {
  state_->close_listeners();
  for (const auto& each : state_->loops) {
    each->finish();
  }
}

std::size_t http_intake::open_connections() const noexcept {
  return state_->open_connections();
}

void http_intake::stop() {
  state_->close_listeners();
  for (const auto& each : state_->loops) {
    each->stop();
  }
}

void http_intake::collect(metric_collector& out) const {
  for (const auto& each : state_->loops) {
    each->collect(out);
  }
  out.counter_value("weir_http_connections_refused_total",
                    "Connections refused: http.connections, or as many of one address, were open.",
                    static_cast<double>(state_->refused.value()));
}

}  // namespace weir
