// SPDX-License-Identifier: Apache-2.0
//
// The seam between libcurl and libuv: curl says which sockets and which time it waits for, the loop
// says when they are there. Ownership: `state` owns the multi handle and all requests; each uv
// handle is on the heap and freed by its close callback, because libuv needs its memory until then.
#include "net/transfer_curl.hpp"

#include <curl/curl.h>
#include <uv.h>

#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "net/curl_exchange_curl.hpp"

namespace weir {
namespace {

constexpr std::size_t idle_handles_max = 64;

struct watched_socket {
  uv_poll_t poll{};
  curl_socket_t socket = CURL_SOCKET_BAD;
  void* owner = nullptr;
};

struct running_request {
  running_request(transfer_request request, transfer::done then)
      : exchange(std::move(request), {}), on_done(std::move(then)) {}

  curl_exchange exchange;
  transfer::done on_done;
};

}  // namespace

struct transfer_curl::state {
  uv_loop_t* loop = nullptr;
  CURLM* multi = nullptr;
  uv_timer_t* timer = nullptr;
  std::set<watched_socket*> sockets;
  std::unordered_map<CURL*, std::unique_ptr<running_request>> running;
  std::vector<CURL*> idle;

  ~state();
  void act(curl_socket_t socket, int events);
  void take_finished();
  void finish(CURL* easy, CURLcode code);
  void keep_or_free(CURL* easy);
  watched_socket* watch(curl_socket_t socket);
  void unwatch(watched_socket* which);
};

transfer_curl::transfer_curl(std::unique_ptr<state> ready) : state_(std::move(ready)) {}

transfer_curl::~transfer_curl() = default;

watched_socket* transfer_curl::state::watch(curl_socket_t socket) {
  auto watched = std::make_unique<watched_socket>();
  watched->socket = socket;
  watched->owner = this;
  if (uv_poll_init_socket(loop, &watched->poll, socket) != 0) {
    return nullptr;
  }
  watched->poll.data = watched.get();
  sockets.insert(watched.get());
  return watched.release();
}

void transfer_curl::state::unwatch(watched_socket* which) {
  sockets.erase(which);
  uv_poll_stop(&which->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&which->poll),
           [](uv_handle_t* handle) { delete static_cast<watched_socket*>(handle->data); });
}

void transfer_curl::state::act(curl_socket_t socket, int events) {
  int still_running = 0;
  curl_multi_socket_action(multi, socket, events, &still_running);
  take_finished();
}

void transfer_curl::state::take_finished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) {
      // The message dies with the removal of its handle.
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      finish(easy, code);
    }
  }
}

void transfer_curl::state::finish(CURL* easy, CURLcode code) {
  const auto entry = running.find(easy);
  WEIR_ASSERT(entry != running.end());
  const std::unique_ptr<running_request> one = std::move(entry->second);
  running.erase(entry);
  http_reply reply = one->exchange.take_reply(easy, code);
  curl_multi_remove_handle(multi, easy);
  keep_or_free(easy);
  one->on_done(std::move(reply));
}

