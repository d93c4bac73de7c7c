// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/http_post_curl.hpp"

#include <curl/curl.h>

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{8} << 20;
constexpr long timeout_ms = 60'000;

std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  body.append(bytes, std::min(count, answer_bytes_max - std::min(answer_bytes_max, body.size())));
  return count;
}

using header_list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

}  // namespace

struct http_poster::state {
  CURL* handle = curl_easy_init();
  std::string unix_path;
};

http_poster::http_poster(std::string unix_path) : state_(std::make_unique<state>()) {
  state_->unix_path = std::move(unix_path);
}

http_poster::~http_poster() {
  curl_easy_cleanup(state_->handle);
}

result<http_answer> http_poster::post(const std::string& url, std::string_view body,
                                      const std::vector<std::string>& headers,
                                      const std::string& user) {
  CURL* handle = state_->handle;
  if (handle == nullptr) {
    return failure{"no memory for a request"};
  }
  curl_easy_reset(handle);  // the connection stays
  header_list list(nullptr, &curl_slist_free_all);
  for (const std::string& each : headers) {
    list.reset(curl_slist_append(list.release(), each.c_str()));
  }
  http_answer answer;
  char words[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  if (!state_->unix_path.empty()) {
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, state_->unix_path.c_str());
  }
  if (!user.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(handle, CURLOPT_USERPWD, user.c_str());
  }
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) {
    return failure{words[0] != '\0' ? words : curl_easy_strerror(code)};
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace weir
