// SPDX-License-Identifier: Apache-2.0
//
// Requests by libcurl's easy interface.
#include "net/fetch_curl.hpp"

#include <curl/curl.h>

#include "net/curl_exchange_curl.hpp"

namespace weir {
namespace {

void* new_handle() {
  start_curl();
  return curl_easy_init();
}

}  // namespace

fetch_curl::fetch_curl(bool keep_long_answers)
    : keep_long_answers_(keep_long_answers),
      easy_(new_handle(), [](void* easy) { curl_easy_cleanup(easy); }) {}

fetch_curl::~fetch_curl() = default;

http_reply fetch_curl::ask(const transfer_request& request) {
  CURL* easy = easy_.get();
  if (easy == nullptr) {
    return http_reply::failed("libcurl has no handle");
  }
  curl_exchange exchange(request,
                         {.too_long = keep_long_answers_ ? long_answer::cut : long_answer::fail,
                          .always_post = false,
                          .stopped = &stopped_});
  exchange.prepare(easy);
  http_reply reply = exchange.take_reply(easy, curl_easy_perform(easy));
  curl_easy_reset(easy);  // keeps the connection
  return reply;
}

}  // namespace weir
