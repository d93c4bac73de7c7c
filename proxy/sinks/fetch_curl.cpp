// SPDX-License-Identifier: Apache-2.0
#include "sinks/fetch_curl.hpp"

#include <curl/curl.h>

#include <algorithm>

#include "sinks/transfer_curl.hpp"

namespace weir {
namespace {

constexpr long connect_timeout_ms_max = 10'000;

struct receiver {
  std::string body;
  std::size_t bytes_max = 0;
};

std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& to = *static_cast<receiver*>(user);
  if (size * count > to.bytes_max - to.body.size()) {
    return 0;
  }
  to.body.append(bytes, size * count);
  return size * count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(user)->load(std::memory_order_relaxed) ? 1 : 0;
}

}  // namespace

struct fetch_curl::state {
  CURL* easy = curl_easy_init();
  curl_slist* headers = nullptr;
  std::string form;
  receiver received;
  char error[CURL_ERROR_SIZE] = {};

  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
  }
  void set_options(const transfer_request& request);
};

void fetch_curl::state::set_options(const transfer_request& request) {
  curl_easy_reset(easy);  // keeps the connection
  curl_slist_free_all(headers);
  headers = nullptr;
  for (const std::string& header : request.headers) {
    headers = curl_slist_append(headers, header.c_str());
  }
  error[0] = '\0';
  received = {{}, request.answer_bytes_max};
  const auto timeout = static_cast<long>(request.timeout.count());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, connect_timeout_ms_max));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  if (!request.username.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, request.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
  }
  form.clear();
  for (const std::string_view piece : request.body) {
    form += piece;
  }
  if (!form.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(form.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form.c_str());
  }
}

fetch_curl::fetch_curl() {
  static_cast<void>(url_fault("http://"));  // makes sure that libcurl is initialised
  state_ = std::make_unique<state>();
}

fetch_curl::~fetch_curl() = default;

answer fetch_curl::ask(const transfer_request& request) {
  if (state_->easy == nullptr) {
    return answer::failed("libcurl has no handle");
  }
  state_->set_options(request);
  curl_easy_setopt(state_->easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(state_->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(state_->easy, CURLOPT_XFERINFODATA, &stopped_);
  const CURLcode code = curl_easy_perform(state_->easy);
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return answer::failed("");
  }
  if (code != CURLE_OK) {
    return answer::failed(state_->error[0] != '\0' ? state_->error : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(state_->easy, CURLINFO_RESPONSE_CODE, &status);
  answer given;
  given.answered = true;
  given.status = static_cast<int>(status);
  given.body = std::move(state_->received.body);
  return given;
}

}  // namespace weir
