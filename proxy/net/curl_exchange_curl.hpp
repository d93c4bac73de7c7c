// SPDX-License-Identifier: Apache-2.0
//
// One request of weir's own and its answer on an easy handle of libcurl: the place that sets its
// options, and those that relay_curl's have, too. What waits for the end (a loop, or the calling
// thread) is transfer_curl's and fetch_curl's part. One thread.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstddef>
#include <string>

#include "net/http_reply.hpp"
#include "net/transfer.hpp"

namespace weir {

/// Initialises libcurl; every call but the first does nothing. Any thread.
void start_curl();

/// Where a request goes, and how: straight to `url`, by HTTP/1.1, and nowhere else.
void set_address(CURL* easy, const std::string& url);

/// What becomes of an answer that is longer than `answer_bytes_max`. In either case the connection
/// is closed rather than read on without a bound.
enum class long_answer : bool {
  cut,   // its beginning is the answer
  fail,  // it counts as no answer
};

class curl_exchange {
 public:
  struct options {
    long_answer too_long = long_answer::cut;
    /// POST even where the request has no body; otherwise that is a GET.
    bool always_post = true;
    /// Ends the request when it becomes true; may be null. Must outlive the exchange.
    const std::atomic<bool>* stopped = nullptr;
  };

  curl_exchange(transfer_request request, options with);
  ~curl_exchange();
  curl_exchange(const curl_exchange&) = delete;
  curl_exchange& operator=(const curl_exchange&) = delete;

  /// Sets all options of `easy`, a new handle or one that was reset. They point into this object,
  /// which must live until the request has ended or the handle was reset.
  void prepare(CURL* easy);
  /// After the end: the answer, or the reason (no text if it was stopped) why there is none. Once.
  [[nodiscard]] http_reply take_reply(CURL* easy, CURLcode code);

 private:
  static std::size_t on_read(char* out, std::size_t size, std::size_t count, void* user);
  static int on_seek(void* user, curl_off_t offset, int origin);
  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* user);
  static int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  void set_body(CURL* easy);

  const transfer_request request_;
  const options options_;
  curl_slist* headers_ = nullptr;
  /// Where the upload stands: the piece of the body, and the bytes of it that were read.
  std::size_t piece_ = 0;
  std::size_t offset_ = 0;
  std::string answer_;
  bool answer_cut_ = false;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace weir
