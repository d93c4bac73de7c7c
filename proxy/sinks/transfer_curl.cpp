// SPDX-License-Identifier: Apache-2.0
//
// The seam between libcurl and libuv: curl says which sockets and which time it waits for, the loop
// says when they are there. Ownership: `state` owns the multi handle and all requests; each uv
// handle is on the heap and freed by its close callback, because libuv needs its memory until then.
#include "sinks/transfer_curl.hpp"

#include <curl/curl.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/clock_posix.hpp"
#include "sinks/retry_after.hpp"

namespace weir {
namespace {

/// No longer than this for a connection, however long an answer may take.
constexpr long connect_timeout_ms_max = 10'000;
constexpr std::size_t idle_handles_max = 64;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct watched_socket {
  uv_poll_t poll{};
  curl_socket_t socket = CURL_SOCKET_BAD;
  void* owner = nullptr;
};

struct running_request {
  transfer_request request;
  transfer::done on_done;
  answer given;
  curl_slist* headers = nullptr;
  // Where the upload stands.
  std::size_t piece = 0;
  std::size_t offset = 0;
  bool answer_cut = false;
  char error[CURL_ERROR_SIZE] = {};

  running_request() = default;
  running_request(const running_request&) = delete;
  running_request& operator=(const running_request&) = delete;
  ~running_request() { curl_slist_free_all(headers); }
};

std::size_t on_read(char* out, std::size_t size, std::size_t count, void* user) {
  auto& one = *static_cast<running_request*>(user);
  std::size_t room = size * count;
  std::size_t copied = 0;
  while (room > 0 && one.piece < one.request.body.size()) {
    const std::string_view rest = one.request.body[one.piece].substr(one.offset);
    const std::size_t n = std::min(room, rest.size());
    std::memcpy(out + copied, rest.data(), n);
    copied += n;
    room -= n;
    one.offset += n;
    if (n == rest.size()) {
      ++one.piece;
      one.offset = 0;
    }
  }
  return copied;
}

/// curl begins again when a kept connection turns out to be closed.
int on_seek(void* user, curl_off_t offset, int origin) {
  auto& one = *static_cast<running_request*>(user);
  if (origin != SEEK_SET || offset != 0) {
    return CURL_SEEKFUNC_CANTSEEK;
  }
  one.piece = 0;
  one.offset = 0;
  return CURL_SEEKFUNC_OK;
}

std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& one = *static_cast<running_request*>(user);
  const std::size_t room = one.request.answer_bytes_max - one.given.body.size();
  one.given.body.append(bytes, std::min(room, size * count));
  if (size * count > room) {
    // Nobody needs more of it; the connection is given up rather than read on without a bound.
    one.answer_cut = true;
    return 0;
  }
  return size * count;
}

void set_options(CURL* easy, running_request& one) {
  curl_off_t bytes = 0;
  for (const std::string_view piece : one.request.body) {
    bytes += static_cast<curl_off_t>(piece.size());
  }
  for (const std::string& header : one.request.headers) {
    one.headers = curl_slist_append(one.headers, header.c_str());
  }
  const auto timeout = static_cast<long>(one.request.timeout.count());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &one);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, one.error);
  curl_easy_setopt(easy, CURLOPT_URL, one.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // The configured URL is where it goes, whatever the environment says about proxies.
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, connect_timeout_ms_max));
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, bytes);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, &one);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, &one);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &one);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, one.headers);
  if (!one.request.username.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, one.request.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, one.request.password.c_str());
  }
}

/// A header of the answer, of the first of them where there are several.
std::string header_of(CURL* easy, const char* name) {
  curl_header* found = nullptr;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
    return {};
  }
  return found->value;
}

void read_answer(CURL* easy, CURLcode code, running_request& one) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  // A server that finds a body too large may close before it has read it, which breaks the
  // upload; its status says enough.
  const bool complete =
      code == CURLE_OK || (code == CURLE_WRITE_ERROR && one.answer_cut) || status == 413;
  if (!complete || status == 0) {
    one.given.answered = false;
    one.given.detail = one.error[0] != '\0' ? one.error : curl_easy_strerror(code);
    return;
  }
  one.given.answered = true;
  one.given.status = static_cast<int>(status);
  one.given.content_type = header_of(easy, "Content-Type");
  one.given.location = header_of(easy, "Location");
  one.given.retry_after = parse_retry_after(header_of(easy, "Retry-After"), header_of(easy, "Date"),
                                            wall_clock_ns() / 1'000'000'000);
}

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

transfer_curl::transfer_curl(std::unique_ptr<state> made) : state_(std::move(made)) {}

transfer_curl::~transfer_curl() = default;

watched_socket* transfer_curl::state::watch(curl_socket_t socket) {
  auto made = std::make_unique<watched_socket>();
  made->socket = socket;
  made->owner = this;
  if (uv_poll_init_socket(loop, &made->poll, socket) != 0) {
    return nullptr;
  }
  made->poll.data = made.get();
  sockets.insert(made.get());
  return made.release();
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
  const auto found = running.find(easy);
  WEIR_ASSERT(found != running.end());
  const std::unique_ptr<running_request> one = std::move(found->second);
  running.erase(found);
  read_answer(easy, code, *one);
  curl_multi_remove_handle(multi, easy);
  keep_or_free(easy);
  one->on_done(std::move(one->given));
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
  init_curl_once();
  auto made = std::make_unique<state>();
  made->loop = loop;
  made->multi = curl_multi_init();
  if (made->multi == nullptr) {
    return failure{"libcurl could not be started"};
  }
  made->timer = new uv_timer_t;
  uv_timer_init(loop, made->timer);
  made->timer->data = made.get();
  curl_multi_setopt(made->multi, CURLMOPT_SOCKETFUNCTION, on_socket<state>);
  curl_multi_setopt(made->multi, CURLMOPT_SOCKETDATA, made.get());
  curl_multi_setopt(made->multi, CURLMOPT_TIMERFUNCTION, on_timer<state>);
  curl_multi_setopt(made->multi, CURLMOPT_TIMERDATA, made.get());
  curl_multi_setopt(made->multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_kept));
  return std::unique_ptr<transfer_curl>(new transfer_curl(std::move(made)));
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
    on_done(answer::failed("libcurl has no handle"));
    return;
  }
  auto one = std::make_unique<running_request>();
  one->request = std::move(request);
  one->on_done = std::move(on_done);
  set_options(easy, *one);
  running_request& placed = *one;
  state_->running.emplace(easy, std::move(one));
  if (curl_multi_add_handle(state_->multi, easy) != CURLM_OK) {
    const done then = std::move(placed.on_done);
    state_->running.erase(easy);
    curl_easy_cleanup(easy);
    then(answer::failed("libcurl did not take the request"));
  }
}

void transfer_curl::abort() {
  for (auto& [easy, one] : state_->running) {
    curl_multi_remove_handle(state_->multi, easy);
    curl_easy_cleanup(easy);
  }
  state_->running.clear();
}

std::string url_fault(const std::string& url) {
  init_curl_once();
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return "it does not begin with http:// or https://";
  }
  CURLU* parsed = curl_url();
  const CURLUcode code = curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0);
  std::string fault = code == CURLUE_OK ? "" : curl_url_strerror(code);
  char* query = nullptr;
  if (fault.empty() && curl_url_get(parsed, CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
    fault = "it has a query";
    curl_free(query);
  }
  curl_url_cleanup(parsed);
  return fault;
}

}  // namespace weir
