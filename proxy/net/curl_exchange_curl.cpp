// SPDX-License-Identifier: Apache-2.0
//
// Options of libcurl, the upload of a body in pieces, and reading the answer.
#include "net/curl_exchange_curl.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/clock_posix.hpp"
#include "net/retry_after.hpp"

namespace weir {
namespace {

/// Milliseconds for a connection, however long an answer may take.
constexpr long connect_timeout_ms_max = 10'000;

/// A header of the answer, of the first of them where there are several.
std::string header_of(CURL* easy, const char* name) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
    return {};
  }
  return header->value;
}

std::optional<std::uint64_t> parse_whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

}  // namespace

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

void set_address(CURL* easy, const std::string& url) {
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // The configured URL is where it goes, whatever the environment says about proxies.
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

curl_exchange::curl_exchange(transfer_request request, options with)
    : request_(std::move(request)), options_(with) {
  for (const std::string& header : request_.headers) {
    headers_ = curl_slist_append(headers_, header.c_str());
  }
}

curl_exchange::~curl_exchange() {
  curl_slist_free_all(headers_);
}

std::size_t curl_exchange::on_read(char* out, std::size_t size, std::size_t count, void* user) {
  auto& self = *static_cast<curl_exchange*>(user);
  std::size_t room = size * count;
  std::size_t copied = 0;
  while (room > 0 && self.piece_ < self.request_.body.size()) {
    const std::string_view rest = self.request_.body[self.piece_].substr(self.offset_);
    const std::size_t n = std::min(room, rest.size());
    std::memcpy(out + copied, rest.data(), n);
    copied += n;
    room -= n;
    self.offset_ += n;
    if (n == rest.size()) {
      ++self.piece_;
      self.offset_ = 0;
    }
  }
  return copied;
}

/// curl begins again when a kept connection turns out to be closed.
int curl_exchange::on_seek(void* user, curl_off_t offset, int origin) {
  auto& self = *static_cast<curl_exchange*>(user);
  if (origin != SEEK_SET || offset != 0) {
    return CURL_SEEKFUNC_CANTSEEK;
  }
  self.piece_ = 0;
  self.offset_ = 0;
  return CURL_SEEKFUNC_OK;
}

std::size_t curl_exchange::on_write(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& self = *static_cast<curl_exchange*>(user);
  const std::size_t room = self.request_.answer_bytes_max - self.answer_.size();
  self.answer_.append(bytes, std::min(room, size * count));
  if (size * count > room) {
    self.answer_cut_ = true;
    return 0;
  }
  return size * count;
}

int curl_exchange::on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(user)->load(std::memory_order_relaxed) ? 1 : 0;
}

void curl_exchange::set_body(CURL* easy) {
  curl_off_t bytes = 0;
  for (const std::string_view piece : request_.body) {
    bytes += static_cast<curl_off_t>(piece.size());
  }
  if (bytes == 0 && !options_.always_post) {
    return;
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, bytes);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
}

void curl_exchange::prepare(CURL* easy) {
  const auto timeout = static_cast<long>(request_.timeout.count());
  set_address(easy, request_.url);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, connect_timeout_ms_max));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  set_body(easy);
  if (!request_.method.empty()) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  if (!request_.unix_socket.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  }
  if (!request_.username.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, request_.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request_.password.c_str());
  }
  if (options_.stopped != nullptr) {
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, options_.stopped);
  }
}

http_reply curl_exchange::take_reply(CURL* easy, CURLcode code) {
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return http_reply::failed("");
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  const bool cut_as_wanted =
      code == CURLE_WRITE_ERROR && answer_cut_ && options_.too_long == long_answer::cut;
  // A server that finds a body too large may close before it has read it, which breaks the
  // upload; its status says enough.
  const bool complete = code == CURLE_OK || cut_as_wanted || status == 413;
  if (code == CURLE_WRITE_ERROR && answer_cut_ && !complete) {
    return http_reply::failed("its answer has more than " +
                              std::to_string(request_.answer_bytes_max) + " bytes");
  }
  if (!complete || status == 0) {
    return http_reply::failed(error_[0] != '\0' ? error_ : curl_easy_strerror(code));
  }
  http_reply reply;
  reply.answered = true;
  reply.status = static_cast<int>(status);
  reply.body = std::move(answer_);
  reply.content_type = header_of(easy, "Content-Type");
  reply.location = header_of(easy, "Location");
  reply.retry_after = parse_retry_after(header_of(easy, "Retry-After"), header_of(easy, "Date"),
                                        wall_clock_ns() / 1'000'000'000);
  reply.samples_written =
      parse_whole_number(header_of(easy, "X-Prometheus-Remote-Write-Samples-Written"));
  return reply;
}

}  // namespace weir
