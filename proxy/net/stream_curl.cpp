// SPDX-License-Identifier: Apache-2.0
//
// A stream by libcurl's multi interface.
#include "net/stream_curl.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <vector>

#include "net/curl_exchange_curl.hpp"

namespace weir {

struct stream_curl::state {
  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  bool active = false;
  int status = 0;
  std::string why{};
  std::string arrived{};
  std::size_t bytes_max = 0;
  char error[CURL_ERROR_SIZE] = {};

  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* user);
  void end();
  void take_messages();
};

std::size_t stream_curl::state::on_write(char* bytes, std::size_t size, std::size_t count,
                                         void* user) {
  auto& self = *static_cast<state*>(user);
  if (self.arrived.size() + size * count > self.bytes_max) {
    return 0;  // whoever takes it too slowly gets no more
  }
  self.arrived.append(bytes, size * count);
  return size * count;
}

void stream_curl::state::end() {
  if (active) {
    curl_multi_remove_handle(multi, easy);
    active = false;
  }
  curl_slist_free_all(headers);
  headers = nullptr;
}

void stream_curl::state::take_messages() {
  long code = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
  status = static_cast<int>(code);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) {
      const CURLcode result = message->data.result;
      why = result == CURLE_OK ? "" : error[0] != '\0' ? error : curl_easy_strerror(result);
      end();
      return;
    }
  }
}

stream_curl::stream_curl() : state_(std::make_unique<state>()) {
  start_curl();
  state_->multi = curl_multi_init();
  state_->easy = curl_easy_init();
}

stream_curl::~stream_curl() {
  state_->end();
  curl_easy_cleanup(state_->easy);
  curl_multi_cleanup(state_->multi);
}

void stream_curl::begin(const transfer_request& request) {
  state& own = *state_;
  own.end();
  own.status = 0;
  own.why.clear();
  own.arrived.clear();
  own.error[0] = '\0';
  own.bytes_max = request.answer_bytes_max;
  if (own.easy == nullptr || own.multi == nullptr) {
    own.why = "libcurl has no handle";
    return;
  }
  curl_easy_reset(own.easy);
  set_address(own.easy, request.url);
  for (const std::string& header : request.headers) {
    own.headers = curl_slist_append(own.headers, header.c_str());
  }
  curl_easy_setopt(own.easy, CURLOPT_HTTPHEADER, own.headers);
  curl_easy_setopt(own.easy, CURLOPT_ERRORBUFFER, own.error);
  curl_easy_setopt(own.easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(own.easy, CURLOPT_WRITEFUNCTION, state::on_write);
  curl_easy_setopt(own.easy, CURLOPT_WRITEDATA, &own);
  if (!request.unix_socket.empty()) {
    curl_easy_setopt(own.easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  }
  curl_multi_add_handle(own.multi, own.easy);
  own.active = true;
}

void stream_curl::wait(std::chrono::milliseconds longest, std::span<const int> others,
                       std::string& out) {
  state& own = *state_;
  int running = 0;
  if (own.active) {
    curl_multi_perform(own.multi, &running);
    own.take_messages();
  }
  if (own.arrived.empty()) {
    std::vector<curl_waitfd> waited;
    for (const int each : others) {
      waited.push_back({each, CURL_WAIT_POLLIN, 0});
    }
    curl_multi_poll(own.multi, waited.data(), static_cast<unsigned>(waited.size()),
                    static_cast<int>(longest.count()), nullptr);
    if (own.active) {
      curl_multi_perform(own.multi, &running);
      own.take_messages();
    }
  }
  out += own.arrived;
  own.arrived.clear();
}

bool stream_curl::ended() const noexcept {
  return !state_->active;
}

int stream_curl::status() const noexcept {
  return state_->status;
}

const std::string& stream_curl::why() const noexcept {
  return state_->why;
}

}  // namespace weir