void transfer_curl::state::keep_or_free(CURL* easy) {
  if (idle.size() < idle_handles_max) {
    curl_easy_reset(easy);
    idle.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
}

transfer_curl::state::~state() {
  for (auto& [easy, one] : running) {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
  }
  running.clear();
  for (CURL* easy : idle) {
    curl_easy_cleanup(easy);
  }
  if (multi != nullptr) {
    curl_multi_cleanup(multi);
  }
  while (!sockets.empty()) {
    unwatch(*sockets.begin());
  }
  if (timer != nullptr) {
    uv_timer_stop(timer);
    uv_close(reinterpret_cast<uv_handle_t*>(timer),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
}

namespace {

template <class State>
void on_poll(uv_poll_t* handle, int status, int events) {
  auto& which = *static_cast<watched_socket*>(handle->data);
  int mask = status < 0 ? CURL_CSELECT_ERR : 0;
  mask |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
  mask |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
  static_cast<State*>(which.owner)->act(which.socket, mask);
}

template <class State>
int on_socket(CURL*, curl_socket_t socket, int what, void* user, void* socket_user) {
  auto& self = *static_cast<State*>(user);
  auto* which = static_cast<watched_socket*>(socket_user);
  if (what == CURL_POLL_REMOVE) {
    if (which != nullptr) {
      curl_multi_assign(self.multi, socket, nullptr);
      self.unwatch(which);
    }
    return 0;
  }
  if (which == nullptr) {
    which = self.watch(socket);
    if (which == nullptr) {
      return -1;
    }
    curl_multi_assign(self.multi, socket, which);
  }
  int events = 0;
  events |= (what & CURL_POLL_IN) != 0 ? static_cast<int>(UV_READABLE) : 0;
  events |= (what & CURL_POLL_OUT) != 0 ? static_cast<int>(UV_WRITABLE) : 0;
  return uv_poll_start(&which->poll, events, on_poll<State>) == 0 ? 0 : -1;
}

template <class State>
int on_timer(CURLM*, long timeout_ms, void* user) {
  auto& self = *static_cast<State*>(user);
  if (timeout_ms < 0) {
    uv_timer_stop(self.timer);
    return 0;
  }
  // curl must not be called from inside its own callback, so even 0 goes through the loop. The
  // loop's clock may be old when a long turn calls this.
  uv_update_time(self.loop);
  uv_timer_start(
      self.timer,
      [](uv_timer_t* handle) { static_cast<State*>(handle->data)->act(CURL_SOCKET_TIMEOUT, 0); },
      static_cast<std::uint64_t>(timeout_ms), 0);
  return 0;
}

}  // namespace

result<std::unique_ptr<transfer_curl>> transfer_curl::make(uv_loop_s* loop,
                                                           std::size_t connections_kept) {
  start_curl();
  auto ready = std::make_unique<state>();
  ready->loop = loop;
  ready->multi = curl_multi_init();
  if (ready->multi == nullptr) {
    return failure{"libcurl could not be started"};
  }
  ready->timer = new uv_timer_t;
  uv_timer_init(loop, ready->timer);
  ready->timer->data = ready.get();
  curl_multi_setopt(ready->multi, CURLMOPT_SOCKETFUNCTION, on_socket<state>);
  curl_multi_setopt(ready->multi, CURLMOPT_SOCKETDATA, ready.get());
  curl_multi_setopt(ready->multi, CURLMOPT_TIMERFUNCTION, on_timer<state>);
  curl_multi_setopt(ready->multi, CURLMOPT_TIMERDATA, ready.get());
  curl_multi_setopt(ready->multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_kept));
  return std::unique_ptr<transfer_curl>(new transfer_curl(std::move(ready)));
}

void transfer_curl::post(transfer_request request, done on_done) {
  CURL* easy = nullptr;
  if (state_->idle.empty()) {
    easy = curl_easy_init();
  } else {
    easy = state_->idle.back();
    state_->idle.pop_back();
  }
  if (easy == nullptr) {
    on_done(http_reply::failed("libcurl has no handle"));
    return;
  }
  auto one = std::make_unique<running_request>(std::move(request), std::move(on_done));
  one->exchange.prepare(easy);
  running_request& placed = *one;
  state_->running.emplace(easy, std::move(one));
  if (curl_multi_add_handle(state_->multi, easy) != CURLM_OK) {
    const done then = std::move(placed.on_done);
    state_->running.erase(easy);
    curl_easy_cleanup(easy);
    then(http_reply::failed("libcurl did not take the request"));
  }
}

void transfer_curl::abort() {
  for (auto& [easy, one] : state_->running) {
    curl_multi_remove_handle(state_->multi, easy);
    curl_easy_cleanup(easy);
  }
  state_->running.clear();
}

}  // namespace weir
